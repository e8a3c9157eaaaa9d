/** Entries as Kaniko and its warmers write them, made here. */

import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type { Digest } from "../../../lib/model/digest.ts";
import { configOf, LayoutWriter, type Member, makeTar, named, type SampleLayer } from "../image/samples.ts";

/** A key for a word. */
export function keyOf(word: string): string {
  return createHash("sha256").update(word).digest("hex");
}

export async function layerOf(members: readonly Member[]): Promise<SampleLayer> {
  const tar = await makeTar(members);
  return { tar, gzip: gzipSync(tar) };
}

/** `layers:<key>` with one layer, as an executor writes it. @returns its folder. */
export async function writeLayerEntry(
  folder: string,
  key: string,
  {
    createdBy = "RUN true",
    created = "2026-11-20T10:00:00Z",
    members = [{ name: key, content: key }] as Member[],
  } = {},
): Promise<string> {
  const entry = path.join(folder, `layers:${key}`);
  const layer = await layerOf(members);
  const history = [{ author: "kaniko", created: "0001-01-01T00:00:00Z", created_by: createdBy }];
  const writer = new LayoutWriter(entry);
  await writer.index([await writer.image([layer], configOf([layer], { created, history }))]);
  return entry;
}

/** What the fork keeps under an inferred key. */
export async function writePointer(folder: string, key: string, target: string): Promise<void> {
  const writer = new LayoutWriter(path.join(folder, `layers:${key}`));
  const config = { created: "2026-11-20T10:00:00Z", config: { Labels: { "kaniko.cache.pointer-target": target } } };
  await writer.index([await writer.image([], configOf([], config))]);
}

/** A base image as the fork's warmer writes it. */
export async function writeBaseLayout(folder: string, name: string): Promise<Digest> {
  const layer = await layerOf([{ name, content: name }]);
  const staging = new LayoutWriter(path.join(folder, "staging"));
  const manifest = await staging.image([layer]);
  const writer = new LayoutWriter(path.join(folder, manifest.digest));
  await writer.image([layer]);
  await writer.index([{ ...manifest, ...named(name) }]);
  await rm(staging.folder, { recursive: true });
  return manifest.digest;
}

/** A base image as upstream's warmer writes it; the archive itself is not looked into. */
export async function writeBaseArchive(folder: string, layer: Digest): Promise<Digest> {
  const config = { mediaType: "", digest: `sha256:${keyOf("config")}`, size: 1 };
  const manifest = JSON.stringify({ schemaVersion: 2, config, layers: [{ mediaType: "", digest: layer, size: 1 }] });
  const digest = `sha256:${keyOf(manifest)}` as Digest;
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, digest), "archive");
  await writeFile(path.join(folder, `${digest}.json`), manifest);
  return digest;
}
