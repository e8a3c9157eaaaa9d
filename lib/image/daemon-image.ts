import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type Dockerode from "dockerode";
import { errnoOf, LabError, messageOf } from "../error.ts";
import type { Image } from "../model/image.ts";
import { storeError } from "../store/store-error.ts";
import { temporaryName } from "../store/temporary-name.ts";
import { openDockerArchive } from "./docker-archive.ts";
import type { DamageOptions } from "./located-layer.ts";

export interface DaemonImageOptions extends DamageOptions {
  /** Folder for the archive that the engine gives, one for each image id; made when needed. */
  readonly scratch: string;
  /** @defaultValue the engine that the docker command would use, or Podman's */
  readonly engine?: Dockerode | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes saved by now; the engine does not tell how many there will be. */
  readonly onProgress?: ((doneBytes: number) => void) | undefined;
}

/**
 * An image of the Docker or Podman engine, saved to a scratch file that is used again for the same image.
 *
 * @param name as the engine knows it: `busybox:1`, or an image id.
 * @throws LabError `engine-unavailable`, `engine-lost`, `image-not-found`, `disk-full`, `cache-not-writable`, `cancelled`, and
 *   those of `openDockerArchive`
 */
export async function openDaemonImage(name: string, options: DaemonImageOptions): Promise<Image> {
  const engine = options.engine ?? (await usualEngine());
  const image = engine.getImage(name);
  const id = await imageId(image, name);
  const file = path.join(options.scratch, `engine-${id}.tar`);
  if (!(await isFile(file))) await save(engine.getImage(id), file, name, options);
  return await openDockerArchive(file, options, `docker-daemon:${name}`);
}

async function usualEngine(): Promise<Dockerode> {
  try {
    const { connectEngine } = await import("../executor/docker/connect-engine.ts");
    return (await connectEngine()).docker;
  } catch (error) {
    if (!(error instanceof LabError) || error.code !== "engine-unavailable") throw error;
    throw new LabError(error.code, error.message, {
      hint: "start Docker or Podman, set DOCKER_HOST, or name the image as docker://HOST/NAME:TAG to read it from its registry",
      cause: error.cause,
    });
  }
}

async function imageId(image: Dockerode.Image, name: string): Promise<string> {
  try {
    const { Id } = await image.inspect();
    const hex = /^(?:sha256:)?([0-9a-f]{64})$/.exec(Id)?.[1];
    if (hex !== undefined) return hex;
  } catch (error) {
    if (statusOf(error) !== 404 && statusOf(error) !== 400) throw engineLost(error);
  }
  throw new LabError("image-not-found", `the container engine has no image ${JSON.stringify(name)}`, {
    hint: `look at what "docker images" lists, or name it as docker://HOST/NAME:TAG to read it from its registry`,
  });
}

async function save(image: Dockerode.Image, file: string, name: string, options: DaemonImageOptions): Promise<void> {
  const { scratch, signal } = options;
  const temporary = path.join(scratch, temporaryName());
  try {
    await mkdir(scratch, { recursive: true });
    const stages = [await image.get(), counted(options.onProgress), createWriteStream(temporary)] as const;
    await pipeline(stages, signal === undefined ? {} : { signal });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    if (signal?.aborted) throw new LabError("cancelled", `cancelled while reading ${name} from the container engine`);
    const known = storeError(error, scratch);
    throw known instanceof LabError ? known : engineLost(error);
  }
}

function counted(onProgress: ((doneBytes: number) => void) | undefined): Transform {
  let doneBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      doneBytes += chunk.length;
      onProgress?.(doneBytes);
      done(null, chunk);
    },
  });
}

function engineLost(error: unknown): unknown {
  const isKnown = statusOf(error) !== null || /^(?:E[A-Z]+|ERR_STREAM_PREMATURE_CLOSE)$/.test(errnoOf(error) ?? "");
  if (!isKnown) return error;
  return new LabError("engine-lost", `the container engine failed: ${messageOf(error)}`, {
    hint: "check that it still runs, then try again",
    cause: error,
  });
}

function statusOf(error: unknown): number | null {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === "number" ? status : null;
}

async function isFile(file: string): Promise<boolean> {
  return await stat(file).then(
    found => found.isFile(),
    () => false,
  );
}
