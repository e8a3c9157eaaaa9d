/** One file on the whole screen: as text, as bytes, or as the difference against what it was before. */

import type { StepOf } from "../../../lib/lab/lab.ts";
import type { Row } from "../text/spans.ts";

export type ViewMode = "text" | "hex" | "diff";

export interface ViewerState {
  readonly id: number;
  readonly path: string;
  /** Where the file is read. For a deleted one: the step before. */
  readonly at: StepOf | null;
  /** A build's own Dockerfile in place of a file of a layer. */
  readonly dockerfile: ViewedDockerfile | null;
  /** What the difference is against; null when there is nothing to compare with. */
  readonly before: StepOf | null;
  readonly sizeBytes: number;
  readonly mode: ViewMode;
  readonly content: FileContent | null;
  /** The lines of the difference; null until it was made. */
  readonly diff: readonly string[] | null;
  readonly error: string;
  readonly top: number;
  /** The end was asked for: everything (up to a bound) is read, and the end stays in sight. */
  readonly toEnd: boolean;
  /** First column that is shown. */
  readonly left: number;
  readonly find: string;
  /** Coloured lines by number of their block; see `linesPerBlock`. */
  readonly blocks: ReadonlyMap<number, readonly Row[]>;
}

/** What was read so far. The arrays only grow: `lineCount` and `byteCount` say how much of them belongs to this state. */
export interface FileContent {
  readonly lines: readonly string[];
  readonly lineCount: number;
  readonly bytes: Uint8Array;
  readonly byteCount: number;
  readonly binary: boolean;
  /** The whole file was read. */
  readonly complete: boolean;
}

export interface ViewedDockerfile {
  readonly build: string;
  /** Of the step, from 1; null: none. */
  readonly line: number | null;
  /** Where it was built from. */
  readonly file: string;
}

export const bytesPerRow = 16;
export const linesPerBlock = 200;
/** No more of one file is kept, however far it is scrolled. */
export const mostBytes = 32 * 1024 * 1024;

export function openViewer(
  file: Pick<ViewerState, "id" | "path" | "at" | "before" | "sizeBytes" | "dockerfile">,
  mode: ViewMode,
): ViewerState {
  return {
    ...file,
    mode,
    content: null,
    diff: null,
    error: "",
    top: 0,
    toEnd: false,
    left: 0,
    find: "",
    blocks: new Map(),
  };
}

export function rowCount(viewer: ViewerState): number {
  if (viewer.mode === "diff") return viewer.diff?.length ?? 0;
  if (viewer.mode === "hex") return Math.ceil((viewer.content?.byteCount ?? 0) / bytesPerRow);
  return viewer.content?.lineCount ?? 0;
}

/** How much must be read to show the rows up to `rows` below the top, with some to spare so that scrolling does not wait. */
export function neededOf(viewer: ViewerState, rows: number): { lines: number; bytes: number } {
  if (viewer.toEnd) return { lines: Number.POSITIVE_INFINITY, bytes: mostBytes };
  const ahead = viewer.top + rows * 4 + 500;
  if (viewer.mode === "text") return { lines: ahead, bytes: 0 };
  return { lines: 0, bytes: viewer.mode === "hex" ? ahead * bytesPerRow : 0 };
}
