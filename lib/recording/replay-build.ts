/** A recorded build once more, as the same stream of events, at the speed it had or another one. */

import { createReadStream } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LabError } from "../error.ts";
import type { BuildEvent } from "../executor/events.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { parseEvent } from "./event-shape.ts";
import { jsonLines } from "./lines.ts";

export interface ReplayOptions {
  /** 1: as fast as it was; 10: ten times as fast; Infinity: at once. */
  readonly speed: number;
  readonly signal?: AbortSignal | undefined;
}

const largestEventBytes = 64 * 2 ** 20;

/** @throws LabError `damaged` for a line that is no event, `too-large` for an endless one, `not-found` when no events were kept, `cancelled`. */
export async function* replayBuild(
  cache: CacheFolder,
  id: string,
  options: ReplayOptions,
): AsyncGenerator<BuildEvent, void, void> {
  const file = join(cache.buildFolder(id), "events.ndjson");
  const input = createReadStream(file);
  const opened = new Promise<void>((resolve, reject) => input.once("open", () => resolve()).once("error", reject));
  await opened.catch(error => {
    throw new LabError("not-found", `the events of build ${id} were not kept`, { cause: error });
  });
  let clockMs = 0;
  let line = 0;
  for await (const text of jsonLines(input, largestEventBytes, file)) {
    line += 1;
    const event = parseEvent(text);
    if (event === null) throw new LabError("damaged", `${file}:${line}: not an event of a build`);
    await pause((event.atMs - clockMs) / options.speed, options.signal);
    clockMs = Math.max(clockMs, event.atMs);
    yield event;
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    signal?.throwIfAborted();
    if (ms >= 1) await delay(ms, undefined, { signal });
  } catch (error) {
    throw new LabError("cancelled", "interrupted", { cause: error });
  }
}
