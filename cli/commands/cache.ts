import { nameSuggestion } from "../../lib/dockerfile/suggest.ts";
import { LabError } from "../../lib/error.ts";
import type { Command } from "../command.ts";
import { commandOf } from "../command-table.ts";

export const command: Command = {
  examples: [
    ["$0 cache ls", "what both caches hold"],
    ["$0 cache show 126e725e", "one entry, by its key or the start of it"],
  ],
  commands: [
    {
      usage: "ls [where]",
      describe: "List the entries of the layer cache and the base image cache",
      load: () => import("./cache-ls.ts"),
    },
    {
      usage: "show <entry>",
      describe: "Tell all that is known of an entry, and how to open it",
      load: () => import("./cache-show.ts"),
    },
    {
      usage: "verify [entry]",
      describe: "Run a step again and compare what it makes with its entry",
      load: () => import("./cache-verify.ts"),
    },
    {
      usage: "prune [where]",
      describe: "Remove entries and what belongs to no build any more",
      load: () => import("./cache-prune.ts"),
    },
    {
      usage: "warm [images..]",
      describe: "Fetch base images into the base image cache, with Kaniko's warmer",
      load: () => import("./cache-warm.ts"),
    },
  ],
  options: argv => argv,
  async run(_context, { command }: { command: string }) {
    const names = (this.commands ?? []).map(row => commandOf(row.usage));
    const message = `cache has no command ${JSON.stringify(command)}${nameSuggestion(command, names)}`;
    throw new LabError("usage", message, { hint: "kaniko-lab cache --help" });
  },
};
