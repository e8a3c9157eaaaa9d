import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findStep } from "../../../lib/lab/chain.ts";
import type { Lab } from "../../../lib/lab/lab.ts";
import { openLab } from "../../../lib/lab/open-lab.ts";
import { findDamage, readablePart } from "../../../lib/lab/readable-part.ts";
import type { Target } from "../../../lib/model/target.ts";
import { CacheFolder } from "../../../lib/store/cache-folder.ts";
import {
  configOf,
  digestOf,
  LayoutWriter,
  type Member,
  makeLayer,
  makeTar,
  type SampleLayer,
} from "../image/samples.ts";
import { putImage, startRegistry, type TestRegistry } from "../registry/test-registry.ts";

/**
 * Images of three layers from every kind of source, the middle one missing, cut off or changed: the others can be looked
 * at, and only what needs the damaged one is refused.
 */

let root: string;
let lab: Lab;
let layers: SampleLayer[];
let registry: TestRegistry | null;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "kaniko-lab-damaged-"));
  const cache = new CacheFolder(join(root, "cache"));
  await cache.create();
  lab = openLab({ cache });
  layers = await Promise.all(["one", "two", "three"].map(makeLayer));
  registry = null;
});
afterEach(async () => {
  await registry?.close();
  rmSync(root, { recursive: true, force: true });
});

type Damage = "missing" | "cut off" | "changed";

function damaged(bytes: Buffer, damage: Damage): Buffer | null {
  if (damage === "missing") return null;
  if (damage === "cut off") return bytes.subarray(0, bytes.length >> 1);
  const changed = Buffer.from(bytes);
  changed[bytes.length >> 1]! ^= 1;
  return changed;
}

function put(file: string, bytes: Buffer | null): void {
  if (bytes === null) rmSync(file, { force: true });
  else writeFileSync(file, bytes);
}

async function textOf(target: Target, step: number, path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of lab.readFile(target, findStep(target.steps, step), path)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function expectRestUsable(word: string): Promise<void> {
  const target = await lab.openTarget(word);
  expect(target.layers).toHaveLength(3);
  const found = await findDamage(lab, target);
  expect(found.map(({ layer }) => layer.index)).toEqual([1]);
  expect(found[0]?.error.message).toMatch(/^layer 1 \(step 2\): /);
  expect(found[0]?.error.hint).toContain("--step 1");

  const { target: readable } = await readablePart(lab, target);
  const paths: string[] = [];
  for await (const { path } of lab.search(readable, { text: "etc/", mode: "substring", ignoreCase: false }))
    paths.push(path);
  expect(paths).toEqual(["etc/one", "etc/three"]);

  const below = await lab.snapshotAt(target, findStep(target.steps, 1));
  expect(below.node("etc/one")).toMatchObject({ sizeBytes: "the file one".length });
  await expect(lab.snapshotAt(target, findStep(target.steps, 3))).rejects.toMatchObject({ exitStatus: 5 });
  // The layer above has all of this file: what the damaged one did cannot matter. Of the others it can.
  expect(await textOf(target, 3, "etc/three")).toBe("the file three");
  await expect(textOf(target, 3, "etc/one")).rejects.toMatchObject({ exitStatus: 5 });
  await expect(textOf(target, 3, "etc/none")).rejects.toMatchObject({ exitStatus: 5 });
  expect(await textOf(target, 1, "etc/one")).toBe("the file one");
}

const damages: readonly Damage[] = ["missing", "cut off", "changed"];

describe.each(damages)("a layer that is %s", damage => {
  test("in an OCI layout", async () => {
    const layout = new LayoutWriter(join(root, "layout"));
    await layout.index([await layout.image(layers)]);
    const { gzip } = layers[1]!;
    put(layout.blobFile(digestOf(gzip)), damaged(gzip, damage));
    await expectRestUsable(`oci:${layout.folder}`);
  });

  test("in a docker archive", async () => {
    const names = ["0.tar.gz", "1.tar.gz", "2.tar.gz"];
    const stored = layers.map(({ gzip }, at) => (at === 1 ? damaged(gzip, damage) : gzip));
    const members: Member[] = [
      { name: "manifest.json", content: JSON.stringify([{ Config: "config.json", Layers: names }]) },
      { name: "config.json", content: configOf(layers) },
      ...names.flatMap((name, at) => (stored[at] ? [{ name, content: stored[at] }] : [])),
    ];
    const file = join(root, "image.tar");
    writeFileSync(file, await makeTar(members));
    await expectRestUsable(`docker-archive:${file}`);
    await expectRestUsable(file);
  });

  test("in a folder of layers with their config", async () => {
    const folder = layerFolder(damage);
    writeFileSync(join(folder, "config.json"), configOf(layers));
    await expectRestUsable(folder);
  });

  test("in a registry", async () => {
    registry = await startRegistry();
    putImage(
      registry,
      "app",
      "1",
      layers.map(({ tar }) => tar),
    );
    const { tar } = layers[1]!;
    const path = `/v2/app/blobs/${digestOf(tar)}`;
    const bytes = damaged(tar, damage);
    if (bytes === null) registry.content.delete(path);
    else registry.content.set(path, bytes);
    await expectRestUsable(`docker://${registry.host}/app:1`);
    // Nothing wrong was kept: when the registry has it again, so have we.
    registry.content.set(path, tar);
    expect(await findDamage(lab, await lab.openTarget(`docker://${registry.host}/app:1`))).toEqual([]);
  });
});

function layerFolder(damage: Damage): string {
  const folder = join(root, "folder");
  mkdirSync(folder);
  for (const [at, { gzip }] of layers.entries()) {
    const file = join(folder, `sha256:${digestOf(gzip).slice(7)}.tgz`);
    put(file, at === 1 ? damaged(gzip, damage) : gzip);
    if (at !== 1 || damage !== "missing") utimesSync(file, at + 1, at + 1);
  }
  return folder;
}

test("a folder of layers without a config, one of them changed, one no layer at all", async () => {
  await expectRestUsable(layerFolder("changed"));
  const file = join(root, "folder", `sha256:${digestOf(layers[1]!.gzip).slice(7)}.tgz`);
  writeFileSync(file, "no layer\n");
  utimesSync(file, 2, 2);
  await expectRestUsable(join(root, "folder"));
});

test("a docker archive that ends in the middle of its last layer", async () => {
  const names = ["0.tar", "2.tar", "1.tar"];
  const inOrder = [names[0], names[2], names[1]];
  const members: Member[] = [
    { name: "manifest.json", content: JSON.stringify([{ Config: "config.json", Layers: inOrder }]) },
    { name: "config.json", content: configOf(layers) },
    ...names.map(name => ({ name, content: layers[Number(name[0])]!.tar })),
  ];
  const file = join(root, "image.tar");
  const whole = await makeTar(members);
  writeFileSync(file, whole);
  truncateSync(file, whole.length - 1024 - (layers[1]!.tar.length >> 1));
  expect(readFileSync(file).length).toBeLessThan(whole.length);
  await expectRestUsable(file);
});

test("of two missing layers each is told, and what lies above both can be read", async () => {
  const layout = new LayoutWriter(join(root, "layout"));
  await layout.index([await layout.image(layers)]);
  for (const { gzip } of layers.slice(0, 2)) rmSync(layout.blobFile(digestOf(gzip)));
  const target = await lab.openTarget(`oci:${layout.folder}`);
  expect((await findDamage(lab, target)).map(({ layer }) => layer.index)).toEqual([0, 1]);
  expect(await textOf(target, 3, "etc/three")).toBe("the file three");
});
