/** Reads packed tables. Runs in the page: columns stay columns, a row is decoded when it is shown. */

import type { EntryType } from "../../../lib/model/entry.ts";
import type { ChangeCause, ChangeKind } from "../../../lib/model/snapshot.ts";
import { ByteReader } from "./byte-reader.ts";
import { readPaths } from "./path-pool.ts";
import { causeOrder, kindOrder, typeOrder } from "./table-words.ts";

export interface Tables {
  readonly files: FileTable | null;
  /** In the order of the report's groups. */
  readonly changes: readonly ChangeTable[];
}

export interface FileTable {
  readonly length: number;
  readonly paths: readonly string[];
  readonly sizesBytes: Float64Array;
  readonly mtimesSeconds: Float64Array;
  readonly steps: Float64Array;
  type(row: number): EntryType;
  mode(row: number): number;
  owner(row: number): string;
  link(row: number): string | null;
}

export interface ChangeTable {
  readonly length: number;
  readonly paths: readonly string[];
  readonly beforeBytes: Float64Array;
  readonly afterBytes: Float64Array;
  kind(row: number): ChangeKind;
  causes(row: number): readonly ChangeCause[];
}

export function unpackTables(bytes: Uint8Array): Tables {
  const reader = new ByteReader(bytes);
  const paths = readPaths(reader);
  const files = reader.number() === 0 ? null : unpackFiles(reader, paths);
  const finalBytes = new Map(files?.paths.map((path, row) => [path, files.sizesBytes[row] as number]));
  const changes = Array.from({ length: reader.number() }, () => unpackChanges(reader, paths, finalBytes));
  return { files, changes };
}

function unpackFiles(reader: ByteReader, pool: readonly string[]): FileTable {
  const paths = Array.from(reader.differences(), at => pool[at] as string);
  const types = reader.numbers();
  const mode = readRepeated(reader);
  const owner = readRepeated(reader);
  const sizesBytes = reader.numbers();
  const mtimesSeconds = reader.differences();
  const steps = reader.numbers();
  const linked = reader.differences();
  const targets = readPaths(reader);
  const links = new Map(Array.from(linked, (row, at) => [row, targets[at] as string]));
  return {
    length: paths.length,
    paths,
    sizesBytes,
    mtimesSeconds,
    steps,
    type: row => typeOrder[types[row] as number] as EntryType,
    mode: row => Number(mode(row)),
    owner,
    link: row => links.get(row) ?? null,
  };
}

function unpackChanges(
  reader: ByteReader,
  pool: readonly string[],
  finalBytes: ReadonlyMap<string, number>,
): ChangeTable {
  const paths = Array.from(reader.differences(), at => pool[at] as string);
  const kinds = reader.numbers();
  const causes = reader.numbers();
  const beforeBytes = reader.numbers();
  const afterBytes = reader.numbers();
  const others = reader.numbers();
  let other = 0;
  for (let row = 0; row < afterBytes.length; row += 1)
    afterBytes[row] = (afterBytes[row] === 1 ? finalBytes.get(paths[row] as string) : others[other++]) as number;
  return {
    length: paths.length,
    paths,
    beforeBytes,
    afterBytes,
    kind: row => kindOrder[kinds[row] as number] as ChangeKind,
    causes: row => causeOrder.filter((_, at) => ((causes[row] as number) & (1 << at)) !== 0),
  };
}

function readRepeated(reader: ByteReader): (row: number) => string {
  const different = readPaths(reader);
  const positions = reader.numbers();
  return row => different[positions[row] as number] as string;
}
