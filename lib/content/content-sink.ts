import { type CleanName, cleanName } from "../layer/entry-name.ts";
import { isHeaderOnly, type TarHeader } from "../layer/header-fields.ts";
import type { SparsePieces } from "../layer/sparse-map.ts";
import type { TarSink } from "../layer/tar-scanner.ts";
import { pathFromBytes } from "../model/path-text.ts";
import { type ContentQuery, type LinePattern, linePattern } from "./content-query.ts";
import { countLineFeeds, matchingLines } from "./search-piece.ts";

/** One line of one version of a file. */
export interface ContentHit {
  readonly path: string;
  /** Position of the entry in its layer. */
  readonly entry: number;
  /** Of the match in the file. */
  readonly offset: number;
  /** From 1; null in a binary file, of which only the first match is told. */
  readonly lineNumber: number | null;
  /** The line's text, of a long one only what is around the match; null in a binary file. */
  readonly line: string | null;
  /** Whether something was cut off before and after. */
  readonly cut: readonly [before: boolean, after: boolean];
}

/** Files up to this size are searched as a whole; larger ones in pieces that overlap. */
const pieceBytes = 8 << 20;
/** Lines longer than this may be searched in two parts: then a regular expression cannot match over the cut. */
const overlapBytes = 64 << 10;
const shownBefore = 100;
const shownAfter = 200;
const headBytes = 8192;

/** Looks into the content of every file that passes by. */
export class ContentSink implements TarSink {
  readonly #query: ContentQuery;
  readonly #pattern: LinePattern;
  readonly #wanted: (path: string) => boolean;
  readonly #name: CleanName = { length: 0, kind: "plain", unsafe: false };
  #pathBytes = new Uint8Array(1024);
  #entry = -1;
  #isSearched = false;
  #path: string | null = null;
  #sizeBytes = 0;
  #sparse: SparsePieces | null = null;
  /** What of the file is not searched yet, where in it that begins, and the lines before. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #heldOffset = 0;
  #linesBefore = 0;
  #isBinary = false;
  #hitsOfFile = 0;
  #count = 0;
  /** Since they were taken last. */
  hits: ContentHit[] = [];

  constructor(query: ContentQuery, wanted: (path: string) => boolean) {
    this.#query = query;
    this.#pattern = linePattern(query);
    this.#wanted = wanted;
  }

  /** No more hits are wanted from this layer. */
  get isFull(): boolean {
    return this.#count >= this.#query.mostOfLayer;
  }

  entry(header: TarHeader): void {
    this.#entry += 1;
    this.#isSearched = this.#isWanted(header);
    this.#sizeBytes = header.sparse === null ? header.sizeBytes : storedBytes(header.sparse);
    // The header is used again for the next entry; its numbers are its own.
    this.#sparse = header.sparse;
    this.#held = [];
    this.#heldBytes = 0;
    this.#heldOffset = 0;
    this.#linesBefore = 0;
    this.#isBinary = header.sparse !== null;
    this.#hitsOfFile = 0;
  }

  content(chunk: Uint8Array, from: number, to: number): void {
    if (!this.#isSearched) return;
    if (this.#heldBytes === 0 && to - from === this.#sizeBytes - this.#heldOffset && to - from <= pieceBytes) {
      this.#search(asBuffer(chunk.subarray(from, to)), true);
      this.#isSearched = false;
      return;
    }
    this.#held.push(chunk.subarray(from, to));
    this.#heldBytes += to - from;
    if (this.#heldBytes >= pieceBytes) this.#searchHeld(false);
  }

  contentEnd(): void {
    if (this.#isSearched && this.#heldBytes > 0) this.#searchHeld(true);
    this.#held = [];
    this.#isSearched = false;
  }

  #isWanted(header: TarHeader): boolean {
    this.#path = null;
    if (this.isFull || isHeaderOnly(header.typeflag)) return false;
    if (this.#pathBytes.length < header.nameLength + 2) this.#pathBytes = new Uint8Array(header.nameLength * 2);
    cleanName(header.name, header.nameLength, this.#pathBytes, this.#name);
    if (this.#name.kind !== "plain" || this.#name.length === 0) return false;
    // Decoding a path costs more than looking into a small file: it is done when it is needed.
    return this.#query.path === null || this.#wanted(this.#pathOfEntry());
  }

  #pathOfEntry(): string {
    this.#path ??= pathFromBytes(this.#pathBytes.subarray(0, this.#name.length));
    return this.#path;
  }

  #searchHeld(isEnd: boolean): void {
    const bytes = this.#held.length === 1 ? asBuffer(this.#held[0]!) : Buffer.concat(this.#held);
    const kept = this.#search(bytes, isEnd);
    this.#held = [bytes.subarray(kept)];
    this.#heldBytes = bytes.length - kept;
  }

  /** @returns how much of it is done with: whole lines, unless they are very long. */
  #search(bytes: Buffer, isEnd: boolean): number {
    if (this.#heldOffset === 0) this.#isBinary ||= bytes.subarray(0, headBytes).includes(0);
    const until = isEnd ? bytes.length : endOfLines(bytes);
    let counted = 0;
    let lines = this.#linesBefore;
    for (const { lineStart, lineEnd, matchStart } of matchingLines(bytes, this.#pattern, until, this.#isBinary)) {
      this.#isBinary ||= bytes.subarray(lineStart, lineEnd).includes(0);
      const offset = this.#offsetInFile(this.#heldOffset + matchStart);
      if (this.#isBinary) {
        this.#add({ offset, lineNumber: null, line: null, cut: [false, false] });
        this.#isSearched = false;
        return bytes.length;
      }
      lines += countLineFeeds(bytes, counted, lineStart);
      counted = lineStart;
      this.#add({ offset, lineNumber: lines + 1, ...shownLine(bytes, lineStart, lineEnd, matchStart) });
      if (this.#hitsOfFile >= this.#query.mostOfFile || this.isFull) {
        this.#isSearched = false;
        return bytes.length;
      }
    }
    if (!isEnd) this.#linesBefore = lines + countLineFeeds(bytes, counted, until);
    this.#heldOffset += until;
    return until;
  }

  #add(hit: Omit<ContentHit, "path" | "entry">): void {
    this.hits.push({ path: this.#pathOfEntry(), entry: this.#entry, ...hit });
    this.#hitsOfFile += 1;
    this.#count += 1;
  }

  /** The holes of a sparse file are not stored. */
  #offsetInFile(stored: number): number {
    let before = 0;
    for (let i = 0; this.#sparse !== null && i < this.#sparse.length; i += 2) {
      const [start, length] = [this.#sparse[i]!, this.#sparse[i + 1]!];
      if (stored < before + length) return start + stored - before;
      before += length;
    }
    return stored;
  }
}

function endOfLines(bytes: Buffer): number {
  const lineFeed = bytes.lastIndexOf(0x0a);
  return lineFeed >= bytes.length - overlapBytes ? lineFeed + 1 : bytes.length - overlapBytes;
}

function shownLine(bytes: Buffer, lineStart: number, lineEnd: number, matchStart: number) {
  const from = Math.max(lineStart, matchStart - shownBefore);
  const to = Math.min(lineEnd, matchStart + shownAfter);
  // Not in the middle of a character of UTF-8.
  const start = from === lineStart ? from : nextCharacter(bytes, from, matchStart);
  const end = to === lineEnd ? to : nextCharacter(bytes, to, lineEnd);
  const line = pathFromBytes(bytes.subarray(start, end)).replace(/\r$/, "");
  return { line, cut: [start > lineStart, end < lineEnd] as const };
}

function nextCharacter(bytes: Buffer, from: number, limit: number): number {
  let at = from;
  while (at < limit && at < from + 4 && (bytes[at]! & 0xc0) === 0x80) at += 1;
  return at;
}

function storedBytes(pieces: SparsePieces): number {
  let sum = 0;
  for (let i = 1; i < pieces.length; i += 2) sum += pieces[i]!;
  return sum;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
