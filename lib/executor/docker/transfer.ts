import type { Readable } from "node:stream";
import type Docker from "dockerode";
import { type Pack, pack } from "tar-stream";
import { LabError, messageOf } from "../../error.ts";
import type { ReportPreparing } from "../preparing.ts";
import { callEngine, engineMessage, isAnswerError } from "./engine-call.ts";
import { asNodeStream } from "./node-stream.ts";

/** Files to and from a container that is not running, as tars; never through a file of this machine. */
export class Transfer {
  readonly container: Docker.Container;
  readonly signal: AbortSignal;
  readonly #report: ReportPreparing;

  constructor(container: Docker.Container, signal: AbortSignal, report: ReportPreparing) {
    this.container = container;
    this.signal = signal;
    this.#report = report;
  }

  /**
   * Sends a tar that `fill` writes; it is unpacked at `path` with owners, modes and times as in the tar.
   * @throws LabError `engine-lost`, `executor-unavailable`, and what `fill` throws.
   */
  async send(
    what: string,
    path: string,
    fill: (tar: Pack, onBytes: (count: number) => void) => Promise<void>,
  ): Promise<void> {
    const tar = pack();
    const filled = fill(tar, this.#counter(what)).then(() => tar.finalize());
    filled.catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(messageOf(error))));
    await this.#calling(what, abortSignal => this.container.putArchive(asNodeStream(tar), { path, abortSignal }));
    await filled;
  }

  /** The tar of what is at `path`: its own name first, or, when it ends in `/.`, what is in it. */
  async receive<T>(
    what: string,
    path: string,
    read: (archive: Readable, onBytes: (count: number) => void) => Promise<T>,
  ): Promise<T> {
    const archive = await this.#calling(what, abortSignal => this.container.getArchive({ path, abortSignal }));
    try {
      return await read(archive as Readable, this.#counter(what));
    } finally {
      (archive as Readable).destroy();
    }
  }

  async #calling<T>(what: string, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await callEngine({ what, deadlineMs: null, signal: this.signal }, call);
    } catch (error) {
      if (!isAnswerError(error)) throw error;
      throw new LabError("executor-unavailable", `${what} failed: ${engineMessage(error)}`, {
        hint: "look at the engine's log and its free disk space",
        cause: error,
      });
    }
  }

  /** Reports once per MiB: more would only cost time. */
  #counter(what: string): (count: number) => void {
    this.#report(what);
    let doneBytes = 0;
    let reportedBytes = 0;
    return count => {
      doneBytes += count;
      if (doneBytes - reportedBytes < 1 << 20) return;
      reportedBytes = doneBytes;
      this.#report(what, doneBytes, null);
    };
  }
}
