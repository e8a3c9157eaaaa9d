/** The command line for use inside of the terminal UI: the same parser and commands, their lines kept by it. */

import { resolve } from "node:path";
import type { Lab } from "../lib/lab/lab.ts";
import { type CacheFolder, chooseCacheFolder } from "../lib/store/cache-folder.ts";
import { commandTable } from "./command-table.ts";
import { createContext } from "./context.ts";
import { createSinkOutput, tellError } from "./display/sink-output.ts";
import { commandOf, optionsOfCommand, runLine } from "./run-line.ts";
import type { CommandInfo, CommandLine } from "./tui/palette/command-line.ts";

export interface PaletteOptions {
  readonly cache: CacheFolder;
  /** What it has open serves the commands, too. */
  readonly lab: Lab;
  readonly extraWords: CommandLine["extraWords"];
}

const commands: readonly CommandInfo[] = [
  ...commandTable.map(({ usage, describe, takesTerminal = false }) => {
    const [name = "", ...positionals] = usage.split(" ");
    return { name, positionals, describe, takesTerminal };
  }),
  { name: "completion", positionals: [], describe: "Print a completion script for bash or zsh", takesTerminal: true },
];

/** The cache folder as an option, where a line in a shell would not find it by itself. */
export async function extraWordsFor(cache: CacheFolder): Promise<readonly string[]> {
  const usual = await chooseCacheFolder({
    explicit: undefined,
    environment: process.env.KANIKO_LAB_CACHE,
    workingFolder: process.cwd(),
  }).catch(() => null);
  return usual !== null && resolve(usual) === resolve(cache.root) ? [] : ["--cache-dir", cache.root];
}

export function openCommandLine({ cache, lab, extraWords }: PaletteOptions): CommandLine {
  return {
    commands,
    extraWords,
    async optionsOf(command) {
      const row = commandTable.find(({ usage }) => commandOf(usage) === command);
      return row ? optionsOfCommand(row) : [];
    },
    async run(words, sink, signal) {
      try {
        return await runLine(words, {
          signal,
          columns: sink.columns,
          onHelp: text => sink.line(text),
          contextOf: async ({ json = false, quiet = false, color = null, cacheDir = cache.root, ...options }) => {
            const output = createSinkOutput({ json, quiet, color }, sink);
            const context = await createContext({ ...options, json, cacheDir }, signal, output);
            const isSame = context.platform === undefined && resolve(context.cache.root) === resolve(cache.root);
            return isSame ? { ...context, lab } : context;
          },
        });
      } catch (error) {
        return tellError(error, words.includes("--debug"), sink);
      }
    },
  };
}
