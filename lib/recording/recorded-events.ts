import { createReadStream } from "node:fs";
import { join } from "node:path";
import { LabError } from "../error.ts";
import type { BuildEvent } from "../executor/events.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { parseEvent } from "./event-shape.ts";
import { jsonLines } from "./lines.ts";

const largestEventBytes = 64 * 2 ** 20;

/**
 * The events of a build as they were kept, in their order.
 * @throws LabError `damaged` for a line that is no event, `too-large` for an endless one, `not-found` when no events were kept.
 */
export async function* recordedEvents(cache: CacheFolder, id: string): AsyncGenerator<BuildEvent, void, void> {
  const file = join(cache.buildFolder(id), "events.ndjson");
  const input = createReadStream(file);
  const opened = new Promise<void>((resolve, reject) => input.once("open", () => resolve()).once("error", reject));
  await opened.catch(error => {
    throw new LabError("not-found", `the events of build ${id} were not kept`, { cause: error });
  });
  let line = 0;
  for await (const text of jsonLines(input, largestEventBytes, file)) {
    line += 1;
    const event = parseEvent(text);
    if (event === null) throw new LabError("damaged", `${file}:${line}: not an event of a build`);
    yield event;
  }
}
