import type { Engine } from "./connect-engine.ts";
import { callEngine } from "./engine-call.ts";
import { isOrphan, ownFilter } from "./owner-labels.ts";

/** Removes containers (with their volumes) whose process was killed before it could. Never fails: it is a service to later. */
export async function removeLeftovers(engine: Engine, signal: AbortSignal): Promise<void> {
  try {
    const options = { all: true, filters: { label: [ownFilter] } };
    const list = await callEngine({ what: "list containers", deadlineMs: 10_000, signal }, () =>
      engine.docker.listContainers(options),
    );
    const orphans = list.filter(container => isOrphan(container.Labels ?? {}));
    await Promise.all(orphans.map(({ Id }) => removeOne(engine, Id, signal)));
  } catch {
    // The build itself will say what is wrong with the engine.
  }
}

async function removeOne(engine: Engine, id: string, signal: AbortSignal): Promise<void> {
  const call = { what: "remove a leftover container", deadlineMs: 30_000, signal };
  await callEngine(call, () => engine.docker.getContainer(id).remove({ force: true, v: true })).catch(() => {});
}
