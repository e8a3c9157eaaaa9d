import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseApkDatabase } from "../../../lib/analysis/packages/apk.ts";
import { compareVersions } from "../../../lib/analysis/packages/compare-versions.ts";
import { parseDpkgStatus } from "../../../lib/analysis/packages/dpkg.ts";
import { parseNpmPackage } from "../../../lib/analysis/packages/npm.ts";
import type { Package } from "../../../lib/analysis/packages/package.ts";
import { packageChanges } from "../../../lib/analysis/packages/package-changes.ts";
import { packageSourceOf } from "../../../lib/analysis/packages/package-sources.ts";
import { parsePythonMetadata } from "../../../lib/analysis/packages/python.ts";
import { readRpmDatabase } from "../../../lib/analysis/packages/rpm-database.ts";
import { parseRpmHeader } from "../../../lib/analysis/packages/rpm-header.ts";
import { type StepPackages, stepPackages } from "../../../lib/analysis/packages/step-packages.ts";
import { openLab } from "../../../lib/lab/open-lab.ts";
import { parseDiffId } from "../../../lib/model/digest.ts";
import type { Target } from "../../../lib/model/target.ts";
import { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { step } from "../build/sample-steps.ts";
import { digestOf } from "../image/samples.ts";
import { file, tar } from "../layer/make-tar.ts";

const told = (packages: readonly Package[]) =>
  packages.map(({ name, version, sizeBytes }) => `${name} ${version} ${sizeBytes}`);

test.each([
  ["var/lib/dpkg/status", "dpkg"],
  ["var/lib/dpkg/status.d/base", "dpkg"],
  ["var/lib/dpkg/status.d/base.md5sums", undefined],
  ["var/lib/dpkg/status-old", undefined],
  ["lib/apk/db/installed", "apk"],
  ["usr/lib/apk/db/installed", "apk"],
  ["usr/lib/sysimage/rpm/rpmdb.sqlite", "rpm"],
  ["var/lib/rpm/Packages", "rpm"],
  ["app/node_modules/left-pad/package.json", "npm"],
  ["usr/local/lib/node_modules/npm/node_modules/@npmcli/arborist/package.json", "npm"],
  ["app/node_modules/left-pad/test/package.json", undefined],
  ["app/node_modules/.package-lock.json", undefined],
  ["app/package.json", undefined],
  ["usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA", "python"],
  ["usr/lib/python3/dist-packages/six-1.16.0.egg-info", "python"],
  ["usr/lib/python3/dist-packages/six.egg-info/PKG-INFO", "python"],
])("%s tells of %s", (path, kind) => {
  expect(packageSourceOf(Buffer.from(path))?.kind).toBe(kind);
});

describe("databases", () => {
  test("dpkg: what is installed, not what was", () => {
    const status = `Package: a
Status: install ok installed
Installed-Size: 12
Architecture: amd64
Version: 1:2.0-1
Description: text
 Package: not-this
 .

Package: b
Status: deinstall ok config-files
Version: 1

Package: c
Status: hold ok installed
Version: 3
`;
    expect(told(parseDpkgStatus(status, "x"))).toEqual(["a 1:2.0-1 12288", "c 3 null"]);
    expect(told(parseDpkgStatus("Package: tzdata\nVersion: 2024a\n", "x"))).toEqual(["tzdata 2024a null"]);
  });

  test("apk", () => {
    const installed =
      "C:Q1x=\nP:musl\nV:1.2.5-r0\nA:x86_64\nS:1\nI:622592\nF:lib\nR:libc.so\n\nC:Q1y=\nP:zlib\nV:1.3\n\n";
    expect(told(parseApkDatabase(installed, "x"))).toEqual(["musl 1.2.5-r0 622592", "zlib 1.3 null"]);
  });

  test("npm and Python", () => {
    expect(told(parseNpmPackage('{"name":"@a/b","version":"1.0.0"}', "node_modules/@a/b/package.json"))).toEqual([
      "@a/b 1.0.0 null",
    ]);
    expect(parseNpmPackage('{"type":"module"}', "node_modules/a/package.json")).toEqual([]);
    expect(() => parseNpmPackage('{"name":1}', "node_modules/a/package.json")).toThrow();
    const metadata = "Metadata-Version: 2.1\r\nName: My.Package\r\nVersion: 1.0\r\n\r\nName: other\r\n";
    expect(parsePythonMetadata(metadata, "lib/my_package-1.0.dist-info/METADATA")).toMatchObject([
      { name: "My.Package", version: "1.0", key: "python lib my-package" },
    ]);
  });
});

/** A header of rpm's database with these tags: text as it is, numbers as 32 bits. */
function rpmHeader(values: Readonly<Record<number, string | number | bigint>>): Buffer {
  const index: Buffer[] = [];
  const data: Buffer[] = [];
  let offset = 0;
  for (const [tag, value] of Object.entries(values)) {
    const bytes =
      typeof value === "string" ? Buffer.from(`${value}\0`) : Buffer.alloc(typeof value === "bigint" ? 8 : 4);
    if (typeof value === "number") bytes.writeUInt32BE(value);
    if (typeof value === "bigint") bytes.writeBigUInt64BE(value);
    const entry = Buffer.alloc(16);
    entry.writeUInt32BE(Number(tag), 0);
    entry.writeUInt32BE(typeof value === "string" ? 6 : 4, 4);
    entry.writeUInt32BE(offset, 8);
    entry.writeUInt32BE(1, 12);
    index.push(entry);
    data.push(bytes);
    offset += bytes.length;
  }
  const start = Buffer.alloc(8);
  start.writeUInt32BE(index.length, 0);
  start.writeUInt32BE(offset, 4);
  return Buffer.concat([start, ...index, ...data]);
}

describe("rpm", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "kaniko-lab-rpm-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const tags = { 1000: "bash", 1001: "5.2", 1002: "3.fc40", 1022: "x86_64" };

  test("headers", () => {
    expect(parseRpmHeader(rpmHeader({ ...tags, 1003: 1, 1009: 8000 }))).toEqual({
      name: "bash",
      version: "1:5.2-3.fc40",
      architecture: "x86_64",
      sizeBytes: 8000,
    });
    expect(parseRpmHeader(rpmHeader({ ...tags, 1009: 0, 5009: 2n ** 40n }))?.sizeBytes).toBe(2 ** 40);
    const whole = rpmHeader({ ...tags, 1009: 8000 });
    for (let length = 0; length < whole.length; length += 1) parseRpmHeader(whole.subarray(0, length));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => void parseRpmHeader(bytes)));
  });

  function databaseOf(sql: string, blobs: readonly Uint8Array[] = []): Buffer {
    const path = join(root, "made");
    rmSync(path, { force: true });
    const database = new DatabaseSync(path);
    database.exec(sql);
    for (const blob of blobs) database.prepare("INSERT INTO Packages (blob) VALUES (?)").run(blob);
    database.close();
    return readFileSync(path);
  }

  const schema = "CREATE TABLE IF NOT EXISTS 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)";

  test("the database; what only looks like one is refused", async () => {
    const bytes = databaseOf(schema, [rpmHeader(tags), rpmHeader({ ...tags, 1000: "gpg-pubkey" }), Buffer.from("x")]);
    expect(told(await readRpmDatabase(bytes, "x", root))).toEqual(["bash 5.2-3.fc40 null"]);
    await expect(readRpmDatabase(Buffer.from("no database"), "x", root)).rejects.toThrow(/database/);
    await expect(readRpmDatabase(bytes.subarray(0, 3000), "x", root)).rejects.toThrow();
    const endless =
      "CREATE VIEW Packages AS WITH RECURSIVE n(blob) AS (SELECT 1 UNION ALL SELECT blob+1 FROM n) SELECT blob FROM n";
    await expect(readRpmDatabase(databaseOf(endless), "x", root)).rejects.toThrow("no table of packages");
    const computed = "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob AS (zeroblob(1000000000)))";
    await expect(readRpmDatabase(databaseOf(computed), "x", root)).rejects.toThrow("no table of packages");
  });
});

describe("changes", () => {
  const one = (name: string, version: string, more: object = {}): Package => ({
    kind: "dpkg",
    name,
    version,
    sizeBytes: null,
    source: "s",
    key: `dpkg ${name}`,
    ...more,
  });
  const changed = (before: readonly Package[], after: readonly Package[]) =>
    packageChanges(before, after).map(({ change, before: old, after: now }) =>
      [change, (now ?? old)?.name, old?.version, now?.version].join(" "),
    );

  test("added, removed, upgraded, downgraded; the same is nothing", () => {
    expect(
      changed(
        [one("gone", "1"), one("same", "1"), one("up", "1.9"), one("down", "2~rc1")],
        [one("same", "1"), one("up", "1.10"), one("down", "2~beta1"), one("new", "1")],
      ),
    ).toEqual(["downgraded down 2~rc1 2~beta1", "removed gone 1 ", "added new  1", "upgraded up 1.9 1.10"]);
    expect(changed([one("kernel", "1"), one("kernel", "2")], [one("kernel", "2"), one("kernel", "3")])).toEqual([
      "upgraded kernel 1 3",
    ]);
  });

  test.each([
    ["1.0", "1.0.1"],
    ["1.9", "1.10"],
    ["2.0~rc1", "2.0"],
    ["2.0-rc.1", "2.0"],
    ["2.0-beta", "2.0-rc"],
    ["9", "1:1"],
    ["1.0-1", "1.0-1+deb12u1"],
    ["20240101", "123456789012345678901"],
  ])("%s is older than %s", (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
    expect(compareVersions(newer, newer)).toBe(0);
  });
});

describe("steps", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "kaniko-lab-packages-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function targetOf(...layers: readonly (readonly Uint8Array[])[]): Target {
    const refs = layers.map(members => {
      const bytes = tar(...members);
      const digest = digestOf(bytes);
      const path = join(root, digest.slice(7));
      writeFileSync(path, bytes);
      const ref = { digest, diffId: parseDiffId(digest), sizeBytes: bytes.length, mediaType: "" };
      return { ref, blob: { file: path, offset: 0, sizeBytes: bytes.length } };
    });
    return {
      name: "sample",
      build: null,
      image: null,
      steps: refs.map(({ ref }, at) => step(at + 1, `RUN ${at}`, { layer: ref })),
      layers: refs.map(({ ref, blob }, index) => ({ ...ref, blob, index, step: index + 1 })),
    };
  }

  async function changesOf(target: Target): Promise<string[]> {
    const cache = new CacheFolder(join(root, "cache"));
    await cache.create();
    const steps: StepPackages[] = [];
    const lab = openLab({ cache });
    for await (const found of stepPackages({ lab, target, scratch: cache.scratch }, {})) steps.push(found);
    return steps.flatMap(({ step: { number }, changes, unreadable }) => [
      ...changes.map(({ change, before, after }) =>
        [
          number,
          change,
          (after ?? before)?.kind,
          (after ?? before)?.name,
          (after ?? before)?.version,
          (after ?? before)?.sizeBytes,
        ].join(" "),
      ),
      ...unreadable.map(({ path }) => `${number} unreadable ${path}`),
    ]);
  }

  const metadata = (name: string, version: string) => `Name: ${name}\nVersion: ${version}\n`;
  const packageJson = (name: string, version: string) => JSON.stringify({ name, version });

  test("what each step installed, upgraded and removed, whatever the manager", async () => {
    const target = targetOf(
      [
        file("lib/apk/db/installed", "P:musl\nV:1\n\nP:zlib\nV:1\n"),
        file("py/six-1.0.dist-info/METADATA", metadata("six", "1.0")),
        file("app/node_modules/a/package.json", packageJson("a", "1.0.0")),
        file("app/node_modules/a/index.js", "x".repeat(100)),
        file("app/node_modules/a/node_modules/@s/b/package.json", packageJson("@s/b", "1.0.0")),
      ],
      [file("lib/apk/db/installed", "P:musl\nV:1\n\nP:zlib\nV:1\n", { mode: 0o600 }), file("other", "x")],
      [
        file("lib/apk/db/installed", "P:musl\nV:2\n"),
        file("py/.wh.six-1.0.dist-info"),
        file("py/six-2.0.dist-info/METADATA", metadata("six", "2.0")),
        file("app/node_modules/a/.wh.node_modules"),
      ],
      [file("app/.wh.node_modules"), file("app/node_modules/c/package.json", "{"), file("var/lib/rpm/Packages", "x")],
    );
    expect(await changesOf(target)).toEqual([
      "1 added apk musl 1 ",
      "1 added apk zlib 1 ",
      `1 added npm @s/b 1.0.0 ${packageJson("@s/b", "1.0.0").length}`,
      `1 added npm a 1.0.0 ${packageJson("a", "1.0.0").length + 100}`,
      "1 added python six 1.0 ",
      "3 upgraded apk musl 2 ",
      "3 removed apk zlib 1 ",
      `3 removed npm @s/b 1.0.0 ${packageJson("@s/b", "1.0.0").length}`,
      "3 upgraded python six 2.0 ",
      `4 removed npm a 1.0.0 ${packageJson("a", "1.0.0").length + 100}`,
      "4 unreadable var/lib/rpm/Packages",
      "4 unreadable app/node_modules/c/package.json",
    ]);
  });
});
