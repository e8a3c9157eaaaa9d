import { lstat, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { pack } from "tar-stream";
import { errnoOf, LabError } from "../../error.ts";
import type { Engine } from "./connect-engine.ts";
import { callEngine, isAnswerError } from "./engine-call.ts";
import type { ExecutorImage } from "./executor-image.ts";
import { asNodeStream } from "./node-stream.ts";
import { OwnedContainer } from "./owned-container.ts";

/** `bind`: the engine mounts our folders. `copy`: they are sent to it and what was written is fetched back. */
export type MountMode = "bind" | "copy";

const modeVariable = "KANIKO_LAB_DOCKER_MODE";
const probeTarget = "/kaniko-lab-probe";

/**
 * Finds out by trying whether folders can be mounted: the engine must be on this machine (or share its files), and what
 * root writes in a container must belong to us. A container that is never started gets a fresh folder of ours mounted and
 * one file written into it; the file's presence here and its owner answer both questions.
 */
export async function chooseMountMode(
  engine: Engine,
  image: ExecutorImage,
  driverFolder: string,
  signal: AbortSignal,
  env: NodeJS.ProcessEnv = process.env,
): Promise<MountMode> {
  const forced = env[modeVariable];
  if (forced === "bind" || forced === "copy") return forced;
  if (forced)
    throw new LabError("usage", `${modeVariable} is ${JSON.stringify(forced)}`, { hint: "it can be bind or copy" });
  const folder = await mkdtemp(path.join(path.resolve(driverFolder), "probe-"));
  try {
    return (await writesAsUs(engine, image, folder, signal)) ? "bind" : "copy";
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writesAsUs(engine: Engine, image: ExecutorImage, folder: string, signal: AbortSignal): Promise<boolean> {
  const owned = new OwnedContainer(engine);
  const mounts = [{ Type: "bind", Source: folder, Target: probeTarget } as const];
  try {
    await owned.create(engine, { image, args: [], env: {}, mounts, network: "none", debugger: null }, signal);
    const marker = pack();
    marker.entry({ name: "written", mode: 0o644, uid: 0, gid: 0 }, "");
    marker.finalize();
    await callEngine({ what: "try to write into a mount", deadlineMs: 20_000, signal }, abortSignal =>
      owned.container.putArchive(asNodeStream(marker), { path: probeTarget, abortSignal }),
    );
    return (await lstat(path.join(folder, "written"))).uid === process.getuid?.();
  } catch (error) {
    // The engine does not know our folder, or what it wrote is not here: it is not on this machine.
    const isRefused = isAnswerError(error) || (error instanceof LabError && error.code === "executor-unavailable");
    if (isRefused || errnoOf(error) === "ENOENT") return false;
    throw error;
  } finally {
    await owned.remove(signal.aborted);
  }
}
