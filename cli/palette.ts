/** The command line for use inside of the terminal UI: the same parser and commands, their lines kept by it. */

import { resolve } from "node:path";
import type { Lab } from "../lib/lab/lab.ts";
import { type CacheFolder, chooseCacheFolder } from "../lib/store/cache-folder.ts";
import { type CommandRow, commandOf, commandTable } from "./command-table.ts";
import { createContext } from "./context.ts";
import { createSinkOutput, tellError } from "./display/sink-output.ts";
import { optionsOfCommand, runLine } from "./run-line.ts";
import type { CommandInfo, CommandLine } from "./tui/palette/command-line.ts";

export interface PaletteOptions {
  readonly cache: CacheFolder;
  /** What it has open serves the commands, too. */
  readonly lab: Lab;
  readonly extraWords: CommandLine["extraWords"];
}

const commands: readonly CommandInfo[] = commandTable.map(infoOf);

function infoOf({ usage, describe, takesTerminal }: CommandRow): CommandInfo {
  const [name = "", ...positionals] = usage.split(" ");
  return { name, positionals, describe, takesTerminal: takesTerminal ?? false };
}

function rowOf(rows: readonly CommandRow[], name: string | undefined): CommandRow | undefined {
  return rows.find(({ usage }) => commandOf(usage) === name);
}

/** Only a command that says so in its usage has some: others need not be loaded for it. */
async function rowsBelow(row: CommandRow): Promise<readonly CommandRow[]> {
  if (!row.usage.includes("<command>")) return [];
  const { command } = await row.load();
  return command.commands ?? [];
}

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
      const [name, second] = command.split(" ");
      const row = rowOf(commandTable, name);
      const found = row && second !== undefined ? rowOf(await rowsBelow(row), second) : row;
      return found ? optionsOfCommand(found) : [];
    },
    async commandsOf(command) {
      const row = rowOf(commandTable, command);
      return row ? (await rowsBelow(row)).map(infoOf) : [];
    },
    async run(words, sink, signal, host) {
      try {
        return await runLine(words, {
          signal,
          columns: sink.columns,
          onHelp: text => sink.line(text),
          contextOf: async ({ json = false, quiet = false, color = null, cacheDir = cache.root, ...options }) => {
            const output = createSinkOutput({ json, quiet, color }, sink);
            const context = {
              ...(await createContext({ ...options, json, cacheDir }, signal, output)),
              ...(host && { host }),
            };
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
