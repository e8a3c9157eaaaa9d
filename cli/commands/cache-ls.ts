import { settleAbandoned } from "../../lib/build/settle-abandoned.ts";
import { LabError } from "../../lib/error.ts";
import { type CachePlace, cachePlaces, placeForms } from "../../lib/kaniko-cache/cache-places.ts";
import type { EntryUses } from "../../lib/kaniko-cache/entry-use.ts";
import { type ListedPlace, listPlace, readUses } from "../../lib/kaniko-cache/list-caches.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { entryDocument, listingLines } from "../display/cache-entries.ts";

export const command: Command = {
  examples: [
    ["$0 cache ls", "of the cache folder"],
    ["$0 cache ls docker://registry.example/team/cache", "of the repository that --cache-repo names"],
    ["$0 cache ls ./cache", "of a folder that Kaniko or its warmer wrote"],
  ],
  options: argv =>
    argv.positional("where", {
      type: "string",
      describe: `${placeForms} (default: layer cache and base image cache of the cache folder)`,
    }),
  async run(context, args: { where?: string }) {
    await settleAbandoned(context.cache);
    const places = cachePlaces(context.cache, args.where ?? null, context.workingFolder);
    const uses = await readUses(context.cache);
    const listings = await listPlaces(context, places);
    const nowMs = Date.now();
    if (context.output.json) {
      context.output.document({ places: listings.map(listed => placeDocument(listed, uses, nowMs)) });
      return 0;
    }
    showListings(context, listings, uses, nowMs);
    return 0;
  },
};

/** With progress, as there can be thousands of entries. */
export async function listPlaces(context: CliContext, places: readonly CachePlace[]): Promise<ListedPlace[]> {
  const listings: ListedPlace[] = [];
  for (const place of places) {
    const onProgress = (done: number, total: number) => {
      if (done % 50 === 0) context.output.status(`reading ${place.name}: ${done} of ${total}`);
    };
    listings.push(await listPlace(place, { signal: context.signal, onProgress }));
  }
  context.output.status("");
  return listings;
}

function showListings({ output }: CliContext, listings: readonly ListedPlace[], uses: EntryUses, nowMs: number): void {
  const filled = listings.filter(({ layers, baseImages }) => layers.length + baseImages.length > 0);
  if (filled.length === 0) {
    throw new LabError(
      "not-found",
      `no entries in ${listings.map(({ place }) => showText(place.name)).join(" and ")}`,
      {
        hint: "builds fill the layer cache, kaniko-lab cache warm the base image cache",
      },
    );
  }
  for (const [at, listed] of filled.entries()) {
    if (at > 0) output.line();
    for (const line of listingLines(listed, uses, output, nowMs)) output.line(line);
  }
  for (const { place, foreign } of listings) {
    if (foreign.length === 0) continue;
    const names = foreign.slice(0, 5).map(showText).join(", ");
    const more = foreign.length > 5 ? ", …" : "";
    output.note(`in ${showText(place.name)} are also ${foreign.length} that are no entries: ${names}${more}`);
  }
}

function placeDocument({ place, layers, baseImages, foreign }: ListedPlace, uses: EntryUses, nowMs: number): object {
  return {
    where: place.name,
    layerCache: layers.map(entry => entryDocument(entry, uses.of(entry), nowMs)),
    baseImageCache: baseImages.map(entry => entryDocument(entry, uses.of(entry), nowMs)),
    foreign,
  };
}
