/** Answers the completion scripts: `kaniko-lab __complete -- WORDS…`, a line for each candidate, `:files` or `:folders` last. */

import { showText } from "../../lib/model/path-text.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import { CacheFolder, chooseCacheFolder } from "../../lib/store/cache-folder.ts";
import { findBuild } from "../../lib/store/find-build.ts";
import { type CommandRow, commandTable } from "../command-table.ts";
import { type Candidate, type CompletionFacts, completeWords, type KnownCommand } from "./complete-words.ts";

/** @param words behind the program's name. */
export async function answerCompletion(words: readonly string[]): Promise<void> {
  // A shell shows nothing of an error: no candidates are the answer then.
  const { candidates, own } = await completeWords(words, factsFor(words)).catch(() => ({
    candidates: [] as Candidate[],
    own: "none" as const,
  }));
  const lines = candidates.map(({ value, describe }) => `${value}\t${showText(describe)}`);
  process.stdout.write([...lines, `:${own}`, ""].join("\n"));
}

function factsFor(words: readonly string[]): CompletionFacts {
  const store = async () => new BuildStore(new CacheFolder(await cacheFolderOf(words)));
  return {
    commands: commandTable.map(knownCommand),
    commandsOf: async name => (await rowsBelow(name)).map(knownCommand),
    optionsOf: async line => {
      const [name = "", second] = line.split(" ");
      const row = (second === undefined ? commandTable : await rowsBelow(name)).find(
        ({ usage }) => firstWord(usage) === (second ?? name),
      );
      const { optionsOfCommand } = await import("../run-line.ts");
      return row === undefined ? [] : optionsOfCommand(row);
    },
    builds: async () => {
      const { builds } = await (await store()).list();
      const words: Candidate[] = [];
      if (builds.length > 0) words.push({ value: "latest", describe: "the last build" });
      if (builds.length > 1) words.push({ value: "previous", describe: "the one before of the same context" });
      for (const { id, name, status, spec } of builds) {
        const describe = `${status}, ${spec.context}`;
        if (name !== null && isPlain(name)) words.push({ value: name, describe });
        words.push({ value: id, describe });
      }
      return words.filter(({ value }, at) => words.findIndex(other => other.value === value) === at);
    },
    steps: async build => {
      const found = await findBuild(await store(), build);
      return (found?.steps ?? []).map(({ number, text }) => ({ value: String(number), describe: text }));
    },
    stages: async build => {
      const stages = new Map<number, string>();
      for (const { stage } of (await findBuild(await store(), build))?.steps ?? []) stages.set(stage.index, stage.name);
      return [...stages].map(([index, name]) => ({ value: name || String(index), describe: `stage ${index}` }));
    },
  };
}

/** A name with blanks or signs would have to be quoted, differently for each shell. */
function isPlain(name: string): boolean {
  return /^[\w.@%+=,-]+$/.test(name);
}

async function cacheFolderOf(words: readonly string[]): Promise<string> {
  const at = words.indexOf("--cache-dir");
  const joined = words.find(word => word.startsWith("--cache-dir="))?.slice("--cache-dir=".length);
  return chooseCacheFolder({
    explicit: joined ?? (at < 0 ? undefined : words[at + 1]),
    environment: process.env.KANIKO_LAB_CACHE,
    workingFolder: process.cwd(),
  });
}

async function rowsBelow(name: string): Promise<readonly CommandRow[]> {
  const row = commandTable.find(({ usage }) => firstWord(usage) === name);
  if (!row?.usage.includes("<command>")) return [];
  return (await row.load()).command.commands ?? [];
}

function firstWord(usage: string): string {
  return usage.split(" ")[0] as string;
}

function knownCommand({ usage, describe }: CommandRow): KnownCommand {
  const [name = "", ...positionals] = usage.split(" ");
  return { name, positionals, describe };
}
