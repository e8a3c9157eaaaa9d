/** Writes a running build down: its events as they come, what the executor printed, and in the end the record. */

import { createWriteStream, type WriteStream } from "node:fs";
import { join } from "node:path";
import type { BuildEvent } from "../executor/events.ts";
import { isBulkyLine } from "../executor/log-events.ts";
import { storeError } from "../store/store-error.ts";
import type { Redactor } from "./secrets.ts";

export class Recorder {
  readonly #events: LineFile;
  readonly #log: LineFile;
  readonly #redact: Redactor;
  #lastPreparing = "";

  constructor(folder: string, redact: Redactor) {
    this.#events = new LineFile(join(folder, "events.ndjson"));
    this.#log = new LineFile(join(folder, "executor.log"));
    this.#redact = redact;
  }

  /** Keeps an event (secrets masked) and gives it back as it may be shown. */
  async event(event: BuildEvent): Promise<BuildEvent> {
    const shown = this.#redact(event);
    // Progress of a pull comes many times a second: what is prepared is kept, not every byte count.
    if (shown.type === "preparing") {
      if (shown.what === this.#lastPreparing) return shown;
      this.#lastPreparing = shown.what;
    }
    const text = JSON.stringify(shown);
    // A killed build is completed from its events: what was seen of its steps is in the file before it is shown.
    if (shown.type === "output" || shown.type === "log") await this.#events.write(text);
    else await this.#events.writeThrough(text);
    return shown;
  }

  async line(raw: string): Promise<void> {
    if (!isBulkyLine(raw)) await this.#log.write(this.#redact(raw));
  }

  async close(): Promise<void> {
    await Promise.all([this.#events.close(), this.#log.close()]);
  }
}

/** A file that grows by lines; a write that fails (full disk) is thrown by the next call. */
class LineFile {
  readonly #file: string;
  readonly #stream: WriteStream;
  #error: unknown = null;

  constructor(file: string) {
    this.#file = file;
    this.#stream = createWriteStream(file, { flags: "a" });
    this.#stream.on("error", error => {
      this.#error = storeError(error, file);
    });
  }

  async write(line: string): Promise<void> {
    this.#throwIfFailed();
    if (!this.#stream.write(`${line}\n`)) await this.#drained();
  }

  /** Waits until the system has it, and all before it. */
  async writeThrough(line: string): Promise<void> {
    this.#throwIfFailed();
    await new Promise<void>(resolve => this.#stream.write(`${line}\n`, () => resolve()));
  }

  async close(): Promise<void> {
    if (!this.#error) await new Promise<void>(resolve => this.#stream.close(() => resolve()));
    this.#throwIfFailed();
  }

  #drained(): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        this.#stream.off("drain", done).off("error", done).off("close", done);
        resolve();
      };
      this.#stream.on("drain", done).on("error", done).on("close", done);
    });
  }

  #throwIfFailed(): void {
    if (this.#error) throw storeError(this.#error, this.#file);
  }
}
