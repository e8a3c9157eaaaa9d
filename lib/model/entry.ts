import type { Digest } from "./digest.ts";

export type EntryType = "file" | "dir" | "symlink" | "hardlink" | "char" | "block" | "fifo";

/** The first letter of `ls -l` for each type; `h` for a hard link, as GNU tar prints it. */
export const typeLetter: Readonly<Record<EntryType, string>> = {
  file: "-",
  dir: "d",
  symlink: "l",
  hardlink: "h",
  char: "c",
  block: "b",
  fifo: "p",
};

/** What a whiteout entry removes: one path of the layers below, or everything that they have in a folder. */
export type Whiteout = "path" | "opaque";

/** What a path is, whichever layer it comes from: the facts of a tar header after PAX and GNU extensions were applied. */
export interface Attributes {
  readonly type: EntryType;
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Size of the content; 0 for everything but files. */
  readonly sizeBytes: number;
  /** Nanoseconds since 1970, may be negative. */
  readonly mtimeNs: bigint;
  /** Symbolic link: its text as it is. Hard link: the clean path of the file it names. Else null. */
  readonly linkTarget: string | null;
  /** sha256 of a file's content; null for everything that has none. */
  readonly contentDigest: Digest | null;
  /** Extended attributes by name, values as raw bytes; null when there are none. */
  readonly xattrs: ReadonlyMap<string, Uint8Array> | null;
  /** Major and minor number of a device, else null. */
  readonly device: { readonly major: number; readonly minor: number } | null;
}

/** One header of a layer's tar, in the order of the tar. */
export interface Entry extends Attributes {
  /**
   * Clean path: relative, `/` between names, no `./`, no leading or trailing `/`; `""` is the root folder.
   * For a whiteout: the path that it removes, or the folder it makes opaque.
   * Bytes that are not UTF-8 stand as lone surrogates U+DC80–U+DCFF (see `path-text.ts`).
   */
  readonly path: string;
  readonly whiteout: Whiteout | null;
  /** Offset of the content in the uncompressed tar, in bytes. */
  readonly contentOffset: number;
}
