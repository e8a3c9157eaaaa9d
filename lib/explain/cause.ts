/**
 * Why a step's key is another one than in another build, or why a key that is the same was no hit.
 *
 * `base`: the base image · `arg`, `env`: a variable · `instruction`: its text; it is new, or one before it is gone ·
 * `file`: of the context · `stage`: what was copied from an earlier stage or another image · `flags`: the executor, its
 * flags or features, the driver · `expired`, `no-entry`, `media-type`, `unreadable`: the key is the same, its entry is not
 * · `first-build`: there is nothing to compare with · `earlier-step`: nothing of its own, only what a step before it did ·
 * `unknown`: the keys differ, and nothing that was kept tells why.
 */
export type CauseKind =
  | "base"
  | "arg"
  | "env"
  | "instruction"
  | "file"
  | "stage"
  | "flags"
  | "expired"
  | "no-entry"
  | "media-type"
  | "unreadable"
  | "first-build"
  | "earlier-step"
  | "unknown";

/** What of a file counts in a key and changed; `present`: it came or went. */
export type FileAspect = "present" | "content" | "mode" | "owner" | "type" | "link";

export interface Cause {
  readonly kind: CauseKind;
  /**
   * base: as the build names it · arg, env: the variable · stage: the stage or image · flags: the flag, `executor` or
   * `driver` · file: the ignore file that hides or shows it now; else null.
   */
  readonly name: string | null;
  /** In the other build; null where there was nothing. Values of variables that are called like secrets are masked. */
  readonly before: string | null;
  /** In this build. */
  readonly after: string | null;
  /** file, stage: what differs; of several the first. */
  readonly path: string | null;
  /** file, stage: of `path`. */
  readonly aspects: readonly FileAspect[];
  /** file, stage: how many further paths differ. */
  readonly more: number;
  /** earlier-step, stage: the step of this build where it began. */
  readonly step: number | null;
  /** What else there is to say, as parts of a sentence. */
  readonly notes: readonly string[];
}

export function cause(kind: CauseKind, facts: Partial<Omit<Cause, "kind">> = {}): Cause {
  return {
    kind,
    name: null,
    before: null,
    after: null,
    path: null,
    aspects: [],
    more: 0,
    step: null,
    notes: [],
    ...facts,
  };
}
