import { type PaxRecords, paxText, sparseMapKey } from "./pax-records.ts";
import { parseDecimal, parseNumeric } from "./tar-number.ts";

/** Where the stored bytes of a sparse file belong: offset, length, offset, length …, in order and without overlap. */
export type SparsePieces = Float64Array;

/** Checks pieces as Go's validateSparseEntries does; null when they are wrong. */
export function checkedPieces(numbers: readonly number[], sizeBytes: number): SparsePieces | null {
  if (numbers.length % 2 !== 0) return null;
  let end = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    const offset = numbers[i]!;
    const length = numbers[i + 1]!;
    if (!(offset >= end) || !(length >= 0)) return null;
    end = offset + length;
    if (end > sizeBytes) return null;
  }
  return Float64Array.from(numbers);
}

/** Sum of the lengths: how many bytes the tar stores. */
export function storedBytesOf(pieces: SparsePieces): number {
  let sum = 0;
  for (let i = 1; i < pieces.length; i += 2) sum += pieces[i]!;
  return sum;
}

/**
 * Up to `count` pairs of a GNU header (at 386) or of an extension block (at 0).
 * @returns false when a number is wrong.
 */
export function readOldPieces(block: Uint8Array, from: number, count: number, into: number[]): boolean {
  for (let i = 0; i < count; i += 1) {
    const at = from + i * 24;
    if (block[at] === 0) break;
    const offset = parseNumeric(block, at, 12);
    const length = parseNumeric(block, at + 12, 12);
    if (Number.isNaN(offset) || Number.isNaN(length)) return false;
    into.push(offset, length);
  }
  return true;
}

/** Format 0.0 and 0.1: `offset,length,offset,length`, with their count beside it. */
export function parsePaxPieces(map: string, countText: string): number[] | null {
  const texts = map === "" ? [] : map.split(",");
  const count = parseDecimal(countText);
  if (texts.length !== 2 * count) return null;
  const numbers = texts.map(parseDecimal);
  return numbers.some(Number.isNaN) ? null : numbers;
}

/**
 * Format 1.0: the map stands before the content, as decimal lines (their pairs counted in the first), padded to whole blocks.
 * @returns how many lines there must be, or NaN when the first one is wrong.
 */
export function leadingLineCount(text: string): number {
  const pairs = parseDecimal(text.slice(0, text.indexOf("\n")));
  return pairs >= 0 ? 2 * pairs + 1 : Number.NaN;
}

/** The numbers of a map of format 1.0 that has all its lines; null when one is wrong. */
export function parseLeadingPieces(text: string): number[] | null {
  const lines = text.split("\n", leadingLineCount(text));
  const numbers = lines.slice(1).map(parseDecimal);
  return numbers.some(Number.isNaN) ? null : numbers;
}

/** Format 0.0 is read as 0.1. Versions that are not known are no sparse files at all. */
export function sparseFormOf(pax: PaxRecords): "0.1" | "1.0" | null {
  const version = `${paxText(pax, "GNU.sparse.major")}.${paxText(pax, "GNU.sparse.minor")}`;
  if (version === "0.0" || version === "0.1") return "0.1";
  if (version === "1.0") return "1.0";
  return version === "." && paxText(pax, sparseMapKey) !== "" ? "0.1" : null;
}
