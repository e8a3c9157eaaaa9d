import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dir, file, hardlink, header, longName, padded, pax, symlink, tar } from "../make-tar.ts";
import { scanTar } from "../scan-tar.ts";
import { checkTar } from "./check-tar.ts";
import { mutations } from "./mutations.ts";

/**
 * Small layers, changed at random where it hurts. A failure prints its seed; keep what it found as a file in
 * test/fixtures/layers/findings. For a long run: KANIKO_LAB_FUZZ_RUNS=1000000.
 */
const runs = Number(process.env.KANIKO_LAB_FUZZ_RUNS ?? 2500);
const fixtures = path.join(import.meta.dirname, "../../../fixtures/layers");

const octal = (value: number) => Buffer.from(`${value.toString(8).padStart(11, "0")}\0`);
const oldSparse = {
  386: Buffer.concat([octal(0), octal(3), octal(512), octal(2)]),
  483: octal(600),
};
const sparse = {
  "GNU.sparse.major": "1",
  "GNU.sparse.minor": "0",
  "GNU.sparse.name": "s",
  "GNU.sparse.realsize": "1000",
};

const corpus: readonly Buffer[] = [
  tar(dir("./"), dir("a/"), file("a/b", "content"), symlink("a/l", "b"), hardlink("h", "a/b"), file("a/.wh.c")),
  tar(pax({ path: "p/é", mtime: "-1.5", uid: "3000000", "SCHILY.xattr.user.x": "v" }), file("cut", "x"), dir("p/")),
  tar(
    longName(`d/${"n".repeat(120)}`),
    longName("t".repeat(110), "K"),
    symlink("cut", "cut"),
    pax({ comment: "c" }, "g"),
  ),
  tar(header({ name: "o", type: "S", magic: "gnu", size: 5, raw: oldSparse }), padded("abcde"), file("d/.wh..wh..opq")),
  tar(pax(sparse), file("GNUSparseFile.1/s", Buffer.concat([padded("2\n10\n3\n500\n2\n"), Buffer.from("abcde")]))),
  tar(
    pax({ "GNU.sparse.size": "1000", "GNU.sparse.numblocks": "2", "GNU.sparse.map": "10,3,500,2" }),
    file("s", "abcde"),
  ),
  tar(
    header({ name: "c", type: "3", major: 1, minor: 3 }),
    header({ name: "f", type: "6" }),
    symlink("l", "/a"),
    file("l/x"),
  ),
  tar(gunzipSync(readFileSync(path.join(fixtures, "plain.tgz"))).subarray(0, 10 * 512)),
];
const below = scanTar(tar(dir("a/"), file("a/b", "old"), file("d/x"), symlink("l", "a"), file("h"), dir("p/q/")));

describe("fuzzing", () => {
  test.each(corpus.map((_, at) => at))("corpus %d as it is", at => {
    checkTar(corpus[at] as Buffer, below);
    expect(scanTar(corpus[at] as Buffer).entryCount).toBeGreaterThan(0);
  });

  test("changed in a few places", () => {
    fc.assert(
      fc.property(fc.constantFrom(...corpus), mutations, (start, changes) => {
        checkTar(
          changes.reduce((bytes, change) => change(bytes), start),
          below,
        );
      }),
      { numRuns: runs },
    );
  }, 3_600_000);
});

describe("what was found before", () => {
  const findings = path.join(fixtures, "findings");
  test.each(readdirSync(findings).filter(name => name.endsWith(".tgz")))("%s", name => {
    checkTar(gunzipSync(readFileSync(path.join(findings, name))), below);
  });
});
