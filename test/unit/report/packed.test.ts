import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReportChanges, ReportFiles } from "../../../cli/report/document.ts";
import { ByteReader } from "../../../cli/report/packed/byte-reader.ts";
import { ByteWriter } from "../../../cli/report/packed/byte-writer.ts";
import { packTables } from "../../../cli/report/packed/pack-tables.ts";
import { orderPaths, readPaths, writePaths } from "../../../cli/report/packed/path-pool.ts";
import { causeOrder, kindOrder, typeOrder } from "../../../cli/report/packed/table-words.ts";
import { unpackTables } from "../../../cli/report/packed/unpack-tables.ts";
import { pathFromBytes } from "../../../lib/model/path-text.ts";

const counts = fc.maxSafeNat();
/** Any bytes are a name, but for the slash and NUL. */
const name = fc
  .uint8Array({ minLength: 1, maxLength: 12 })
  .map(bytes => pathFromBytes(bytes.map(byte => (byte === 0 || byte === 0x2f ? 0x41 : byte))));
const path = fc.array(name, { minLength: 1, maxLength: 5 }).map(names => names.join("/"));
const paths = fc.uniqueArray(path, { maxLength: 40 }).map(list => orderPaths([list]));

describe("bytes", () => {
  test("numbers and differences come back", () => {
    fc.assert(
      fc.property(fc.array(counts), fc.array(fc.integer()), (plain, near) => {
        const writer = new ByteWriter();
        writer.numbers(plain);
        writer.differences(near);
        const reader = new ByteReader(writer.finish());
        expect([...reader.numbers()]).toEqual(plain);
        expect([...reader.differences()].map(value => value + 0)).toEqual(near.map(value => value + 0));
      }),
    );
  });

  test("what is no count is refused", () => {
    expect(() => new ByteWriter().number(-1)).toThrow(RangeError);
    expect(() => new ByteWriter().number(1.5)).toThrow(RangeError);
  });

  test("paths of any bytes come back", () => {
    fc.assert(
      fc.property(paths, list => {
        const writer = new ByteWriter();
        writePaths(writer, list);
        expect(readPaths(new ByteReader(writer.finish()))).toEqual(list);
      }),
    );
  });

  test("a folder stands directly before all that is below it, each path once", () => {
    expect(
      orderPaths([
        ["a-b", "a/x", "a", "a.b"],
        ["a", "a/x/y"],
      ]),
    ).toEqual(["a", "a/x", "a/x/y", "a-b", "a.b"]);
  });
});

const files: fc.Arbitrary<ReportFiles> = paths.chain(list => {
  const column = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: list.length, maxLength: list.length });
  return fc.record({
    step: fc.constant(3),
    paths: fc.constant(list),
    types: column(fc.constantFrom(...typeOrder)),
    modes: column(fc.integer({ min: 0, max: 0o7777 })),
    owners: column(fc.tuple(fc.nat(), fc.nat()).map(([uid, gid]) => `${uid}:${gid}`)),
    sizesBytes: column(counts),
    mtimesSeconds: column(fc.integer({ min: -1e9, max: 1e11 })),
    links: column(fc.option(path)),
    steps: column(fc.nat(40)),
    leftOut: fc.constant(0),
  });
});

const noCounts = { added: 0, modified: 0, deleted: 0, bytesDelta: 0, bytesAdded: 0 };
const changes: fc.Arbitrary<ReportChanges> = paths.chain(list => {
  const column = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: list.length, maxLength: list.length });
  return fc.record({
    step: fc.option(fc.nat()),
    counts: fc.constant(noCounts),
    paths: fc.constant(list),
    kinds: column(fc.constantFrom(...kindOrder)),
    causes: column(fc.subarray([...causeOrder])),
    beforeBytes: column(counts),
    afterBytes: column(counts),
    leftOut: fc.constant(0),
  });
});

test("files and changes come back as they were", () => {
  fc.assert(
    fc.property(fc.option(files), fc.array(changes, { maxLength: 4 }), (table, groups) => {
      const tables = unpackTables(packTables(table, groups));
      const rows = [...(table?.paths.keys() ?? [])];
      const back = tables.files && {
        step: 3,
        paths: tables.files.paths,
        types: rows.map(tables.files.type),
        modes: rows.map(tables.files.mode),
        owners: rows.map(tables.files.owner),
        sizesBytes: [...tables.files.sizesBytes],
        mtimesSeconds: [...tables.files.mtimesSeconds],
        links: rows.map(tables.files.link),
        steps: [...tables.files.steps],
        leftOut: 0,
      };
      expect(back).toEqual(table);
      expect(tables.changes).toHaveLength(groups.length);
      for (const [at, group] of groups.entries()) {
        const found = tables.changes[at]!;
        expect(found.paths).toEqual(group.paths);
        expect(group.paths.map((_, row) => found.kind(row))).toEqual(group.kinds);
        expect(group.paths.map((_, row) => found.causes(row))).toEqual(group.causes);
        expect([...found.beforeBytes]).toEqual(group.beforeBytes);
        expect([...found.afterBytes]).toEqual(group.afterBytes);
      }
    }),
  );
});
