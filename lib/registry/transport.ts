import { errnoOf, LabError, messageOf } from "../error.ts";

/**
 * One HTTP request as a registry needs it: tried again after a lost connection or a busy server, given up when nothing
 * moves. Redirects are followed by fetch, which sends `Authorization` to the first origin only.
 */

const idleMs = 60_000;
const longestWaitMs = 30_000;
const busyStatuses = new Set([408, 429, 500, 502, 503, 504]);

export interface RetryPolicy {
  /** How often one request is tried in all. @defaultValue 5 */
  readonly attempts?: number;
  /** Waits between tries; the tests' way not to. */
  readonly wait?: (durationMs: number, signal: AbortSignal | undefined) => Promise<void>;
}

export interface Transport {
  /**
   * Any answer but a busy server's is returned as it came; the caller reads or cancels its body.
   * @throws ConnectionLoss after the last try. @throws LabError `cancelled`.
   */
  send(url: string, init: RequestInit, options?: SendOptions): Promise<Response>;
  /** Waits before try number `failures + 1`. @throws LabError `cancelled`. */
  backOff(failures: number, signal: AbortSignal | undefined): Promise<void>;
  readonly attempts: number;
}

export interface SendOptions {
  readonly signal?: AbortSignal | undefined;
  /** Aborts with `ConnectionLoss` when the connection stands still, while the body is read, too. */
  readonly guard?: IdleGuard;
  /** To find out whether somebody is there: a refused connection is an answer, not a reason to try again. */
  readonly firstContact?: boolean;
}

/** The connection broke, could not be made, or stood still. `message` is fit for users. */
export class ConnectionLoss extends Error {
  readonly code: string;

  constructor(message: string, code: string, cause?: unknown) {
    super(message, { cause });
    this.name = "ConnectionLoss";
    this.code = code;
  }
}

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

export function makeTransport(policy: RetryPolicy = {}): Transport {
  const attempts = policy.attempts ?? 5;
  const wait = policy.wait ?? waitFor;
  const backOff = async (failures: number, signal: AbortSignal | undefined, atLeastMs = 0) => {
    const jitter = 0.75 + Math.random() / 2;
    await wait(Math.min(longestWaitMs, Math.max(atLeastMs, 500 * 2 ** (failures - 1) * jitter)), signal);
    throwIfCancelled(signal);
  };
  const send = async (url: string, init: RequestInit, options: SendOptions = {}): Promise<Response> => {
    for (let failures = 1; ; failures += 1) {
      const last = failures >= attempts;
      try {
        const response = await sendOnce(url, init, options);
        if (last || !busyStatuses.has(response.status)) return response;
        await response.body?.cancel();
        await backOff(failures, options.signal, retryAfterMs(response));
      } catch (error) {
        const loss = asConnectionLoss(error, options.signal);
        if (last || !isWorthAnotherTry(loss, options.firstContact === true)) throw loss;
        await backOff(failures, options.signal);
      }
    }
  };
  return { send, backOff, attempts };
}

async function sendOnce(url: string, init: RequestInit, { signal, guard }: SendOptions): Promise<Response> {
  throwIfCancelled(signal);
  const ownGuard = guard ?? new IdleGuard();
  try {
    const signals = [ownGuard.signal, ...(signal === undefined ? [] : [signal])];
    return await fetch(url, { ...init, signal: AbortSignal.any(signals) });
  } finally {
    if (guard === undefined) ownGuard.stop();
  }
}

/**
 * What a failed fetch, or a body that broke off, comes down to.
 * @throws LabError `cancelled` when that was the reason. @throws `error` itself when it is no failure of the network.
 */
export function asConnectionLoss(error: unknown, signal: AbortSignal | undefined): ConnectionLoss {
  throwIfCancelled(signal);
  if (error instanceof ConnectionLoss) return error;
  if (error instanceof LabError || !(error instanceof TypeError)) throw error;
  // fetch says only "fetch failed" or "terminated"; the cause knows. Several addresses tried give an AggregateError.
  const cause = error.cause instanceof AggregateError ? error.cause.errors[0] : error.cause;
  const code = errnoOf(cause) ?? "";
  return new ConnectionLoss(plainWords[code] ?? messageOf(cause ?? error), code, error);
}

export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new LabError("cancelled", "cancelled while talking to a registry");
}

const plainWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was reset",
  ENOTFOUND: "no host of this name",
  EAI_AGAIN: "its name cannot be resolved now",
  ETIMEDOUT: "timed out",
  EHOSTUNREACH: "no route to it",
  ENETUNREACH: "the network cannot be reached",
  UND_ERR_CONNECT_TIMEOUT: "timed out",
  UND_ERR_HEADERS_TIMEOUT: "it does not answer",
  UND_ERR_BODY_TIMEOUT: "it stopped sending",
  UND_ERR_SOCKET: "the connection broke off",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "it does not speak TLS",
};

const hopeless = /^(?:ENOTFOUND|CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO)/;

function isWorthAnotherTry(loss: ConnectionLoss, firstContact: boolean): boolean {
  if (firstContact && loss.code === "ECONNREFUSED") return false;
  return loss.code !== "" && !hopeless.test(loss.code);
}

/** Seconds or a date (RFC 9110, section 10.2.3). */
function retryAfterMs(response: Response): number {
  const text = response.headers.get("retry-after") ?? "";
  const durationMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(durationMs) ? Math.max(0, durationMs) : 0;
}

async function waitFor(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>(resolve => {
    const timer = setTimeout(done, durationMs);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
  });
}
