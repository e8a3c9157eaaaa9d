import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Pack, pack } from "tar-stream";
import { LabError, messageOf } from "../../error.ts";
import { openDockerArchive } from "../../image/docker-archive.ts";
import { openOciLayout } from "../../image/oci-layout.ts";
import type { Image, ImageLayer } from "../../model/image.ts";
import type { ExecutorSource } from "../port.ts";
import type { Engine } from "./connect-engine.ts";
import { callEngine, engineMessage, isAnswerError } from "./engine-call.ts";
import { type ImageRequest, inspectImage, localRepository } from "./executor-image.ts";
import { asNodeStream } from "./node-stream.ts";
import { readProgress } from "./progress-stream.ts";

type ArchiveSource = Extract<ExecutorSource, { kind: "oci-layout" | "docker-archive" }>;

/**
 * Loads an OCI layout or a docker archive into the engine, unless it is there already.
 *
 * The archive that is sent is always made anew, with one image and our tag: the names inside a foreign archive would move
 * tags of the user's own engine.
 *
 * @returns the image's name in the engine.
 * @throws LabError `executor-unavailable`, `engine-lost`, and what reading the source throws.
 */
export async function loadImageSource(engine: Engine, source: ArchiveSource, request: ImageRequest): Promise<string> {
  const image = await openSource(source, request);
  const { config, name } = image;
  if (config === null) {
    throw new LabError("executor-unavailable", `${name} has no image config, so it is no executor`, {
      hint: "name a layout or an archive of the executor's image, as skopeo copy or docker save make it",
    });
  }
  const configHex = createHash("sha256").update(config.raw).digest("hex");
  const reference = `${localRepository}:image-${configHex.slice(0, 24)}`;
  if (await inspectImage(engine, reference)) return reference;
  await sendArchive(engine, name, () => packImage(image, config.raw, configHex, reference), request);
  return reference;
}

async function openSource(source: ArchiveSource, request: ImageRequest): Promise<Image> {
  if (source.kind === "oci-layout") return openOciLayout(source.folder);
  return openDockerArchive(source.file, { scratch: request.driverFolder, signal: request.signal });
}

async function sendArchive(engine: Engine, name: string, makeTar: () => Pack, request: ImageRequest): Promise<void> {
  const what = `loading ${name}`;
  request.report(what);
  const failed = (message: string) =>
    new LabError("executor-unavailable", `the engine cannot load ${name}: ${message}`, {
      hint: "look whether the image is complete (skopeo inspect), and at the engine's free disk space",
    });
  try {
    const stream = await callEngine({ what, deadlineMs: null, signal: request.signal }, abortSignal =>
      engine.docker.loadImage(asNodeStream(makeTar()), { quiet: true, abortSignal }),
    );
    for await (const message of readProgress(stream as Readable))
      if (message.error !== undefined) throw failed(message.error);
  } catch (error) {
    throw isAnswerError(error) ? failed(engineMessage(error)) : error;
  }
}

/** The form of `docker save`: `manifest.json`, the config, and the layers as they are; the engine inflates and checks them. */
function packImage(image: Image, config: string, configHex: string, reference: string): Pack {
  const tar = pack();
  const layerNames = image.layers.map((_, position) => `layer-${position}.tar`);
  const manifest = [{ Config: `${configHex}.json`, RepoTags: [reference], Layers: layerNames }];
  const fill = async () => {
    tar.entry({ name: "manifest.json" }, JSON.stringify(manifest));
    tar.entry({ name: `${configHex}.json` }, config);
    for (const [position, layer] of image.layers.entries()) await packLayer(tar, layerNames[position] as string, layer);
    tar.finalize();
  };
  fill().catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(messageOf(error))));
  return tar;
}

async function packLayer(tar: Pack, name: string, layer: ImageLayer): Promise<void> {
  if (layer.blob === null) throw new LabError("blob-missing", `the layer ${layer.digest ?? name} has no bytes here`);
  const { file, offset, sizeBytes } = layer.blob;
  const entry = tar.entry({ name, size: sizeBytes });
  if (sizeBytes === 0) {
    entry.end(null);
    return;
  }
  await pipeline(createReadStream(file, { start: offset, end: offset + sizeBytes - 1 }), entry);
}
