/** What a generated layer holds, entry by entry, apart from how it is written down. Names are Latin-1: a character for each byte. */

export interface LayerItem {
  readonly kind: "file" | "dir" | "symlink" | "hardlink" | "char" | "block" | "fifo" | "whiteout" | "opaque";
  /** Clean: without `./`, one slash between names; "" is the root. */
  readonly path: string;
  /** Symbolic link: its text. Hard link: the clean path of its target. */
  readonly link: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly seconds: number;
  readonly nanos: number;
  /** Content of a file: text after holes of zeros. */
  readonly pieces: readonly Piece[];
  readonly tailBytes: number;
  readonly xattrs: readonly (readonly [name: string, value: string])[];
  readonly device: { readonly major: number; readonly minor: number };
  /** Access and change, in seconds, as some tools write them; null: not told. */
  readonly otherTimes: { readonly access: number; readonly change: number } | null;
  /** How the number of stored bytes is written; each can hold more than 8 GiB but the first. */
  readonly sizeForm: "octal" | "base256" | "pax";
  readonly dialect: "ustar" | "gnu" | "pax";
  readonly sparse: "none" | "old" | "0.0" | "0.1" | "1.0";
  readonly prefix: "" | "./" | ".//" | "./././";
}

export interface Piece {
  readonly holeBytes: number;
  readonly text: string;
}

/** Size of the file with its holes. */
export function sizeOf({ pieces, tailBytes }: LayerItem): number {
  return pieces.reduce((sum, { holeBytes, text }) => sum + holeBytes + text.length, tailBytes);
}
