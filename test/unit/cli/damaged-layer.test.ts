import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dir, file, tar } from "../layer/make-tar.ts";
import { ImageLayout } from "./image-layout.ts";
import { Place } from "./program.ts";

/** An image of three layers, the middle one of which was changed: the others can still be looked at. */

let place: Place;
let damagedFile: string;
beforeEach(async () => {
  place = await Place.create();
  const layout = new ImageLayout(place.path("image"));
  const tars = ["one", "two", "three"].map(name => tar(dir("etc/"), file(`etc/${name}`, name), file("etc/same", name)));
  const stored = tars.map(each => gzipSync(each));
  layout.finish(layout.image(tars.map((each, at) => ({ stored: stored[at] as Buffer, tar: each }))));
  const middle = readdirSync(join(layout.folder, "blobs/sha256")).find(name =>
    readFileSync(layout.blobFile(`sha256:${name}`)).equals(stored[1] as Buffer),
  );
  damagedFile = layout.blobFile(`sha256:${middle}`);
});
afterEach(() => place.remove());

function damage(): void {
  const bytes = readFileSync(damagedFile);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(damagedFile, bytes);
}

describe("with a damaged layer", () => {
  test("layers shows all, marks it, and ends with 5", async () => {
    damage();
    const { status, stdout, stderr } = await place.run(["layers", "oci:image"]);
    expect(status).toBe(5);
    expect(
      stdout
        .split("\n")
        .slice(1, -1)
        .map(line => [line.trim().split(/\s+/)[0], line.includes("DAMAGED")]),
    ).toEqual([
      ["0", false],
      ["1", true],
      ["2", false],
    ]);
    expect(stderr).toContain(`error: layer 1 (step 2): ${damagedFile}: `);
    const json = await place.run(["layers", "oci:image", "--json"]);
    expect(json.status).toBe(5);
    expect(JSON.parse(json.stdout)).toMatchObject({
      layers: [
        { index: 0, isDamaged: false },
        { index: 1, isDamaged: true, entries: null },
        { index: 2, isDamaged: false },
      ],
      damaged: [{ index: 1, step: 2, file: damagedFile, error: { code: expect.stringMatching(/^d/) } }],
    });
    expect(JSON.parse(json.stderr).error.message).toContain(damagedFile);
  });

  test("search looks into the others, and tells what they did to each other", async () => {
    damage();
    for (const flags of [[], ["--content"]]) {
      const { status, stdout, stderr } = await place.run(["search", ...flags, "e", "oci:image", "--json"]);
      expect(status, stderr).toBe(5);
      const { matches, damaged } = JSON.parse(stdout);
      expect(new Set((matches as { layer: number }[]).map(match => match.layer))).toEqual(new Set([0, 2]));
      expect(damaged).toMatchObject([{ index: 1 }]);
    }
    const { stdout } = await place.run(["search", "same", "oci:image"]);
    expect(stdout).toMatch(/^A .*\/etc\/same\nM .*\/etc\/same\n$/);
  });

  test("the file system is there up to it, and not beyond", async () => {
    damage();
    expect(await place.run(["ls", "oci:image", "/etc", "--step", "1"])).toMatchObject({ status: 0 });
    expect(await place.run(["cat", "oci:image", "/etc/one", "--step", "1"])).toMatchObject({ stdout: "one" });
    const { status, stdout, stderr } = await place.run(["ls", "oci:image", "/etc"]);
    expect({ status, stdout }).toEqual({ status: 5, stdout: "" });
    expect(stderr).toContain(damagedFile);
    expect(stderr).toContain("--step 1");
  });

  test("a file that a later layer has all of is read, with a note", async () => {
    damage();
    expect(await place.run(["cat", "oci:image", "/etc/three"])).toEqual({
      status: 0,
      stdout: "three",
      stderr: expect.stringContaining(`layer 1 (step 2): ${damagedFile}`),
    });
    expect(await place.run(["cat", "oci:image", "/etc/one"])).toMatchObject({ status: 5, stdout: "" });
    expect(await place.run(["cat", "oci:image", "/etc/one", "--layer", "0"])).toMatchObject({ stdout: "one" });
  });

  test("what steps below it did can be compared", async () => {
    damage();
    expect(await place.run(["diff", "oci:image", "--step", "1"])).toMatchObject({ status: 0 });
    expect(await place.run(["diff", "oci:image", "--step", "3"])).toMatchObject({ status: 5, stdout: "" });
  });
});

test("damaged and old index files are made again without a word", async () => {
  const before = await place.run(["ls", "oci:image", "-R"]);
  const indexes = readdirSync(join(place.cache, "index")).map(name => join(place.cache, "index", name));
  expect(indexes).toHaveLength(3);
  const whole = indexes.map(each => readFileSync(each));
  const spoils: ((bytes: Buffer) => Buffer)[] = [
    bytes => bytes.subarray(0, bytes.length >> 1),
    bytes => Buffer.concat([bytes, Buffer.from("more")]),
    () => Buffer.alloc(0),
    bytes => Buffer.from(bytes.map((byte, at) => (at === 8 ? byte + 1 : byte))),
    bytes => Buffer.from(bytes.map((byte, at) => (at === bytes.length - 9 ? byte ^ 1 : byte))),
    () => Buffer.from("not an index at all".repeat(1000)),
  ];
  for (const spoil of spoils) {
    for (const [at, each] of indexes.entries()) writeFileSync(each, spoil(whole[at] as Buffer));
    expect(await place.run(["ls", "oci:image", "-R"])).toEqual({ ...before, status: 0, stderr: "" });
    expect(indexes.map(each => readFileSync(each).equals(whole[indexes.indexOf(each)] as Buffer))).toEqual([
      true,
      true,
      true,
    ]);
  }
});
