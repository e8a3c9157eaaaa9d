import * as z from "zod/mini";
import { LabError } from "../error.ts";
import { detectCompression, magicBytes } from "../layer/compression.ts";
import { type DiffId, type Digest, digestOfHex, hexOf } from "../model/digest.ts";
import type { Image, ImageLayer } from "../model/image.ts";
import type { BlobLocation } from "../model/layer-index.ts";
import { formatReference, parseReference } from "../registry/reference.ts";
import { Archive } from "./archive.ts";
import { parseImageConfig } from "./config.ts";
import { parseDocument, sha256Of } from "./document.ts";
import { checkLayerCount } from "./layers.ts";
import { type LayoutOptions, openLayout } from "./layout-image.ts";
import { type DamageOptions, type LocatedLayer, locateLayer } from "./located-layer.ts";
import { unpackedArchive } from "./unpacked-archive.ts";
import { readFirstBytes, readWholeBlob } from "./whole-blob.ts";

export interface ArchiveOptions extends LayoutOptions {
  /** Folder for the unpacked form of a compressed archive; made when needed. */
  readonly scratch: string;
  readonly signal?: AbortSignal | undefined;
}

/** `manifest.json` of `docker save` and all that write its form. */
const dockerManifestForm = z
  .array(
    z.object({
      Config: z.string(),
      RepoTags: z.optional(z.nullable(z.array(z.string()))),
      Layers: z.nullable(z.array(z.string()).check(z.maxLength(10_000))),
    }),
  )
  .check(z.minLength(1), z.maxLength(10_000));
type DockerImage = z.infer<typeof dockerManifestForm>[number];

/**
 * An image in a tar of `docker save`, Kaniko's `--tar-path`, skopeo, podman, buildx or bazel, or of a whole OCI layout.
 * Layers are read where they are inside the archive; only a compressed archive is unpacked, to `scratch`.
 * `ref` chooses by tag, or by position as `@0`.
 *
 * @throws LabError `unknown-target` when it is no such archive or holds several images, `image-not-found`, `blob-missing`,
 *   `digest-mismatch`, `damaged`, `too-large`, `disk-full`, `cancelled`
 */
export async function openDockerArchive(file: string, options: ArchiveOptions, name?: string): Promise<Image> {
  const archive = await Archive.open(await unpackedArchive(file, options));
  const ref = options.ref === undefined ? "" : `:${options.ref}`;
  const dockerManifest = archive.find("manifest.json");
  if (dockerManifest !== null) {
    const images = await readDockerManifest(dockerManifest, file);
    const chosen = chooseImage(images, options.ref, file);
    return await openDockerImage(archive, chosen, file, name ?? `docker-archive:${file}${ref}`, options);
  }
  const index = archive.find("index.json");
  if (index === null) throw archive.damage ?? noArchive(file);
  const source = {
    where: file,
    index: await readWholeBlob(index, `index.json of ${file}`),
    blob: async (digest: Digest) => archive.find(`blobs/sha256/${hexOf(digest)}`),
  };
  return await openLayout(source, name ?? `oci-archive:${file}${ref}`, options);
}

/**
 * Whether an uncompressed tar is an archive of images. A layer may hold a `manifest.json`, too, but not one of this form.
 * @throws LabError `damaged` when the tar breaks off
 */
export async function isImageArchive(file: string): Promise<boolean> {
  const archive = await Archive.open(file);
  const dockerManifest = archive.find("manifest.json");
  if (dockerManifest === null) {
    const isLayout = archive.find("index.json") !== null && archive.find("oci-layout") !== null;
    if (!isLayout && archive.damage !== null) throw archive.damage;
    return isLayout;
  }
  try {
    await readDockerManifest(dockerManifest, file);
    return true;
  } catch (error) {
    if (error instanceof LabError) return false;
    throw error;
  }
}

async function readDockerManifest(blob: BlobLocation, file: string): Promise<DockerImage[]> {
  const where = `manifest.json of ${file}`;
  return parseDocument(await readWholeBlob(blob, where), dockerManifestForm, where);
}

function noArchive(file: string): LabError {
  return new LabError(
    "unknown-target",
    `${file} is no archive of an image: it has neither manifest.json nor index.json`,
    {
      hint: "make one with docker save, skopeo copy or Kaniko's --tar-path",
    },
  );
}

function chooseImage(images: readonly DockerImage[], ref: string | undefined, file: string): DockerImage {
  const position = /^@(\d{1,5})$/.exec(ref ?? "")?.[1];
  const found =
    ref === undefined
      ? images
      : images.filter((image, at) => (position === undefined ? isTagged(image, ref) : at === Number(position)));
  const names = images.map((image, at) => image.RepoTags?.[0] ?? `@${at}`).slice(0, 20);
  const [only] = found;
  if (only === undefined) {
    throw new LabError("image-not-found", `${file} has no image ${JSON.stringify(ref)}`, {
      hint: `its images: ${names.join(", ")}`,
    });
  }
  if (found.length === 1) return only;
  throw new LabError("unknown-target", `${file} holds ${found.length} images`, {
    hint: `name one of them after a colon: ${names.join(", ")}`,
  });
}

function isTagged(image: DockerImage, ref: string): boolean {
  const wanted = fullName(ref);
  return (image.RepoTags ?? []).some(tag => tag === ref || fullName(tag) === wanted);
}

function fullName(text: string): string {
  try {
    return formatReference(parseReference(text));
  } catch {
    return text;
  }
}

async function openDockerImage(
  archive: Archive,
  image: DockerImage,
  file: string,
  name: string,
  options: DamageOptions,
): Promise<Image> {
  const configBytes = await readWholeBlob(locate(archive, image.Config, "config", file), `the config of ${file}`);
  const config = parseImageConfig(configBytes, `the config of ${file}`);
  const names = image.Layers ?? [];
  checkLayerCount(names.length, config, file);
  const layers: ImageLayer[] = [];
  for (const [position, layer] of names.entries()) {
    const located = await locateLayer(() => locate(archive, layer, "layer", file), options);
    layers.push(await openLayer(located, layer, config.diffIds[position] ?? null));
  }
  return { name, manifestDigest: null, configDigest: sha256Of(configBytes), config, layers };
}

async function openLayer({ blob, damage }: LocatedLayer, name: string, diffId: DiffId | null): Promise<ImageLayer> {
  const digest = digestFromPath(name) ?? (blob === null ? null : await digestOfPlainTar(blob, diffId));
  return { digest, diffId, mediaType: "", sizeBytes: blob?.sizeBytes ?? 0, blob, damage };
}

function locate(archive: Archive, name: string, what: string, file: string): BlobLocation {
  const blob = archive.find(name);
  if (blob !== null) return blob;
  if (archive.damage !== null) throw archive.damage;
  throw new LabError("blob-missing", `${file} names the ${what} ${JSON.stringify(name)}, but does not have it`, {
    hint: "the archive is not complete; save it again",
  });
}

/** Only this form promises a digest of the stored bytes; other names with hex digits mean other things. */
function digestFromPath(name: string): Digest | null {
  const hex = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1];
  return hex === undefined ? null : digestOfHex(hex);
}

/** Of a layer that is not compressed, stored bytes and tar are the same, and so are digest and diffId. */
async function digestOfPlainTar(blob: BlobLocation, diffId: DiffId | null): Promise<Digest | null> {
  if (diffId === null) return null;
  const compression = detectCompression(await readFirstBytes(blob, magicBytes));
  return compression === "none" ? digestOfHex(hexOf(diffId)) : null;
}
