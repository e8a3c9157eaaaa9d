/** The files and changes of a report as bytes, to be compressed and put into a page. `unpack-tables.ts` is the other side. */

import type { ReportChanges, ReportFiles } from "../document.ts";
import { ByteWriter } from "./byte-writer.ts";
import { orderPaths, writePaths } from "./path-pool.ts";
import { causeOrder, kindOrder, typeOrder } from "./table-words.ts";

export function packTables(files: ReportFiles | null, changes: readonly ReportChanges[]): Uint8Array {
  const paths = orderPaths([files?.paths ?? [], ...changes.map(group => group.paths)]);
  const position = new Map(paths.map((path, at) => [path, at]));
  const positions = (of: readonly string[]) => of.map(path => position.get(path) as number);
  const writer = new ByteWriter();
  writePaths(writer, paths);
  if (files === null) writer.number(0);
  else {
    writer.number(1);
    packFiles(writer, files, positions(files.paths));
  }
  writer.number(changes.length);
  const finalBytes = new Map(files?.paths.map((path, row) => [path, files.sizesBytes[row] as number]));
  for (const group of changes) packChanges(writer, group, positions(group.paths), finalBytes);
  return writer.finish();
}

function packFiles(writer: ByteWriter, files: ReportFiles, positions: readonly number[]): void {
  writer.differences(positions);
  writer.numbers(files.types.map(type => typeOrder.indexOf(type)));
  writeRepeated(writer, files.modes.map(String));
  writeRepeated(writer, files.owners);
  writer.numbers(files.sizesBytes);
  writer.differences(files.mtimesSeconds);
  writer.numbers(files.steps);
  const linked = [...files.links.keys()].filter(at => files.links[at] !== null);
  writer.differences(linked);
  writePaths(
    writer,
    linked.map(at => files.links[at] as string),
  );
}

function packChanges(
  writer: ByteWriter,
  group: ReportChanges,
  positions: readonly number[],
  finalBytes: ReadonlyMap<string, number>,
): void {
  writer.differences(positions);
  writer.numbers(group.kinds.map(kind => kindOrder.indexOf(kind)));
  writer.numbers(
    group.causes.map(causes => causes.reduce((bits, cause) => bits | (1 << causeOrder.indexOf(cause)), 0)),
  );
  writer.numbers(group.beforeBytes);
  // Most files stay as the step made them: their size stands in the table of files.
  const isFinal = group.afterBytes.map((bytes, row) => finalBytes.get(group.paths[row] as string) === bytes);
  writer.numbers(isFinal.map(Number));
  writer.numbers(group.afterBytes.filter((_, row) => !isFinal[row]));
}

/** Few different values: a list of them, and of each row which one. */
function writeRepeated(writer: ByteWriter, values: readonly string[]): void {
  const different = [...new Set(values)];
  const position = new Map(different.map((value, at) => [value, at]));
  writePaths(writer, different);
  writer.numbers(values.map(value => position.get(value) as number));
}
