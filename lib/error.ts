/**
 * The one error class of the project and the table from error code to exit status.
 * Anything else that is thrown is a bug and leaves with status 70.
 */

const exitStatusOfCode = {
  // 1: a negative answer
  "not-found": 1,
  // 2: usage
  usage: 2,
  "config-invalid": 2,
  "context-not-found": 2,
  "dockerfile-not-found": 2,
  "dockerfile-syntax": 2,
  "unknown-stage": 2,
  "unknown-step": 2,
  "unknown-target": 2,
  // 3: engine, executor, registry or cache folder not available
  "engine-unavailable": 3,
  "engine-lost": 3,
  "executor-unavailable": 3,
  "sandbox-unavailable": 3,
  "registry-unreachable": 3,
  "registry-denied": 3,
  "image-not-found": 3,
  "cache-not-writable": 3,
  "cache-unreadable": 3,
  "disk-full": 3,
  "watch-unavailable": 3,
  // 4: the build failed
  "build-failed": 4,
  // 5: damaged or unsafe input
  damaged: 5,
  "blob-missing": 5,
  "digest-mismatch": 5,
  unsafe: 5,
  "too-large": 5,
  // 130: interrupted
  cancelled: 130,
} as const;

/** Stable, machine-readable name of what went wrong; part of the JSON contract. */
export type ErrorCode = keyof typeof exitStatusOfCode;

export interface LabErrorOptions {
  /** What the user can do about it, one sentence. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** An expected failure: `message` says what and where, `hint` what to do. */
export class LabError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: LabErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "LabError";
    this.code = code;
    this.hint = options.hint;
  }

  get exitStatus(): number {
    return exitStatusOfCode[this.code];
  }
}

/** The errno code (`ENOENT`, `ENOSPC`, …) of a system error, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
