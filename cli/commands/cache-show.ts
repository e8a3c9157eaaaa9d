import { entryForms, findEntry } from "../../lib/kaniko-cache/find-entry.ts";
import { keyParts } from "../../lib/kaniko-cache/key-parts.ts";
import { readUses } from "../../lib/kaniko-cache/list-caches.ts";
import type { Command } from "../command.ts";
import { entryDocument } from "../display/cache-entries.ts";
import { entryLines } from "../display/cache-entry.ts";

export const command: Command = {
  examples: [
    ["$0 cache show 126e725e", "an entry of the cache folder, by the start of its key"],
    ["$0 cache show docker://registry.example/team/cache:KEY", "in a registry, also one that lists no tags"],
  ],
  options: argv => argv.positional("entry", { type: "string", demandOption: true, describe: entryForms }),
  async run(context, args: { entry: string }) {
    const { workingFolder, signal, output } = context;
    const uses = await readUses(context.cache);
    const entry = await findEntry(context.cache, args.entry, { uses, workingFolder, signal });
    const known = uses.of(entry);
    const parts = entry.kind === "layer" ? keyParts(known) : null;
    const nowMs = Date.now();
    if (output.json) output.document({ entry: { ...entryDocument(entry, known, nowMs), parts } });
    else for (const line of entryLines(entry, known, { parts, nowMs, style: output.style })) output.line(line);
    return 0;
  },
};
