import { errnoOf, LabError, messageOf } from "../../error.ts";

/** An answer of the engine that is an error, as dockerode throws it. */
interface AnswerError extends Error {
  readonly statusCode: number;
  readonly json?: { readonly message?: unknown } | null;
}

export function isAnswerError(error: unknown): error is AnswerError {
  return error instanceof Error && typeof (error as Partial<AnswerError>).statusCode === "number";
}

/** What the engine itself said, without dockerode's `(HTTP code …)` around it. */
export function engineMessage(error: unknown): string {
  if (!isAnswerError(error)) return messageOf(error);
  const said = error.json?.message;
  return typeof said === "string" && said !== "" ? said : error.message.trim();
}

export interface CallOptions {
  /** What is being done, for the message: "create the container". */
  readonly what: string;
  /** After this time the engine counts as hanging. Null: as long as it takes (transfers, with `signal`). */
  readonly deadlineMs: number | null;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One call to the engine that always ends: with its result, with the engine's own error, with `signal`'s reason, or with
 * `engine-lost` when the connection breaks or the deadline passes. dockerode alone leaves promises open when an engine dies
 * in the middle of an answer.
 */
export async function callEngine<T>(options: CallOptions, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  options.signal?.throwIfAborted();
  const done = new AbortController();
  const limits = [done.signal];
  if (options.signal) limits.push(options.signal);
  const timer = options.deadlineMs === null ? null : setTimeout(() => done.abort(hanging(options)), options.deadlineMs);
  const limit = AbortSignal.any(limits);
  const ended = new Promise<never>((_, reject) => {
    limit.addEventListener("abort", () => reject(limit.reason as Error), { once: true });
  });
  ended.catch(() => {});
  const result = call(limit);
  // When the limit wins, the call's own failure comes too late for anyone.
  result.catch(() => {});
  try {
    return await Promise.race([result, ended]);
  } catch (error) {
    throw limit.aborted ? limit.reason : connectionError(error, options.what);
  } finally {
    if (timer) clearTimeout(timer);
  }
}

function hanging(options: CallOptions): LabError {
  return new LabError(
    "engine-lost",
    `the engine did not answer within ${Number(options.deadlineMs) / 1000} s: ${options.what}`,
    {
      hint: "look whether the engine still works: docker ps",
    },
  );
}

const connectionErrnos = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** Broken connections become `engine-lost`; everything else stays what it is. */
function connectionError(error: unknown, what: string): unknown {
  if (error instanceof LabError || isAnswerError(error)) return error;
  const errno = errnoOf(error);
  if (errno === undefined || !connectionErrnos.has(errno)) return error;
  return new LabError("engine-lost", `the connection to the engine broke: ${what}: ${messageOf(error)}`, {
    hint: "look whether the engine still runs: docker ps",
    cause: error,
  });
}
