import { describe, expect, test } from "vitest";
import { LabError } from "../../../lib/error.ts";
import {
  dir,
  file,
  hardlink,
  header,
  longName,
  padded,
  pax,
  paxRecord,
  symlink,
  tar,
  withChecksum,
} from "./make-tar.ts";
import { pathsOf, scanTar } from "./scan-tar.ts";

function errorOf(act: () => unknown): Partial<LabError> {
  try {
    act();
  } catch (error) {
    if (error instanceof LabError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("every type comes with its attributes", () => {
  const columns = scanTar(
    tar(
      dir("d/", { mode: 0o1777, uid: 7, gid: 8, mtime: 9 }),
      file("d/f", "hello", { mode: 0o4755 }),
      symlink("d/s", "../x/./y"),
      hardlink("d/h", "./d//f"),
      header({ name: "d/c", type: "3", major: 1, minor: 3 }),
      header({ name: "d/b", type: "4", major: 259, minor: 70000 }),
      header({ name: "d/p", type: "6" }),
    ),
  );
  expect(columns.entry(0)).toMatchObject({
    path: "d",
    type: "dir",
    mode: 0o1777,
    uid: 7,
    gid: 8,
    mtimeNs: 9_000_000_000n,
  });
  expect(columns.entry(1)).toMatchObject({
    path: "d/f",
    type: "file",
    mode: 0o4755,
    sizeBytes: 5,
    contentOffset: 1024,
  });
  expect(columns.entry(2)).toMatchObject({ path: "d/s", type: "symlink", linkTarget: "../x/./y", sizeBytes: 0 });
  expect(columns.entry(3)).toMatchObject({ path: "d/h", type: "hardlink", linkTarget: "d/f" });
  expect(columns.entry(4)).toMatchObject({ type: "char", device: { major: 1, minor: 3 } });
  expect(columns.entry(5)).toMatchObject({ type: "block", device: { major: 259, minor: 70000 } });
  expect(columns.entry(6)).toMatchObject({ type: "fifo", device: null, xattrs: null, whiteout: null });
  expect(() => columns.entry(7)).toThrow(RangeError);
});

test("names: prefix, long names, PAX, bytes that are no UTF-8, a file of an old tar that is a folder", () => {
  const long = "l".repeat(300);
  const columns = scanTar(
    tar(
      file("name", "", { prefix: "some/prefix" }),
      longName(`deep/${long}`),
      file("cut"),
      longName(`to/${long}`, "K"),
      symlink("link", "cut"),
      pax({ path: "pax/é", linkpath: "pax/target" }),
      symlink("cut", "cut"),
      file(Buffer.from([0x61, 0xff, 0xfe])),
      header({ name: "old/", type: "\0", magic: "v7" }),
    ),
  );
  expect(pathsOf(columns)).toEqual(["some/prefix/name", `deep/${long}`, "link", "pax/é", "a\udcff\udcfe", "old"]);
  expect(columns.entry(2).linkTarget).toBe(`to/${long}`);
  expect(columns.entry(3).linkTarget).toBe("pax/target");
  expect(columns.entry(5).type).toBe("dir");
});

test("PAX numbers, times and binary attributes; an empty value keeps what the header says", () => {
  const value = Uint8Array.of(0, 255, 10, 61);
  const records = { uid: "3000000", gid: "", mtime: "-1.5", "SCHILY.xattr.user.b": value, "SCHILY.xattr.user.a": "1" };
  const entry = scanTar(tar(pax(records), file("f", "", { gid: 5 }))).entry(0);
  expect(entry).toMatchObject({ uid: 3000000, gid: 5, mtimeNs: -1_500_000_000n });
  expect([...(entry.xattrs ?? [])].map(([name, bytes]) => [name, [...bytes]])).toEqual([
    ["user.a", [0x31]],
    ["user.b", [...value]],
  ]);
});

test("a global PAX header is checked and not applied, as container engines do", () => {
  const columns = scanTar(tar(pax({ path: "lost" }), pax({ path: "global", mtime: "5" }, "g"), file("f")));
  expect(columns.entry(0)).toMatchObject({ path: "f", mtimeNs: 0n });
});

test("PAX says the size of the content that follows", () => {
  const columns = scanTar(tar(pax({ size: "3" }), header({ name: "f", size: 0 }), padded("abc"), file("g")));
  expect(pathsOf(columns)).toEqual(["f", "g"]);
  expect(columns.entry(0).sizeBytes).toBe(3);
});

test("links and folders have no content, whatever their size says", () => {
  const columns = scanTar(tar(hardlink("h", "f", { size: 1000 }), dir("d/", { size: 512 }), file("f", "x")));
  expect(pathsOf(columns)).toEqual(["h", "d", "f"]);
  expect(columns.entry(0).sizeBytes).toBe(0);
});

describe("sparse files", () => {
  const pieces = "GNU.sparse";
  test.each<[string, Buffer]>([
    [
      "0.0",
      Buffer.concat([
        (() => {
          const body = Buffer.concat(
            [
              ["GNU.sparse.size", "1000"],
              ["GNU.sparse.numblocks", "2"],
              ["GNU.sparse.offset", "10"],
              ["GNU.sparse.numbytes", "3"],
              ["GNU.sparse.offset", "500"],
              ["GNU.sparse.numbytes", "2"],
            ].map(([key, value]) => paxRecord(key as string, value as string)),
          );
          return Buffer.concat([header({ name: "x", type: "x", size: body.length }), padded(body)]);
        })(),
        file("s", "abcde"),
      ]),
    ],
    [
      "0.1",
      Buffer.concat([
        pax({
          [`${pieces}.size`]: "1000",
          [`${pieces}.numblocks`]: "2",
          [`${pieces}.map`]: "10,3,500,2",
          [`${pieces}.name`]: "s",
        }),
        file("GNUSparseFile.1/s", "abcde"),
      ]),
    ],
    [
      "1.0",
      Buffer.concat([
        pax({
          [`${pieces}.major`]: "1",
          [`${pieces}.minor`]: "0",
          [`${pieces}.realsize`]: "1000",
          [`${pieces}.name`]: "s",
        }),
        file("GNUSparseFile.1/s", Buffer.concat([padded("2\n10\n3\n500\n2\n"), Buffer.from("abcde")])),
      ]),
    ],
  ])("of format %s have their size, their pieces and the place of their content", (_format, member) => {
    const columns = scanTar(tar(member, file("next")));
    expect(pathsOf(columns)).toEqual(["s", "next"]);
    expect(columns.entry(0).sizeBytes).toBe(1000);
    expect([...(columns.sparsePieces(0) ?? [])]).toEqual([10, 3, 500, 2]);
    expect(columns.sparsePieces(1)).toBeNull();
  });

  test("of the old GNU format, with a block more for the map", () => {
    const octal = (value: number) => Buffer.from(`${value.toString(8).padStart(11, "0")}\0`);
    const pair = (offset: number, length: number) => Buffer.concat([octal(offset), octal(length)]);
    const first = [0, 1, 2, 3].map(i => pair(i * 100, 1));
    const extension = Buffer.alloc(512);
    extension.set(pair(900, 2));
    const member = header({
      name: "s",
      type: "S",
      size: 6,
      magic: "gnu",
      raw: { 386: Buffer.concat(first), 482: Uint8Array.of(1), 483: octal(1000) },
    });
    const columns = scanTar(tar(member, extension, padded("abcdef"), file("next")));
    expect(pathsOf(columns)).toEqual(["s", "next"]);
    expect(columns.entry(0)).toMatchObject({ sizeBytes: 1000, contentOffset: 1024 });
    expect([...(columns.sparsePieces(0) ?? [])]).toEqual([0, 1, 100, 1, 200, 1, 300, 1, 900, 2]);
  });

  test.each([
    ["pieces that overlap", "10,3,11,2"],
    ["pieces beyond the size", "10,3,999,2"],
    ["fewer bytes than stored", "10,3,500,1"],
    ["a number that is none", "10,3,x,2"],
  ])("with %s are damaged", (_what, map) => {
    const records = { "GNU.sparse.size": "1000", "GNU.sparse.numblocks": "2", "GNU.sparse.map": map };
    expect(errorOf(() => scanTar(tar(pax(records), file("s", "abcde"))))).toMatchObject({ code: "damaged" });
  });
});

describe("the end", () => {
  const whole = tar(file("a", "content"), file("b"));

  test("may come without zero blocks, and anything may follow them", () => {
    expect(pathsOf(scanTar(file("a", "x")))).toEqual(["a"]);
    expect(scanTar(Buffer.alloc(0)).entryCount).toBe(0);
    expect(pathsOf(scanTar(Buffer.concat([whole, Buffer.from("garbage")])))).toEqual(["a", "b"]);
  });

  test("inside of a header or a content is damage, with the place", () => {
    expect(errorOf(() => scanTar(whole.subarray(0, 515)))).toMatchObject({
      code: "damaged",
      message: "damaged tar: it ends too early at byte 515 of the tar",
    });
    expect(errorOf(() => scanTar(whole.subarray(0, 1100))).message).toContain("byte 1100");
  });

  test("one block of zeros with a header after it is damage", () => {
    expect(errorOf(() => scanTar(Buffer.concat([Buffer.alloc(512), file("a")]))).message).toContain("byte 512");
  });
});

test("the same comes out for every size of chunks", () => {
  const bytes = tar(
    pax({ path: "p".repeat(700) }),
    file("cut", "z".repeat(1500)),
    longName("l".repeat(200)),
    dir("cut"),
  );
  const whole = pathsOf(scanTar(bytes));
  for (const chunkBytes of [1, 7, 511, 512, 513, 1024, 1999]) {
    expect(pathsOf(scanTar(bytes, chunkBytes))).toEqual(whole);
  }
});

test("a wrong checksum is damage; one over signed bytes is right", () => {
  const bad = file("a");
  bad[0] = 0x62;
  expect(errorOf(() => scanTar(Buffer.concat([file("x"), bad]))).message).toContain("wrong checksum at byte 512");
  expect(errorOf(() => scanTar(Buffer.from("no tar at all".repeat(100)))).message).toContain("no tar header at byte 0");
  const signed = withChecksum(file(Buffer.from([0xff])));
  const sum = Number.parseInt(signed.toString("latin1", 148, 154), 8) - 256;
  signed.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  expect(pathsOf(scanTar(signed))).toEqual(["\udcff"]);
});

test("limits are errors, not memory", () => {
  const two = tar(file("a"), file("b"));
  expect(errorOf(() => scanTar(two, 512, { entries: 1 })).code).toBe("too-large");
  expect(errorOf(() => scanTar(two, 512, { tarBytes: 1500 })).code).toBe("too-large");
  expect(errorOf(() => scanTar(tar(longName("x".repeat(70_000)), file("a")))).code).toBe("too-large");
  expect(errorOf(() => scanTar(tar(pax({ comment: "x".repeat(2 ** 20) }), file("a")))).code).toBe("too-large");
  expect(errorOf(() => scanTar(two, 512, { poolBytes: 4 })).code).toBe("too-large");
  expect(errorOf(() => scanTar(tar(header({ name: "L", type: "L", size: 8 ** 11 - 1 })))).code).toBe("too-large");
});

test.each([
  ["without its length", "path=x\n"],
  ["with a length that is too long", "99 path=x\n"],
  ["with a length that is too short", "3 a\n"],
  ["without a line end", "9 path=xy"],
  ["without a key", "6 =xy\n"],
  ["with a NUL in a path", "11 path=a\0b\n"],
  ["with a malformed time", `${paxRecord("mtime", "soon")}`],
  ["with a malformed number", `${paxRecord("uid", "1e3")}`],
  ["with a negative size", `${paxRecord("size", "-1")}`],
])("a PAX record %s is damage", (_what, body) => {
  const member = Buffer.concat([header({ name: "x", type: "x", size: body.length }), padded(body)]);
  expect(errorOf(() => scanTar(tar(member, file("a"))))).toMatchObject({ code: "damaged" });
});
