/** An executor from an image: its layers are applied once to a folder that is kept, and copied into the root of each run. */

import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join, posix } from "node:path";
import { LabError } from "../../error.ts";
import { indexLayers } from "../../layer/index-layer.ts";
import { type Digest, digestOfHex } from "../../model/digest.ts";
import type { Image, ImageConfig } from "../../model/image.ts";
import { applyLayers } from "../../snapshot/apply-layers.ts";
import { extractNodes } from "../../snapshot/extract-nodes.ts";
import { storeError } from "../../store/store-error.ts";
import type { ReportPreparing } from "../preparing.ts";
import type { ExecutorRoot, RootRequest } from "./executor-root.ts";
import type { SandboxHost } from "./host.ts";
import { findImage, type ImageStart, keepImage, type StoredImage } from "./image-store.ts";
import { runOverLentIds } from "./namespaces.ts";
import { createRunFolder, removeRunFolder } from "./run-folders.ts";
import { lastKnownDigest, openSourceImage } from "./source-image.ts";

/** @throws LabError `executor-unavailable`, `registry-*`, `image-not-found`, `damaged`, `unsafe`, `disk-full`, `cancelled` */
export async function openImageRoot(
  host: SandboxHost,
  request: RootRequest,
  report: ReportPreparing,
): Promise<ExecutorRoot> {
  const work = await createRunFolder(request.driverFolder);
  try {
    const source = await openSourceImage(request, join(work.folder, "archive"), report);
    const digest = identityOf(source.image, source.name);
    const kept = await findImage(request.driverFolder, digest);
    if (kept) return rootOf(host, digest, kept);
    const image = await source.fetch(join(work.folder, "blobs"));
    report(`unpacking ${source.name}`);
    const unpacked = join(work.folder, "image");
    await unpack(host, image, unpacked, join(work.folder, "indexes"), request.signal);
    await keepImage(request.driverFolder, digest, unpacked, startOf(image.config, source.name));
    return rootOf(host, digest, (await findImage(request.driverFolder, digest)) as StoredImage);
  } catch (error) {
    const kept = await keptWithoutRegistry(error, request, report);
    if (kept) return rootOf(host, kept.digest, kept.image);
    throw storeError(error, request.driverFolder);
  } finally {
    await removeRunFolder(host, work).catch(() => {});
  }
}

/** Without its registry an image that was pulled before is as good as it was then. */
async function keptWithoutRegistry(
  error: unknown,
  request: RootRequest,
  report: ReportPreparing,
): Promise<{ digest: Digest; image: StoredImage } | null> {
  if (!(error instanceof LabError) || error.code !== "registry-unreachable") return null;
  const digest = await lastKnownDigest(request);
  const image = digest === null ? null : await findImage(request.driverFolder, digest);
  if (digest === null || image === null) return null;
  report(`${error.message}: using the image that was pulled before`);
  return { digest, image };
}

/** Platform's manifest, or the config where the source has no manifest: either names all layers. */
function identityOf(image: Image, name: string): Digest {
  if (image.manifestDigest !== null) return image.manifestDigest;
  const { raw } = requireConfig(image.config, name);
  return digestOfHex(createHash("sha256").update(raw).digest("hex"));
}

function requireConfig(config: ImageConfig | null, name: string): ImageConfig {
  if (config !== null) return config;
  throw new LabError("executor-unavailable", `${name} has no image config, so it is no executor`, {
    hint: "name a layout or an archive of the executor's image, as skopeo copy or docker save make it",
  });
}

function startOf(found: ImageConfig | null, name: string): ImageStart {
  const { entrypoint, env, workingDir } = requireConfig(found, name);
  const command = entrypoint === null || entrypoint.length === 0 ? ["/kaniko/executor"] : entrypoint;
  return { entrypoint: command, env, workingFolder: posix.resolve("/", workingDir) };
}

/** Applies the layers to `unpacked/root`. An ordinary user gives all files to itself, which is root in the sandbox. */
async function unpack(
  host: SandboxHost,
  image: Image,
  unpacked: string,
  indexes: string,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(join(unpacked, "root"), { recursive: true });
  await mkdir(indexes);
  const layers = image.layers.map(({ blob, digest, diffId }, position) => {
    if (blob === null) throw new LabError("blob-missing", `a layer of ${image.name} is not there`);
    const expected = { expectedDigest: digest ?? undefined, expectedDiffId: diffId ?? undefined };
    return { blob, options: { indexFile: join(indexes, String(position)), ...expected, signal } };
  });
  const snapshot = applyLayers(await indexLayers(layers));
  await extractNodes(snapshot, layers, { paths: [], to: join(unpacked, "root"), preserveOwner: host.isRoot, signal });
}

function rootOf(host: SandboxHost, digest: Digest, image: StoredImage): ExecutorRoot {
  return {
    identity: `image ${digest}`,
    entrypoint: image.entrypoint,
    env: image.env,
    workingFolder: image.workingFolder,
    async fill(root) {
      // A copy, no links: Kaniko and the build write to it.
      const { code, stderr } = await runOverLentIds(host, ["cp", "-a", "--", `${image.root}/.`, root]);
      if (code === 0) return;
      throw new LabError("cache-not-writable", `cannot copy the executor's image: ${stderr.trim().split("\n")[0]}`, {
        hint: "look at the free space of the cache folder",
      });
    },
  };
}
