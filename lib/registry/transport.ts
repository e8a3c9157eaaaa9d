import { Answer, IdleGuard } from "./answer.ts";
import { asConnectionLoss, isNobodyThere, mayPass, throwIfCancelled } from "./connection-loss.ts";

/**
 * One HTTP request as a registry needs it: tried again after a lost connection or a busy server, given up when nothing
 * moves. Redirects are followed by fetch, which sends `Authorization` to the first origin only.
 */

const longestWaitMs = 30_000;
const busyStatuses = new Set([408, 429, 500, 502, 503, 504]);

export interface RetryPolicy {
  /** How often one request is tried in all. @defaultValue 5 */
  readonly attempts?: number;
  /** Waits between tries; the tests' way not to. */
  readonly wait?: (durationMs: number, signal: AbortSignal | undefined) => Promise<void>;
}

export interface SendOptions {
  readonly signal?: AbortSignal | undefined;
  /** To find out whether somebody is there: a refused connection or silence is an answer, not a reason to try again. */
  readonly firstContact?: boolean;
  /** @defaultValue as many as the retry policy has */
  readonly attempts?: number | undefined;
}

export interface Transport {
  /**
   * Any answer but a busy server's is returned as it came; the caller reads or discards its body.
   * @throws ConnectionLoss after the last try. @throws LabError `cancelled`.
   */
  send(url: string, init: RequestInit, options?: SendOptions): Promise<Answer>;
  /** Waits before try number `failures + 1`. @throws LabError `cancelled`. */
  backOff(failures: number, signal: AbortSignal | undefined): Promise<void>;
  readonly attempts: number;
}

export function makeTransport(policy: RetryPolicy = {}): Transport {
  const attempts = policy.attempts ?? 5;
  const wait = policy.wait ?? waitFor;
  const backOff = async (failures: number, signal: AbortSignal | undefined, atLeastMs = 0) => {
    const jitter = 0.75 + Math.random() / 2;
    await wait(Math.min(longestWaitMs, Math.max(atLeastMs, 500 * 2 ** (failures - 1) * jitter)), signal);
    throwIfCancelled(signal);
  };
  const send = async (url: string, init: RequestInit, options: SendOptions = {}): Promise<Answer> => {
    for (let failures = 1; ; failures += 1) {
      const isLast = failures >= (options.attempts ?? attempts);
      let atLeastMs = 0;
      try {
        const answer = await sendOnce(url, init, options.signal);
        if (isLast || !busyStatuses.has(answer.status)) return answer;
        atLeastMs = retryAfterMs(answer.headers);
        await answer.discard();
      } catch (error) {
        const loss = asConnectionLoss(error, options.signal);
        if (isLast || !mayPass(loss) || (options.firstContact && isNobodyThere(loss))) throw loss;
      }
      await backOff(failures, options.signal, atLeastMs);
    }
  };
  return { send, backOff, attempts };
}

async function sendOnce(url: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Answer> {
  throwIfCancelled(signal);
  const guard = new IdleGuard();
  try {
    const signals = [guard.signal, ...(signal === undefined ? [] : [signal])];
    const response = await fetch(url, { ...init, signal: AbortSignal.any(signals) });
    guard.touch();
    return new Answer(response, guard, signal);
  } catch (error) {
    guard.stop();
    throw error;
  }
}

/** Seconds or a date (RFC 9110, section 10.2.3). */
function retryAfterMs(headers: Headers): number {
  const text = headers.get("retry-after") ?? "";
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
