import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { errnoOf, LabError, messageOf } from "../error.ts";
import type { DiffId } from "../model/digest.ts";
import type { Image, ImageConfig, ImageLayer } from "../model/image.ts";
import { parseImageConfig } from "./config.ts";
import { sha256Of } from "./document.ts";
import { readLayerFile } from "./layer-file.ts";
import { readWholeBlob } from "./whole-blob.ts";

export interface LayerFolderOptions {
  /**
   * Tells the diffId of a layer file, from its index or by reading it. Without it, `config.json` cannot be matched to the
   * files, and their times give the order.
   */
  readonly diffIdOf?: ((file: string) => Promise<DiffId>) | undefined;
}

const layerName = /\.(?:tgz|tar|tar\.gz|tar\.zst)$|^sha256[:_-][0-9a-f]{64}$/;
const maxFiles = 100_000;

/**
 * A folder of layer files. `config.json` of an image beside them gives the order, and leaves out layers of other images;
 * where there is none, or it belongs to other layers, the oldest file comes first, equal ones by name.
 *
 * @throws LabError `unknown-target` when there are no layers, `blob-missing` when some layers of `config.json` are gone
 */
export async function openLayerFolder(folder: string, options: LayerFolderOptions = {}, name = folder): Promise<Image> {
  const files = await layerFiles(folder);
  if (files.length === 0) {
    throw new LabError("unknown-target", `${folder} holds no layers`, {
      hint: "layers are .tgz, .tar.zst or .tar files",
    });
  }
  const bytes = await configBytes(folder);
  if (bytes !== null && options.diffIdOf !== undefined) {
    const config = parseImageConfig(bytes, path.join(folder, "config.json"));
    const layers = await layersOfConfig(folder, files, config, options.diffIdOf);
    if (layers !== null) return { name, manifestDigest: null, configDigest: sha256Of(bytes), config, layers };
  }
  const layers = await readLayerFiles(files);
  return { name, manifestDigest: null, configDigest: null, config: null, layers };
}

/** Whether a folder has files that are called as layers are. */
export async function hasLayerFiles(folder: string): Promise<boolean> {
  return (await readdir(folder)).some(name => layerName.test(name));
}

/** Oldest first. Links are left out: they may lead anywhere. */
async function layerFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new LabError("unknown-target", `cannot open ${folder}: ${messageOf(error)}`, { cause: error });
  });
  const names = entries.filter(entry => entry.isFile() && layerName.test(entry.name)).map(entry => entry.name);
  if (names.length > maxFiles) throw new LabError("too-large", `${folder} holds more than ${maxFiles} layers`);
  const timed = await Promise.all(
    names.map(async name => ({
      file: path.join(folder, name),
      mtimeMs: (await stat(path.join(folder, name))).mtimeMs,
    })),
  );
  timed.sort((one, other) => one.mtimeMs - other.mtimeMs || (one.file < other.file ? -1 : 1));
  return timed.map(({ file }) => file);
}

async function configBytes(folder: string): Promise<Buffer | null> {
  const file = path.join(folder, "config.json");
  try {
    const found = await stat(file);
    return await readWholeBlob({ file, offset: 0, sizeBytes: found.size }, file);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** Null when the config has nothing to do with these files. */
async function layersOfConfig(
  folder: string,
  files: readonly string[],
  config: ImageConfig,
  diffIdOf: (file: string) => Promise<DiffId>,
): Promise<ImageLayer[] | null> {
  const fileOf = new Map<DiffId, string>();
  for (const file of files) fileOf.set(await diffIdOf(file), file);
  const missing = config.diffIds.find(diffId => !fileOf.has(diffId));
  if (missing === undefined) {
    const layers = await readLayerFiles(config.diffIds.map(diffId => fileOf.get(diffId) as string));
    return layers.map((layer, position) => ({ ...layer, diffId: config.diffIds[position] ?? null }));
  }
  if (!config.diffIds.some(diffId => fileOf.has(diffId))) return null;
  throw new LabError(
    "blob-missing",
    `config.json of ${folder} names the layer with diffId ${missing}, but no file has it`,
    {
      hint: "build again, or remove config.json to see the files that are there in the order of their times",
    },
  );
}

/** One after the other: each opens a file, and there may be thousands. */
async function readLayerFiles(files: readonly string[]): Promise<ImageLayer[]> {
  const layers: ImageLayer[] = [];
  for (const file of files) layers.push(await readLayerFile(file));
  return layers;
}
