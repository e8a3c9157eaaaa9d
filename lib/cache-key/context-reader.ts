/** The port through which keys are computed from files: a context on disk, a layer tree, a fake. */

export interface SourceFile {
  readonly type: "file" | "dir" | "symlink" | "other";
  /** With its kind, as of `lstat`. */
  readonly mode: number;
  /** As the executor sees them. */
  readonly uid: number;
  readonly gid: number;
  /** Symlink only; else null. */
  readonly linkTarget: string | null;
}

/** Why something about the files cannot be told. */
export class Unknown {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

export interface ContextReader {
  /** A path relative to the context, "" for the context itself, links on the way followed, the last one not. Null when nothing is there. */
  stat(path: string): Promise<SourceFile | null | Unknown>;
  /** Names in a folder, sorted by their bytes. */
  names(folder: string): Promise<readonly string[] | Unknown>;
  /** MD5 in hex of `prefix` and the content of a file behind it. */
  hash(path: string, prefix: string): Promise<string | Unknown>;
}
