import { LabError } from "../../error.ts";
import type { Engine } from "./connect-engine.ts";
import { callEngine, isAnswerError } from "./engine-call.ts";
import type { ExecutorImage } from "./executor-image.ts";
import { OwnedContainer } from "./owned-container.ts";

const usualPlaces = ["/kaniko/dlv", "/usr/local/bin/dlv", "/go/bin/dlv", "/usr/bin/dlv"];

/**
 * Finds the Go debugger in an executor's image, looking into a container that is never started.
 * @returns its full path there.
 * @throws LabError `executor-unavailable` when the image has none.
 */
export async function findDebugger(engine: Engine, image: ExecutorImage, signal: AbortSignal): Promise<string> {
  const owned = new OwnedContainer(engine);
  try {
    await owned.create(engine, { image, args: [], env: {}, mounts: [], network: "none", debugger: null }, signal);
    for (const place of placesFor(image)) if (await isThere(owned, place, signal)) return place;
  } finally {
    await owned.remove(signal.aborted);
  }
  throw new LabError("executor-unavailable", `${image.reference} has no dlv, so it cannot be debugged`, {
    hint: "add it to the image: CGO_ENABLED=0 go install github.com/go-delve/delve/cmd/dlv@latest, at /usr/local/bin/dlv",
  });
}

function placesFor(image: ExecutorImage): string[] {
  const searchPath = image.env.find(variable => variable.startsWith("PATH="))?.slice("PATH=".length) ?? "";
  const folders = searchPath.split(":").filter(folder => folder.startsWith("/"));
  return [...new Set([...usualPlaces, ...folders.map(folder => `${folder.replace(/\/$/, "")}/dlv`)])];
}

async function isThere(owned: OwnedContainer, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    const call = { what: `look for ${path}`, deadlineMs: 20_000, signal };
    await callEngine(call, abortSignal => owned.container.infoArchive({ path, abortSignal }));
    return true;
  } catch (error) {
    if (isAnswerError(error)) return false;
    throw error;
  }
}
