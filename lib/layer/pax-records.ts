import { pathFromBytes } from "../model/path-text.ts";

/** A PAX extended header after the rules of Go's archive/tar: the last record of a key counts. Null: it breaks the format. */
export type PaxRecords = ReadonlyMap<string, Uint8Array>;

/** The one key made up here: offsets and sizes of sparse format 0.0, joined as format 0.1 has them. */
export const sparseMapKey = "GNU.sparse.map";

const xattrPrefix = "SCHILY.xattr.";

/** Parses the body of an `x` or `g` header. Values are bytes: extended attributes are binary. */
export function parsePaxRecords(body: Uint8Array): PaxRecords | null {
  const records = new Map<string, Uint8Array>();
  const sparseNumbers: string[] = [];
  let at = 0;
  while (at < body.length) {
    const record = parseRecord(body, at);
    if (record === null) return null;
    at = record.end;
    if (record.key === "GNU.sparse.offset" || record.key === "GNU.sparse.numbytes") {
      const expected = sparseNumbers.length % 2 === 0 ? "GNU.sparse.offset" : "GNU.sparse.numbytes";
      const text = textOf(record.value);
      if (record.key !== expected || text.includes(",")) return null;
      sparseNumbers.push(text);
    } else {
      records.set(record.key, record.value);
    }
  }
  if (sparseNumbers.length > 0) records.set(sparseMapKey, Buffer.from(sparseNumbers.join(","), "latin1"));
  return records;
}

interface PaxRecord {
  readonly key: string;
  readonly value: Uint8Array;
  readonly end: number;
}

/** One `LENGTH KEY=VALUE\n`. */
function parseRecord(body: Uint8Array, from: number): PaxRecord | null {
  const space = body.indexOf(0x20, from);
  if (space < 0 || space - from > 20) return null;
  const length = decimalOf(body, from, space);
  const end = from + length;
  if (Number.isNaN(length) || length < 5 || end > body.length || end <= space + 1 || body[end - 1] !== 0x0a)
    return null;
  const equals = body.indexOf(0x3d, space + 1);
  if (equals < 0 || equals >= end - 1 || equals === space + 1) return null;
  const keyBytes = body.subarray(space + 1, equals);
  const value = body.subarray(equals + 1, end - 1);
  if (keyBytes.includes(0)) return null;
  const key = pathFromBytes(keyBytes);
  if ((key === "path" || key === "linkpath" || key === "uname" || key === "gname") && value.includes(0)) return null;
  return { key, value, end };
}

function decimalOf(body: Uint8Array, from: number, to: number): number {
  if (from === to) return Number.NaN;
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const digit = body[at]! - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** The text of a record, "" when it is missing or empty: an empty value keeps what the tar header says. */
export function paxText(records: PaxRecords | null, key: string): string {
  const value = records?.get(key);
  return value === undefined ? "" : textOf(value);
}

function textOf(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");
}

/** Extended attributes (`SCHILY.xattr.*`) in a fixed order of their names, or null when there are none. */
export function paxXattrs(records: PaxRecords): ReadonlyMap<string, Uint8Array> | null {
  let found: [string, Uint8Array][] | null = null;
  for (const [key, value] of records) {
    if (!key.startsWith(xattrPrefix) || value.length === 0) continue;
    found ??= [];
    found.push([key.slice(xattrPrefix.length), value]);
  }
  return found === null ? null : new Map(found.sort((one, other) => (one[0] < other[0] ? -1 : 1)));
}
