import { describe, expect, test } from "vitest";
import { efficiency, findWaste, sumWaste, type Waste, wasteKinds } from "../../../lib/analysis/waste/find-waste.ts";
import { leftoverFinder } from "../../../lib/analysis/waste/leftovers.ts";
import { anyGlob, checkRules, parseBytes, parseWasteLimit } from "../../../lib/analysis/waste/waste-rules.ts";
import { LayerColumns } from "../../../lib/layer/layer-columns.ts";
import { dir, file, hardlink, tar } from "../layer/make-tar.ts";
import { scanContents } from "../layer/scan-tar.ts";

function wasteOf(layers: readonly (readonly Uint8Array[])[], more: object = {}): Waste {
  return findWaste(
    layers.map(members => ({ columns: scanContents(tar(...members)) })),
    { top: 10, ...more },
  );
}

/** Each finding in one line: kind, layer, the other layer, bytes, paths. */
function told(waste: Waste): string[] {
  return waste.findings
    .map(({ kind, layer, other, sizeBytes, paths }) =>
      [
        kind,
        layer,
        other,
        sizeBytes,
        ...paths.map(({ path, same }) => (same === null ? path : `${path}=${same}`)),
      ].join(" "),
    )
    .sort();
}

describe("contents that cannot be seen", () => {
  test("overwritten, deleted, moved, in the layer that has the bytes", () => {
    const waste = wasteOf([
      [file("a", "first"), file("gone", "gone!!"), file("old", "content that moves")],
      [file("a", "second!"), file(".wh.gone"), file(".wh.old"), file("new", "content that moves")],
    ]);
    expect(told(waste)).toEqual(["deleted 0 1 6 gone", "moved 0 1 18 old=new", "overwritten 0 1 5 a"]);
    expect(waste.layers).toEqual([
      { storedBytes: 29, wastedBytes: 29 },
      { storedBytes: 25, wastedBytes: 0 },
    ]);
  });

  test("moved, with an older file of the same content", () => {
    const waste = wasteOf([
      [file("a", "same"), file("b", "same")],
      [file(".wh.b"), file("c", "same")],
    ]);
    expect(told(waste)).toEqual(["duplicate 1  4 c=a", "moved 0 1 4 b=c"]);
  });

  test("with a folder that is removed, made opaque, or becomes a file", () => {
    const members = [dir("x/"), file("x/one", "1"), file("y/two", "22"), file("z/three", "333")];
    const waste = wasteOf([members, [file(".wh.x"), file("y/.wh..wh..opq"), file("z", "")]]);
    expect(told(waste)).toEqual(["deleted 0 1 6 z/three y/two x/one"]);
  });

  test("stored again with another mode: the later copy is too much, and the first one when nothing shows either", () => {
    const same = [[file("a", "content")], [file("a", "content", { mode: 0o755 })], [file("a", "content", { uid: 7 })]];
    expect(told(wasteOf(same))).toEqual(["rewritten 1 0 7 a", "rewritten 2 0 7 a"]);
    const deleted = wasteOf([...same, [file(".wh.a")]]);
    expect(told(deleted)).toEqual(["deleted 0 3 7 a", "rewritten 1 0 7 a", "rewritten 2 0 7 a"]);
    expect(sumWaste(deleted.layers)).toEqual({ storedBytes: 21, wastedBytes: 21 });
  });

  test("a content with a second name is still seen", () => {
    const layers = [[file("a", "content"), hardlink("b", "a")], [file(".wh.a")]];
    expect(told(wasteOf(layers))).toEqual([]);
    expect(told(wasteOf([...layers, [file("b", "other")]]))).toEqual(["overwritten 0 2 7 a"]);
  });

  test("hard links that are stored again count once", () => {
    const layers = [
      [file("a", "content"), hardlink("b", "a")],
      [file("a", "content", { uid: 1 }), hardlink("b", "a", { uid: 1 })],
    ];
    expect(told(wasteOf(layers))).toEqual(["rewritten 1 0 7 a"]);
  });

  test("twice in one layer", () => {
    expect(told(wasteOf([[file("a", "first"), file("a", "second")]]))).toEqual(["repeated 0  5 a"]);
  });
});

describe("contents that can be seen", () => {
  test("the same under other paths, in one layer and in several; empty files are no waste", () => {
    const waste = wasteOf([
      [file("a", "content"), file("b", "content"), file("e", ""), file("f", "")],
      [file("c", "content")],
    ]);
    expect(told(waste)).toEqual(["duplicate 0  7 b=a", "duplicate 1  7 c=a"]);
  });

  test("leftovers of tools, each file once", () => {
    const waste = wasteOf([
      [
        file("var/lib/apt/lists/one", "list"),
        file("root/.cache/pip/wheel", "wheel"),
        file("root/.cache/pip/again", "wheel"),
        file("app/.git/objects/x", "object"),
      ],
      [file(".wh.app")],
    ]);
    expect(told(waste)).toEqual([
      "apt 0  4 var/lib/apt/lists/one",
      "deleted 0 1 6 app/.git/objects/x",
      "pip 0  10 root/.cache/pip/wheel root/.cache/pip/again",
    ]);
  });

  test.each([
    ["var/cache/apt/archives/x.deb", "apt"],
    ["var/cache/dnf/x", "rpm"],
    ["home/me/.npm/_cacache/index/x", "npm"],
    ["app/node_modules/.cache/x", "npm"],
    ["root/.cache/go-build/00/x", "go"],
    ["go/pkg/mod/cache/x", "go"],
    ["usr/local/cargo/registry/x", "rust"],
    ["app/.git/HEAD", "vcs"],
    ["usr/share/doc/curl/copyright", "docs"],
    ["usr/share/locale/de/x.mo", "locales"],
    ["tmp/x", "temporary"],
    ["app/tmp/x", undefined],
    ["app/.gitignore", undefined],
    ["etc/passwd", undefined],
    ["file", undefined],
  ])("%s is left over by %s", (path, kind) => {
    expect(leftoverFinder()(Buffer.from(path))?.kind).toBe(kind);
  });
});

test("accepted paths and ignored kinds do not count", () => {
  const layers = [[file("tmp/a", "first"), file("tmp/b", "third"), file("c", "third!")], [file(".wh.c")]];
  const allowed = wasteOf(layers, { isAllowed: anyGlob(["tmp/a"]), ignoredKinds: new Set(["deleted"]) });
  expect(told(allowed)).toEqual(["temporary 0  5 tmp/b"]);
  expect(allowed.layers[0]).toEqual({ storedBytes: 16, wastedBytes: 5 });
});

test("the largest paths are kept", () => {
  const members = Array.from({ length: 50 }, (_, at) => file(`tmp/${at}`, "x".repeat(((at * 7) % 50) + 1)));
  const [finding] = wasteOf([members], { top: 3 }).findings;
  expect(finding?.count).toBe(50);
  expect(finding?.paths.map(({ sizeBytes }) => sizeBytes)).toEqual([50, 49, 48]);
});

test("hints fit a narrow terminal", () => {
  expect(wasteKinds.filter(({ hint }) => hint.length > 64)).toEqual([]);
});

test("efficiency", () => {
  expect(efficiency({ storedBytes: 0, wastedBytes: 0 })).toBe(1);
  expect(efficiency({ storedBytes: 200, wastedBytes: 50 })).toBe(0.75);
});

describe("rules", () => {
  test("sizes and parts", () => {
    expect([parseBytes("500"), parseBytes("20MB"), parseBytes("1.5 GiB"), parseBytes("2k")]).toEqual([
      500,
      20e6,
      1.5 * 2 ** 30,
      2000,
    ]);
    expect(parseWasteLimit("2.5%")).toEqual({ part: 0.025 });
    for (const text of ["", "MB", "-1", "1 TBs", "1e9", "50 percent"])
      expect(() => parseBytes(text)).toThrow(/is no size/);
  });

  const columns = scanContents(tar(file("app/key.pem", "k"), file("app/cert.pem", "c"), file(".wh.old.pem")));
  const layers = [{ columns, step: 4, storedBytes: 100, wastedBytes: 10 }];
  const none = { deny: [], allow: [] };
  const passed = (rules: object) => checkRules({ ...none, ...rules }, layers, 5).map(result => result.passed);

  test("max-waste, as bytes and as a part", () => {
    expect(passed({ maxWaste: "10" })).toEqual([true]);
    expect(passed({ maxWaste: "9" })).toEqual([false]);
    expect(passed({ maxWaste: "10%" })).toEqual([true]);
    expect(passed({ maxWaste: "9.9%" })).toEqual([false]);
  });

  test("max-step-size names each step that breaks it", () => {
    const stored = new LayerColumns({ ...columns.data, sizeBytes: 2000 });
    const large = [{ columns: stored, step: 5, storedBytes: 0, wastedBytes: 0 }];
    expect(checkRules({ ...none, maxStepSize: "1kB" }, [...layers, ...large], 5)).toMatchObject([
      { passed: false, step: 5, actual: 2000 },
    ]);
    expect(passed({ maxStepSize: "1kB" })).toEqual([true]);
  });

  test("deny finds paths in layers, not what whiteouts name; allow exempts", () => {
    expect(checkRules({ ...none, deny: ["*.pem"] }, layers, 5)).toMatchObject([
      { passed: false, actual: 2, step: 4, paths: ["app/key.pem", "app/cert.pem"] },
    ]);
    expect(passed({ deny: ["*.pem"], allow: ["app/*.pem"] })).toEqual([true]);
    expect(passed({ deny: ["old.pem"] })).toEqual([true]);
  });
});
