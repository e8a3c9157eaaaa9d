import { expect, test } from "vitest";
import type { LayerColumns } from "../../../lib/layer/layer-columns.ts";
import { applyLayers } from "../../../lib/snapshot/apply-layers.ts";
import { file, hardlink, longName, symlink, tar } from "../layer/make-tar.ts";
import { scanTar } from "../layer/scan-tar.ts";

/**
 * Layers of a few kilobytes that took minutes or hours, or never ended, where a path cost its depth squared or cubed. Each is
 * as deep as Linux allows (4096 bytes).
 */
const deep = "a/".repeat(2000);

function layer(...members: Buffer[]): LayerColumns {
  return scanTar(tar(...members));
}

function fileAt(path: string): Buffer {
  return Buffer.concat([longName(path), file("cut")]);
}

function numbered(count: number, member: (at: number) => Buffer): Buffer[] {
  return Array.from({ length: count }, (_, at) => member(at));
}

test("deep paths that differ in their first name only", () => {
  const snapshot = applyLayers([layer(...numbered(400, at => fileAt(`${at}/${deep}f`)))]);
  expect(snapshot.nodeCount).toBe(400 * 2002);
  expect(snapshot.children("").map(node => node.childCount)).toEqual(Array(400).fill(1));
});

test("deep paths through a symbolic link, in the layer itself and in the one below", () => {
  const below = [fileAt(`${deep}f`), Buffer.concat([longName(`${deep}s`), symlink("cut", ".")])];
  const through = numbered(500, at => fileAt(`${deep}s/${at}`));
  for (const layers of [[layer(...below), layer(...through)], [layer(...below, ...through)]]) {
    const snapshot = applyLayers(layers);
    expect(snapshot.nodeCount).toBe(2000 + 2 + 500);
    expect(snapshot.node(`${deep}499`)?.type).toBe("file");
    expect(snapshot.node(`${deep}s`)?.type).toBe("symlink");
  }
});

test("hard links to deep paths, through links and to nothing", () => {
  const below = [fileAt(`${deep}f`), Buffer.concat([longName(`${deep}s`), symlink("cut", ".")])];
  const link = (name: string, target: string) => Buffer.concat([longName(target, "K"), hardlink(name, "cut")]);
  const links = numbered(300, at => link(`none${at}`, `${deep}${at}`));
  const snapshot = applyLayers([layer(...below), layer(...links, link("real", `${deep}s/f`))]);
  expect(snapshot.node("real")).toMatchObject({ type: "hardlink", linkTarget: `${deep}s/f` });
  expect(snapshot.node("none7")?.contentDigest).toBeNull();
});

test("links that go round in a circle, or end in themselves", () => {
  const snapshot = applyLayers([
    layer(symlink("a", "b"), symlink("b", "a"), symlink("self", "self/self/self")),
    layer(...numbered(2000, at => file(`self/${at}`)), file("a/x")),
  ]);
  expect(snapshot.node("self/1999")?.type).toBe("file");
  expect(snapshot.node("a/x")?.type).toBe("file");
});

test("more folders than entries can mean are an error before they are memory", () => {
  const bomb = layer(...numbered(1000, at => fileAt(`${at}/${deep}f`)));
  expect(() => applyLayers([bomb])).toThrow(expect.objectContaining({ code: "too-large", exitStatus: 5 }));
});

test("paths and links that Linux cannot have", () => {
  const tooLong = "x/".repeat(2049);
  for (const member of [longName(tooLong), longName(tooLong, "K")])
    expect(() => layer(member, file("cut"))).toThrow(expect.objectContaining({ code: "too-large" }));
});
