import fc from "fast-check";
import { expect, test } from "vitest";
import { LabError } from "../../../lib/error.ts";
import { encodeColumns, partsOfIndex } from "../../../lib/layer/index-format.ts";
import type { LayerLimits } from "../../../lib/layer/limits.ts";
import { dir, file, hardlink, header, longName, padded, pax, symlink, withChecksum } from "./make-tar.ts";
import { type ContentScan, scanContents } from "./scan-tar.ts";

/** Reading many plain entries at once must give what reading each alone gives, in every byte and every error. */

function outcomeOf(tar: Uint8Array, scan: ContentScan): string {
  try {
    return Buffer.concat(partsOfIndex(encodeColumns(scanContents(tar, scan).data))).toString("hex");
  } catch (error) {
    if (error instanceof LabError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

/** Before so many entries none is read otherwise than alone. */
const before = Buffer.concat(Array.from({ length: 1024 }, (_, i) => dir(`before/${i}/`)));

function expectSame(entries: readonly Buffer[], cuts: readonly number[] = [], limits: Partial<LayerLimits> = {}): void {
  const tar = Buffer.concat([before, ...entries]);
  const allCuts = [before.length, ...cuts.map(cut => before.length + cut)].filter(cut => cut < tar.length);
  const alone = outcomeOf(tar, { limits });
  expect(outcomeOf(tar, { cuts: allCuts, plain: true, limits })).toBe(alone);
}

const name = fc.oneof(
  { weight: 8, arbitrary: fc.stringMatching(/^[a-c]{1,3}(?:\/[a-c-]{1,4}){0,3}$/) },
  fc.stringMatching(/^[./a]{0,8}$/),
  fc.constantFrom(
    "./a",
    "./",
    ".",
    "a/",
    "a//b",
    "/a",
    "a/./b",
    "a/.b",
    ".wh.a",
    "d/.wh..wh..opq",
    "é",
    "n".repeat(100),
  ),
  fc.uint8Array({ maxLength: 100 }).map(bytes => Buffer.from(bytes)),
);
const content = fc.oneof(
  fc.nat(1600).map(sizeBytes => Buffer.alloc(sizeBytes, "0123456789abcdef-")),
  fc
    .constantFrom(55, 56, 119, 120, 503, 504, 512, 513, 695, 696, 759, 760)
    .map(sizeBytes => Buffer.alloc(sizeBytes, "xy")),
);
const fields = fc.record(
  {
    mode: fc.constantFrom(0o644, 0o755, 0o4755, 0o100644),
    uid: fc.constantFrom(0, 0, 0, 1000),
    gid: fc.constantFrom(0, 0, 0, 1000),
    mtime: fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 33 - 1)),
    magic: fc.constantFrom("ustar", "gnu", "v7" as const),
    type: fc.constantFrom("0", "0", "0", "5", "\0", "7", "2", "S", "x"),
    major: fc.constantFrom(0, 0, 1),
    minor: fc.constantFrom(0, 0, 1),
    prefix: fc.constantFrom("", "", "", "p/q"),
    raw: fc.dictionary(fc.nat(500).map(String), fc.uint8Array({ minLength: 1, maxLength: 12 }), { maxKeys: 1 }),
  },
  { requiredKeys: [] },
);
const plainEntry = fc.tuple(name, content).map(([path, bytes]) => file(path, bytes));
const anyEntry = fc
  .tuple(name, content, fields)
  .map(([path, bytes, some]) => Buffer.concat([header({ name: path, size: bytes.length, ...some }), padded(bytes)]));
const otherEntry = fc.oneof(
  name.map(path => dir(path)),
  fc.constant(symlink("s", "a")),
  fc.constant(hardlink("h", "a/b")),
  fc.constant(pax({ path: "of/pax", mtime: "1.5" })),
  fc.constant(longName("l".repeat(120))),
  fc.constant(Buffer.alloc(512)),
);
const entries = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: plainEntry },
    { weight: 2, arbitrary: anyEntry },
    { weight: 2, arbitrary: otherEntry },
  ),
  { minLength: 1, maxLength: 30 },
);
const cuts = fc.array(fc.nat(20_000), { maxLength: 4 }).map(some => [...some].sort((one, other) => one - other));

test("entries of every kind, in chunks of any size", () => {
  fc.assert(
    fc.property(entries, cuts, (some, places) => expectSame(some, places)),
    { numRuns: 400 },
  );
}, 60_000);

/** First, middle and last bytes of all fields, and those around them. */
const places = [
  0, 1, 2, 3, 50, 98, 99, 145, 147, 345, 346, 350, 357, 358, 368, 400, 475, 482, 483, 495, 499, 500, 507, 511,
];
for (const [from, to] of [
  [100, 104],
  [106, 112],
  [114, 120],
  [122, 128],
  [133, 138],
  [154, 160],
  [256, 266],
  [328, 331],
  [335, 339],
  [343, 345],
]) {
  for (let at = from as number; at < (to as number); at += 1) places.push(at);
}

test("with a byte of a header changed", () => {
  const plain = header({ name: "a/b", size: 5, mtime: 1_700_000_000, major: 0, minor: 0 });
  const around = (changed: Buffer) => [plain, padded("first"), changed, padded("hello"), file("z", "after")];
  for (const at of places) {
    for (const byte of [0x00, 0x20, 0x2f, 0x38, 0xff]) {
      const changed = Buffer.from(plain);
      changed[at] = byte;
      expectSame(around(withChecksum(changed)));
    }
  }
}, 120_000);

test("with another checksum", () => {
  const plain = header({ name: "a/b", size: 0 });
  for (const text of ["", "0", "00000000", "0012345\0", " 12345\0 ", "\x80\0\0\0\0\0\x10\0", "99999\0"]) {
    const changed = Buffer.from(plain);
    changed.fill(0, 148, 156).write(text, 148, "latin1");
    expectSame([plain, changed]);
  }
  const [sum] = /[0-7]+/.exec(plain.toString("latin1", 148, 156)) as unknown as [string];
  for (const form of [`${sum}\0\0`, `${sum}  `, ` ${sum} `, `0${sum}\0`, `00${sum}`]) {
    const changed = Buffer.from(plain);
    changed.write(form, 148, "latin1");
    expectSame([plain, changed, plain]);
  }
});

test("limits stop both at the same place", () => {
  const some = Array.from({ length: 100 }, (_, i) => file(`${"n".repeat(60)}${i}`, "x"));
  for (const entryCount of [1024, 1025, 1100, 1123, 1124]) expectSame(some, [], { entries: entryCount });
  for (const poolBytes of [12_000, 13_000, 15_000, 17_000, 20_000, 100_000]) expectSame(some, [3000], { poolBytes });
});

test("more entries than are read at once, in chunks larger than are read at once", () => {
  const some = Array.from({ length: 3000 }, (_, i) => file(`folder/${i}`, Buffer.alloc(i % 800, i)));
  expectSame(some);
  expectSame(some, [100, 1_000_000, 1_000_001]);
});
