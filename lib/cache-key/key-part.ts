/** What the parts of a cache key stand for. Pure. */

/**
 * `base`: the base image or the stage below · `count`: how many variables follow (`|2`) · `arg`, `env`: one of them, as
 * `NAME=VALUE` · `instruction`: its text · `file`, `folder`: the hash of a source · `stage`: the hash of what came from
 * another stage or image.
 */
export type KeyPartKind = "base" | "count" | "arg" | "env" | "instruction" | "file" | "folder" | "stage";

export interface KeyPart {
  readonly kind: KeyPartKind;
  /**
   * base: as FROM names it · arg, env: the variable · file, folder: the path in the context, "" for all of it · stage:
   * the source as `FROM:/path` · else "".
   */
  readonly name: string;
  /** What Kaniko hashes. */
  readonly value: string;
}
