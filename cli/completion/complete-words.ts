/** What can stand where the cursor is, for the completion of a shell. Values of builds come by a port. */

import type { OptionInfo } from "../command.ts";

export interface Candidate {
  readonly value: string;
  readonly describe: string;
}

/** What the shell itself completes beside the candidates. */
export type OwnWords = "none" | "files" | "folders";

export interface Completed {
  readonly candidates: readonly Candidate[];
  readonly own: OwnWords;
}

export interface KnownCommand {
  readonly name: string;
  /** As the usage has them: `<target>`, `[path]`, `<builds..>`. */
  readonly positionals: readonly string[];
  readonly describe: string;
}

/** What is known of commands and builds; asked only for what is needed. */
export interface CompletionFacts {
  readonly commands: readonly KnownCommand[];
  commandsOf(command: string): Promise<readonly KnownCommand[]>;
  optionsOf(command: string): Promise<readonly OptionInfo[]>;
  /** `latest`, `previous`, names and ids. */
  builds(): Promise<readonly Candidate[]>;
  /** Numbers of the steps of a build. */
  steps(build: string): Promise<readonly Candidate[]>;
  stages(build: string): Promise<readonly Candidate[]>;
}

const nothing: Completed = { candidates: [], own: "none" };

const imageForms: readonly Candidate[] = [
  { value: "oci:", describe: "an OCI layout" },
  { value: "docker-archive:", describe: "what docker save wrote" },
  { value: "docker://", describe: "an image of a registry" },
  { value: "docker-daemon:", describe: "an image of the engine" },
];

/** @param words behind the program's name; the last one is being typed, perhaps "". */
export async function completeWords(words: readonly string[], facts: CompletionFacts): Promise<Completed> {
  const typed = words.at(-1) ?? "";
  const found = await candidatesFor(words.slice(0, -1), typed, facts);
  return { ...found, candidates: found.candidates.filter(({ value }) => value.startsWith(typed)) };
}

async function candidatesFor(before: readonly string[], typed: string, facts: CompletionFacts): Promise<Completed> {
  const [name, ...behind] = before;
  if (name === undefined) return { candidates: facts.commands.map(asCandidate), own: "none" };
  if (name === "help")
    return behind.length > 0 ? nothing : { candidates: facts.commands.map(asCandidate), own: "none" };
  const command = facts.commands.find(one => one.name === name);
  if (command === undefined || before.includes("--")) return nothing;
  const below = await facts.commandsOf(name);
  const sub = below.find(one => one.name === behind[0]);
  if (sub !== undefined) return argumentsOf(`${name} ${sub.name}`, sub, behind.slice(1), typed, facts);
  if (below.length > 0 && !typed.startsWith("-")) return { candidates: below.map(asCandidate), own: "none" };
  return argumentsOf(name, command, behind, typed, facts);
}

function asCandidate({ name, describe }: KnownCommand): Candidate {
  return { value: name, describe };
}

async function argumentsOf(
  line: string,
  command: KnownCommand,
  given: readonly string[],
  typed: string,
  facts: CompletionFacts,
): Promise<Completed> {
  const options = await facts.optionsOf(line);
  const { positionals, waiting } = readGiven(given, options);
  const [target = "latest"] = positionals;
  if (waiting !== null)
    return valuesOf(
      waiting,
      /^<?\[?(?:target|build|one)/.test(command.positionals[0] ?? "") ? target : "latest",
      facts,
    );
  if (typed.startsWith("-")) return { candidates: [...options.map(flagOf), helpFlag], own: "none" };
  const last = command.positionals.at(-1);
  const positional = command.positionals[positionals.length] ?? (last?.includes("..") ? last : undefined);
  return positional === undefined ? nothing : positionalsOf(positional.replace(/[<>[\].]/g, ""), facts);
}

interface Given {
  readonly positionals: readonly string[];
  /** The option whose value is being typed. */
  readonly waiting: OptionInfo | null;
}

function readGiven(given: readonly string[], options: readonly OptionInfo[]): Given {
  const positionals: string[] = [];
  let waiting: OptionInfo | null = null;
  for (const word of given) {
    if (waiting !== null) waiting = null;
    else if (!word.startsWith("-")) positionals.push(word);
    else if (!word.includes("=")) {
      const name = word.replace(/^-+/, "");
      const option = options.find(one => one.name === name || one.aliases.includes(name));
      waiting = option?.takesValue ? option : null;
    }
  }
  return { positionals, waiting };
}

function flagOf({ name, describe, isOn }: OptionInfo): Candidate {
  return { value: isOn ? `--no-${name}` : `--${name}`, describe };
}

const helpFlag: Candidate = { value: "--help", describe: "What it does, its options and examples" };

/** Options that name a folder; other ones with a free value may name a file. */
const folderOptions = new Set(["cache-dir", "base-cache", "to", "sources-to"]);
const freeOptions = new Set([
  "build-arg",
  "label",
  "name",
  "target",
  "destination",
  "platform",
  "jobs",
  "top",
  "max-waste",
]);

async function valuesOf(option: OptionInfo, build: string, facts: CompletionFacts): Promise<Completed> {
  if (option.choices.length > 0)
    return { candidates: option.choices.map(value => ({ value, describe: "" })), own: "none" };
  if (["step", "from", "until"].includes(option.name)) return { candidates: await facts.steps(build), own: "none" };
  if (option.name === "stage") return { candidates: await facts.stages(build), own: "none" };
  if (option.name === "against") return { candidates: await facts.builds(), own: "none" };
  if (folderOptions.has(option.name)) return { candidates: [], own: "folders" };
  return { candidates: [], own: freeOptions.has(option.name) ? "none" : "files" };
}

async function positionalsOf(name: string, facts: CompletionFacts): Promise<Completed> {
  if (name === "shell")
    return { candidates: ["bash", "zsh", "fish"].map(value => ({ value, describe: "" })), own: "none" };
  if (name === "context") return { candidates: [], own: "folders" };
  if (name === "build" || name === "builds") return { candidates: await facts.builds(), own: "none" };
  if (["target", "other", "one"].includes(name))
    return { candidates: [...(await facts.builds()), ...imageForms], own: "files" };
  if (name === "source") return { candidates: await facts.builds(), own: "files" };
  return { candidates: [], own: name === "file" ? "files" : "none" };
}
