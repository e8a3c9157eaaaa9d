import { basename, resolve } from "node:path";
import type { BuildDriver, BuildOrder } from "../build/build-driver.ts";
import { LabError } from "../error.ts";
import type { BuildEvent } from "../executor/events.ts";
import type { Availability } from "../executor/port.ts";
import type { BuildRecord } from "../model/build.ts";
import { BuildStore } from "../store/build-store.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { openReplay } from "./replay-build.ts";

export interface Replay {
  /** 1: as fast as it was; 10: ten times as fast; Infinity: at once. */
  readonly speed: number;
  readonly signal: AbortSignal;
  /** Told behind the notice that nothing is built, "" for nothing. */
  readonly reason: string;
}

/** The driver that runs nothing: plays the newest recorded build of the context, with its times. */
export function createReplayDriver(cache: CacheFolder): BuildDriver {
  return {
    name: "replay",
    probe: () => probe(cache),
    async *build(order) {
      const recorded = await newestOf(order);
      yield* playBuild(order.cache, recorded, { speed: 1, signal: order.signal, reason: "" });
      return recorded;
    },
  };
}

/** The events of a recorded build, with a warning that they are a recording. @throws as `replayBuild` */
export function playBuild(
  cache: CacheFolder,
  build: BuildRecord,
  { speed, signal, reason }: Replay,
): AsyncGenerator<BuildEvent, void, void> {
  return withNotice(openReplay(cache, build.id, { speed, signal }).play(), build, reason);
}

/** What is played says that nothing is built. */
export async function* withNotice(
  events: AsyncIterable<BuildEvent>,
  { id }: BuildRecord,
  reason: string,
): AsyncGenerator<BuildEvent, void, void> {
  const notice = `Replay of a real Kaniko build (${id}): nothing is built now.`;
  let told = false;
  for await (const event of events) {
    yield event;
    // Behind the first event, which begins the build for every display; a replay that goes back begins it again.
    if (!told || event.type === "started")
      yield { type: "warning", text: [notice, reason].filter(Boolean).join(" "), atMs: event.atMs };
    told = true;
  }
}

async function probe(cache: CacheFolder): Promise<Availability> {
  const count = (await new BuildStore(cache).ids().catch(() => [])).length;
  return count > 0
    ? { available: true, detail: `${count} recorded ${count === 1 ? "build" : "builds"} in ${cache.root}`, hint: "" }
    : {
        available: false,
        detail: `no build was recorded in ${cache.root}`,
        hint: "take one with: kaniko-lab import FILE",
      };
}

async function newestOf({ spec, workingFolder, cache }: BuildOrder): Promise<BuildRecord> {
  const folder = resolve(workingFolder, spec.context);
  const { builds } = await new BuildStore(cache).list();
  // An imported recording knows only the name of its context.
  const found = [folder, basename(folder)].map(name => builds.find(build => build.spec.context === name)).find(Boolean);
  if (found) return found;
  throw new LabError("not-found", `there is no recorded build of ${folder}`, {
    hint: "build it once, or take a recording with: kaniko-lab import FILE",
  });
}
