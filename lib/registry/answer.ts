import { LabError } from "../error.ts";
import { asConnectionLoss, ConnectionLoss, throwIfCancelled } from "./connection-loss.ts";

const idleMs = 60_000;

/** Aborts its signal when `touch` was not called for a minute. Whoever makes one calls `stop`. */
export class IdleGuard {
  readonly #controller = new AbortController();
  readonly #timer = setTimeout(() => {
    this.#controller.abort(new ConnectionLoss(`nothing came for ${idleMs / 1000} s`, "ETIMEDOUT"));
  }, idleMs);

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  touch(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** The head of an answer, its body still to come: read that with `body` or `bytes`, or `discard` it. */
export class Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly #response: Response;
  readonly #guard: IdleGuard;
  readonly #signal: AbortSignal | undefined;

  constructor(response: Response, guard: IdleGuard, signal: AbortSignal | undefined) {
    this.status = response.status;
    this.headers = response.headers;
    this.#response = response;
    this.#guard = guard;
    this.#signal = signal;
  }

  /**
   * The body's bytes as they come; leaving early closes the connection.
   * @throws ConnectionLoss when it breaks off or stands still. @throws LabError `cancelled`.
   */
  async *body(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for await (const part of this.#response.body ?? []) {
        this.#guard.touch();
        throwIfCancelled(this.#signal);
        yield part;
      }
    } catch (error) {
      throw asConnectionLoss(error, this.#signal);
    } finally {
      this.#guard.stop();
    }
  }

  /**
   * The whole body, at most `maxBytes` of it.
   * @param what names it in errors.
   * @throws LabError `too-large`, and as `body`.
   */
  async bytes(maxBytes: number, what: string): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const part of this.body()) {
      sizeBytes += part.length;
      if (sizeBytes > maxBytes) throw new LabError("too-large", `${what} has more than ${maxBytes} bytes: not read`);
      parts.push(part);
    }
    return Buffer.concat(parts);
  }

  async discard(): Promise<void> {
    this.#guard.stop();
    // A connection that is already broken has nothing to discard.
    await this.#response.body?.cancel().catch(() => {});
  }
}
