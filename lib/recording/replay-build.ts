/** A recorded build once more, as the same stream of events, at the speed it had or another one. */

import type { BuildEvent } from "../executor/events.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { recordedEvents } from "./recorded-events.ts";
import { type PlayerOptions, ReplayPlayer } from "./replay-player.ts";

export type ReplayOptions = Pick<PlayerOptions, "speed" | "fromMs" | "signal">;

/** For those who only look. @throws as `recordedEvents`, and LabError `cancelled`. */
export function replayBuild(
  cache: CacheFolder,
  id: string,
  options: ReplayOptions,
): AsyncGenerator<BuildEvent, void, void> {
  return openReplay(cache, id, options).play();
}

/** The same for those who want to pause it, or to go to another time. */
export function openReplay(cache: CacheFolder, id: string, options: PlayerOptions): ReplayPlayer {
  return new ReplayPlayer(() => recordedEvents(cache, id), options);
}
