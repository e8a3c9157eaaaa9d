/** What this program keeps in an engine between runs: volumes with sent layers, images made of executor files. */

import { LabError, messageOf } from "../../error.ts";
import { connectEngine, type Engine } from "./connect-engine.ts";
import { callEngine, engineMessage, isAnswerError } from "./engine-call.ts";
import { localRepository } from "./executor-image.ts";
import { ownFilter } from "./owner-labels.ts";

export interface EngineItem {
  readonly kind: "volume" | "image";
  readonly name: string;
  /** Null where the engine does not say. */
  readonly sizeBytes: number | null;
  /** Null where the engine does not say; then it counts as old. */
  readonly createdMs: number | null;
}

/** Everything made before `beforeMs` that no container uses. @throws LabError `engine-unavailable`, `engine-lost` */
export async function findEngineItems(beforeMs: number, signal: AbortSignal): Promise<EngineItem[]> {
  const { docker } = await connectEngine();
  const filters = (names: Record<string, string[]>) => ({ filters: JSON.stringify(names) as never });
  const { Volumes } = await call("list volumes", signal, () =>
    docker.listVolumes(filters({ label: [ownFilter], dangling: ["true"] })),
  );
  const images = await call("list images", signal, () => docker.listImages(filters({ reference: [localRepository] })));
  const items = [
    ...(Volumes ?? []).map((volume): EngineItem => {
      const created = Date.parse((volume as { CreatedAt?: string }).CreatedAt ?? "");
      const createdMs = Number.isNaN(created) ? null : created;
      return { kind: "volume", name: volume.Name, sizeBytes: null, createdMs };
    }),
    ...images.flatMap(image =>
      (image.RepoTags ?? [])
        .filter(tag => tag.replace(/^localhost\//, "").startsWith(`${localRepository}:`))
        .map(
          (tag): EngineItem => ({ kind: "image", name: tag, sizeBytes: image.Size, createdMs: image.Created * 1000 }),
        ),
    ),
  ];
  return items.filter(({ createdMs }) => createdMs === null || createdMs < beforeMs);
}

/** @returns what was removed, and why the others were not: the engine keeps what is in use. @throws LabError `engine-lost` */
export async function removeEngineItems(
  items: readonly EngineItem[],
  signal: AbortSignal,
): Promise<{ removed: EngineItem[]; kept: { item: EngineItem; why: string }[] }> {
  const engine = await connectEngine();
  const removed: EngineItem[] = [];
  const kept: { item: EngineItem; why: string }[] = [];
  for (const item of items) {
    try {
      await removeOne(engine, item, signal);
      removed.push(item);
    } catch (error) {
      if (error instanceof LabError || !isAnswerError(error)) throw error;
      // Somebody else was quicker.
      if (error.statusCode === 404) continue;
      kept.push({ item, why: engineMessage(error) || messageOf(error) });
    }
  }
  return { removed, kept };
}

async function removeOne({ docker }: Engine, { kind, name }: EngineItem, signal: AbortSignal): Promise<void> {
  await call(`remove the ${kind} ${name}`, signal, () =>
    kind === "volume" ? docker.getVolume(name).remove() : docker.getImage(name).remove(),
  );
}

function call<T>(what: string, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  return callEngine({ what, deadlineMs: 30_000, signal }, ask);
}
