import { LabError } from "../error.ts";
import { type Digest, isDigest } from "../model/digest.ts";
import type { Image } from "../model/image.ts";
import type { BlobLocation } from "../model/layer-index.ts";
import { choosePlatform } from "./choose.ts";
import { parseImageConfig } from "./config.ts";
import { joinLayers } from "./layers.ts";
import { type DamageOptions, locateLayer } from "./located-layer.ts";
import { type Descriptor, type ImageManifest, isAttestation, parseManifest } from "./manifest.ts";
import { machinePlatform, type Platform } from "./platform.ts";
import { readCheckedBlob } from "./whole-blob.ts";

/** An OCI layout, in a folder or in an archive: how to get at its parts. */
export interface LayoutSource {
  /** Names it in errors. */
  readonly where: string;
  /** The bytes of `index.json`. */
  readonly index: Buffer;
  /** Null when the layout does not have it. */
  blob(digest: Digest): Promise<BlobLocation | null>;
}

export interface LayoutOptions extends DamageOptions {
  /** @defaultValue Linux on this machine's processor */
  readonly platform?: Platform | undefined;
  /** Which image of several: its ref name, or the digest of its manifest. */
  readonly ref?: string | undefined;
}

const refNameKeys = ["org.opencontainers.image.ref.name", "io.containerd.image.name"];
const maxIndexDepth = 8;

/**
 * The image of a layout, found from `index.json` on: what else lies among the blobs does not count.
 *
 * @throws LabError `blob-missing`, `digest-mismatch`, `damaged`, `too-large`, `image-not-found`, `unknown-target` when there
 *   are several images and none was chosen.
 */
export async function openLayout(source: LayoutSource, name: string, options: LayoutOptions): Promise<Image> {
  const index = parseManifest(source.index, `index.json of ${source.where}`);
  if (index.kind !== "index") throw new LabError("damaged", `${source.where} is damaged: index.json is no index`);
  const chosen = chooseEntry(index.manifests, source.where, options);
  const { digest, manifest } = await followToManifest(source, chosen, options);
  const config = parseImageConfig(await document(source, manifest.config, "config"), `the config of ${source.where}`);
  const located = await Promise.all(
    manifest.layers.map(layer => locateLayer(() => locate(source, layer, "layer"), options)),
  );
  return {
    name,
    manifestDigest: digest,
    configDigest: manifest.config.digest,
    config,
    layers: joinLayers(manifest, config, located, source.where),
  };
}

/** One entry of the outermost index, which lists images by name rather than by platform. */
function chooseEntry(entries: readonly Descriptor[], where: string, { ref, platform }: LayoutOptions): Descriptor {
  const images = entries.filter(entry => !isAttestation(entry));
  const named = ref === undefined ? images : images.filter(entry => isCalled(entry, ref));
  if (named.length === 0) {
    const known = refNames(images);
    throw new LabError(
      "image-not-found",
      `${where} has no image${ref === undefined ? "" : ` ${JSON.stringify(ref)}`}`,
      {
        hint: known.length === 0 ? "its images have no names" : `its images: ${known.join(", ")}`,
      },
    );
  }
  const distinct = [...new Map(named.map(entry => [entry.digest, entry])).values()];
  const first = distinct[0] as Descriptor;
  if (distinct.length === 1) return first;
  if (distinct.every(entry => entry.platform !== null) && refNames(distinct).length <= 1) {
    return choosePlatform(distinct, platform ?? machinePlatform(), where);
  }
  const names = distinct.map(entry => refNamesOf(entry)[0] ?? entry.digest);
  throw new LabError("unknown-target", `${where} holds ${distinct.length} images`, {
    hint: `name one of them after a colon: ${names.slice(0, 20).join(", ")}`,
  });
}

function isCalled(entry: Descriptor, ref: string): boolean {
  return isDigest(ref) ? entry.digest === ref : refNamesOf(entry).includes(ref);
}

function refNamesOf(entry: Descriptor): string[] {
  return refNameKeys.flatMap(key => entry.annotations[key] ?? []);
}

function refNames(entries: readonly Descriptor[]): string[] {
  return [...new Set(entries.flatMap(refNamesOf))];
}

async function followToManifest(
  source: LayoutSource,
  chosen: Descriptor,
  { platform }: LayoutOptions,
): Promise<{ digest: Digest; manifest: ImageManifest }> {
  let entry = chosen;
  for (let depth = 0; depth < maxIndexDepth; depth += 1) {
    const where = `the manifest ${entry.digest} of ${source.where}`;
    const manifest = parseManifest(await document(source, entry, "manifest"), where);
    if (manifest.kind === "image") return { digest: entry.digest, manifest };
    entry = choosePlatform(manifest.manifests, platform ?? machinePlatform(), source.where);
  }
  throw new LabError("damaged", `${source.where} is damaged: indexes within indexes`);
}

async function document(source: LayoutSource, descriptor: Descriptor, what: string): Promise<Buffer> {
  const blob = await locate(source, descriptor, what);
  return await readCheckedBlob(blob, descriptor.digest, `the ${what} ${descriptor.digest} of ${source.where}`);
}

async function locate(source: LayoutSource, descriptor: Descriptor, what: string): Promise<BlobLocation> {
  const blob = await source.blob(descriptor.digest);
  if (blob === null) {
    throw new LabError("blob-missing", `${source.where} names the ${what} ${descriptor.digest}, but does not have it`, {
      hint: "the image is not complete; make or copy it again",
    });
  }
  if (blob.sizeBytes !== descriptor.sizeBytes) {
    const sizes = `it has ${blob.sizeBytes} bytes instead of ${descriptor.sizeBytes}`;
    throw new LabError("damaged", `the ${what} ${descriptor.digest} of ${source.where} is damaged: ${sizes}`, {
      hint: "the file was changed or cut off; make or copy the image again",
    });
  }
  return blob;
}
