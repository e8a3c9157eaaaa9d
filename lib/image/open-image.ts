import { existsSync } from "node:fs";
import type Dockerode from "dockerode";
import { LabError } from "../error.ts";
import type { DiffId, Digest } from "../model/digest.ts";
import type { Image } from "../model/image.ts";
import type { RegistryClient } from "../registry/client.ts";
import type { DamageOptions } from "./located-layer.ts";
import type { Platform } from "./platform.ts";

/** One way in for every name of an image. Sources are imported where they are needed: who lists builds needs none. */

export interface OpenImageOptions extends DamageOptions {
  /** Folder for unpacked archives and saved images; made when needed. */
  readonly scratch: string;
  /** Where a layer from a registry is kept; see `openRegistryImage`. */
  readonly blobFile: (digest: Digest, mediaType: string) => string;
  /** @defaultValue a client with the user's docker config */
  readonly client?: RegistryClient | undefined;
  /** See `openDaemonImage`. */
  readonly engine?: Dockerode | undefined;
  /** See `openRegistryImage`. */
  readonly layers?: "all" | "none" | undefined;
  /** Which image of several platforms. @defaultValue Linux on this machine's processor */
  readonly platform?: Platform | undefined;
  /** See `openLayerFolder`. */
  readonly diffIdOf?: ((file: string) => Promise<DiffId>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes fetched from a registry or an engine; `totalBytes` is null when nobody knows. */
  readonly onProgress?: ((progress: { doneBytes: number; totalBytes: number | null }) => void) | undefined;
}

/** The forms that `openImage` takes, for help and errors. */
export const imageForms = [
  "oci:DIR[:REF]",
  "docker-archive:FILE[:TAG]",
  "oci-archive:FILE[:REF]",
  "docker://HOST/NAME:TAG",
  "docker-daemon:NAME:TAG",
  "a path to a layout, an archive, a layer or a folder of layers",
] as const;

/**
 * @param name one of `imageForms`.
 * @throws LabError `unknown-target` when it is none of them, else what the source throws
 */
export async function openImage(name: string, options: OpenImageOptions): Promise<Image> {
  const [, transport = "", rest = ""] = /^([a-z-]+):(.*)$/s.exec(name) ?? [];
  const open = openers[transport];
  // Kaniko's own layer cache has folders that are called `layers:<key>`.
  if (open !== undefined && rest !== "" && !existsSync(name)) return await open(rest, options, name);
  return await openPath(name, options);
}

type Opener = (rest: string, options: OpenImageOptions, name: string) => Promise<Image>;

const openers: Readonly<Record<string, Opener>> = Object.assign(Object.create(null) as Record<string, Opener>, {
  oci: async (rest, options, name) => {
    const { openOciLayout } = await import("./oci-layout.ts");
    const { path, ref } = splitRef(rest);
    return await openOciLayout(path, { ...options, ref }, name);
  },
  "docker-archive": openArchive,
  "oci-archive": openArchive,
  docker: async (rest, options) => {
    if (!rest.startsWith("//")) throw unknownTarget(`docker:${rest}`);
    const { openRegistryImage } = await import("./registry-image.ts");
    return await openRegistryImage(rest.slice(2), { ...options, client: options.client ?? (await defaultClient()) });
  },
  "docker-daemon": async (rest, options) => {
    const { openDaemonImage } = await import("./daemon-image.ts");
    const onProgress = (doneBytes: number) => options.onProgress?.({ doneBytes, totalBytes: null });
    return await openDaemonImage(rest, { ...options, onProgress });
  },
} satisfies Record<string, Opener>);

async function openArchive(rest: string, options: OpenImageOptions, name: string): Promise<Image> {
  const { openDockerArchive } = await import("./docker-archive.ts");
  const { path, ref } = splitRef(rest);
  return await openDockerArchive(path, { ...options, ref }, name);
}

async function defaultClient(): Promise<RegistryClient> {
  const { RegistryClient } = await import("../registry/client.ts");
  return new RegistryClient();
}

async function openPath(target: string, options: OpenImageOptions): Promise<Image> {
  if (!existsSync(target)) throw unknownTarget(target);
  const { recognisePath } = await import("./recognise.ts");
  switch (await recognisePath(target, options)) {
    case "layout":
      return await (await import("./oci-layout.ts")).openOciLayout(target, options, target);
    case "archive":
      return await (await import("./docker-archive.ts")).openDockerArchive(target, options, target);
    case "layer-folder":
      return await (await import("./layer-folder.ts")).openLayerFolder(target, options, target);
    case "layer":
      return await (await import("./layer-file.ts")).openLayerFile(target);
    case null:
      throw new LabError("unknown-target", `${target} holds no image and no layers`, { hint: formsHint });
  }
}

/** `PATH:REF`, where both may hold colons: the longest part that exists is the path. */
function splitRef(text: string): { path: string; ref: string | undefined } {
  for (let end = text.length; end > 0; end = text.lastIndexOf(":", end - 1)) {
    const path = text.slice(0, end);
    if (existsSync(path)) return { path, ref: text.slice(end + 1) || undefined };
  }
  return { path: text, ref: undefined };
}

const formsHint = `images are named as ${imageForms.join(", ")}`;

function unknownTarget(name: string): LabError {
  return new LabError("unknown-target", `there is no image or path ${JSON.stringify(name)}`, { hint: formsHint });
}
