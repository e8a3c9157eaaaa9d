import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { errnoOf, LabError, messageOf } from "../error.ts";
import type { DiffId } from "../model/digest.ts";
import type { Image, ImageConfig, ImageLayer } from "../model/image.ts";
import { parseImageConfig } from "./config.ts";
import { sha256Of } from "./document.ts";
import { digestOfBlob, readLayerFile } from "./layer-file.ts";
import type { DamageOptions } from "./located-layer.ts";
import { readWholeBlob } from "./whole-blob.ts";

export interface LayerFolderOptions extends DamageOptions {
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
    const layers = await layersOfConfig(folder, files, config, options.diffIdOf, options);
    if (layers !== null) return { name, manifestDigest: null, configDigest: sha256Of(bytes), config, layers };
  }
  const layers = await readLayerFiles(files, options);
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
  options: DamageOptions,
): Promise<ImageLayer[] | null> {
  const fileOf = new Map<DiffId, string>();
  const damages: LabError[] = [];
  for (const file of files) {
    try {
      fileOf.set(await diffIdOf(file), file);
    } catch (error) {
      const isKept = options.damagedLayers === "keep" && error instanceof LabError && error.code !== "cancelled";
      if (!isKept) throw error;
      damages.push(error);
    }
  }
  const missing = config.diffIds.filter(diffId => !fileOf.has(diffId));
  if (missing.length > 0 && missing.length === config.diffIds.length) return null;
  // Of one file and one layer it is clear that they belong together.
  const damage = missing.length === 1 && damages.length === 1 ? damages[0] : undefined;
  const layers: ImageLayer[] = [];
  for (const diffId of config.diffIds) {
    const file = fileOf.get(diffId);
    if (file !== undefined) layers.push({ ...(await readLayerFile(file)), diffId });
    else layers.push(missingLayer(diffId, damage ?? noFileHas(folder, diffId, damages.length), options));
  }
  return layers;
}

/** @throws LabError `damage`, unless it is to be kept. */
function missingLayer(diffId: DiffId, damage: LabError, { damagedLayers }: DamageOptions): ImageLayer {
  if (damagedLayers !== "keep") throw damage;
  return { digest: null, diffId, mediaType: "", sizeBytes: 0, blob: null, damage };
}

function noFileHas(folder: string, diffId: DiffId, damagedFiles: number): LabError {
  const damaged = damagedFiles === 0 ? "" : ` (${damagedFiles} files are damaged)`;
  return new LabError(
    "blob-missing",
    `config.json of ${folder} names the layer with diffId ${diffId}, but no file has it${damaged}`,
    {
      hint: "build again, or remove config.json to see the files that are there in the order of their times",
    },
  );
}

/** One after the other: each opens a file, and there may be thousands. */
async function readLayerFiles(files: readonly string[], options: DamageOptions): Promise<ImageLayer[]> {
  const layers: ImageLayer[] = [];
  for (const file of files) layers.push(await (options.damagedLayers === "keep" ? anyLayerFile : readLayerFile)(file));
  return layers;
}

/** The same, also of a file whose first bytes are no layer's: among layers that is damage. */
async function anyLayerFile(file: string): Promise<ImageLayer> {
  try {
    return await readLayerFile(file);
  } catch (error) {
    if (!(error instanceof LabError && error.code === "unknown-target")) throw error;
    const damage = new LabError("damaged", error.message, { hint: "the file was changed or cut off; build it again" });
    const { size } = await stat(file);
    const blob = { file, offset: 0, sizeBytes: size };
    return { digest: await digestOfBlob(blob), diffId: null, mediaType: "", sizeBytes: size, blob: null, damage };
  }
}
