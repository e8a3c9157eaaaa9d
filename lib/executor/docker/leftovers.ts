import { connectEngine, type Engine } from "./connect-engine.ts";
import { callEngine } from "./engine-call.ts";
import { isKept, isOrphan, ownFilter } from "./owner-labels.ts";

/** Removes containers (with their volumes) whose process was killed before it could. Never fails: it is a service to later. */
export async function removeLeftovers(engine: Engine, signal: AbortSignal): Promise<void> {
  try {
    const options = { all: true, filters: { label: [ownFilter] } };
    const list = await callEngine({ what: "list containers", deadlineMs: 10_000, signal }, () =>
      engine.docker.listContainers(options),
    );
    const orphans = list.filter(({ Labels = {} }) => isOrphan(Labels) && !isKept(Labels));
    await Promise.all(orphans.map(({ Id }) => removeOne(engine, Id, signal)));
  } catch {
    // The build itself will say what is wrong with the engine.
  }
}

async function removeOne(engine: Engine, id: string, signal: AbortSignal): Promise<void> {
  const call = { what: "remove a leftover container", deadlineMs: 30_000, signal };
  await callEngine(call, () => engine.docker.getContainer(id).remove({ force: true, v: true })).catch(() => {});
}

/** Names of the containers that nobody removes by himself: left for looking, or by a process that was killed. */
export async function findLeftContainers(signal: AbortSignal): Promise<string[]> {
  const engine = await connectEngine();
  const options = { all: true, filters: { label: [ownFilter] } };
  const call = { what: "list containers", deadlineMs: 10_000, signal };
  const list = await callEngine(call, () => engine.docker.listContainers(options));
  return list.filter(({ Labels = {} }) => isOrphan(Labels)).map(({ Names, Id }) => Names[0]?.replace(/^\//, "") ?? Id);
}

/** @returns those that are gone now */
export async function removeLeftContainers(names: readonly string[], signal: AbortSignal): Promise<string[]> {
  const engine = await connectEngine();
  await Promise.all(names.map(name => removeOne(engine, name, signal)));
  const left = new Set(await findLeftContainers(signal));
  return names.filter(name => !left.has(name));
}
