/** Finds the executor in what a container or a script runs: by itself, in `sh -c`, behind `timeout`, in `docker run`. */

import type { CiMount, CiReference } from "./ci-build.ts";
import { resolveFolder } from "./ci-path.ts";
import { parseDockerRun } from "./docker-run.ts";
import { isKanikoWord } from "./kaniko-flags.ts";
import { type ShellCommand, walkScript } from "./shell/walk-script.ts";
import { hasMark, type Unknowns } from "./unknowns.ts";

/** One call of the executor. */
export interface KanikoRun {
  /** What `docker run` names; null when the surrounding container's image runs. */
  readonly image: string | null;
  readonly args: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly workingFolder: string;
  readonly mounts: readonly CiMount[];
  readonly references: readonly CiReference[];
  readonly notes: readonly string[];
  readonly line: number;
}

export interface CommandPlace {
  readonly file: string;
  readonly unknowns: Unknowns;
  readonly line: number;
  /** Lines in the file of each line of a script, where they do not follow each other there. */
  readonly lines?: readonly number[] | undefined;
  readonly env: ReadonlyMap<string, string>;
  readonly workingFolder: string;
  /** A variable that nothing in the file sets. */
  outside(name: string): string | undefined;
}

/** The executor's own folder in its images; the working folder is `/workspace` there. */
export const imageWorkingFolder = "/workspace";

/** Whether an image is called like one of Kaniko's executors. */
export function isExecutorImage(image: string): boolean {
  const name = image.replace(/@sha256:.*$/, "").replace(/:[^/]*$/, "");
  return /kaniko/i.test(name) && !/warmer|action/i.test(name);
}

/** What a container runs: an image with command and arguments, as Kubernetes has them. */
export function runsOfContainer(
  container: { readonly image: string; readonly command: readonly string[]; readonly args: readonly string[] },
  place: CommandPlace,
): KanikoRun[] {
  const { image, command, args } = container;
  if (command.length > 0) return runsOfWords([...command, ...args], place);
  if (isExecutorImage(image) || (!hasShell(args) && args.some(isKanikoWord))) return [directRun(args, place)];
  return runsOfWords(args, place);
}

function hasShell(words: readonly string[]): boolean {
  return isShell(words[0] ?? "");
}

/** @param words a command with its arguments, as a program gets them. */
export function runsOfWords(words: readonly string[], place: CommandPlace): KanikoRun[] {
  const at = startOfCommand(words);
  const env = new Map(place.env);
  for (const word of words.slice(0, at)) {
    const assignment = /^([A-Za-z_]\w*)=(.*)$/s.exec(word);
    if (assignment) env.set(assignment[1] as string, assignment[2] as string);
  }
  const [name = "", ...args] = words.slice(at);
  const here = { ...place, env };
  if (isExecutor(name, args)) return [directRun(args, here)];
  if (isShell(name)) {
    const option = args.findIndex(word => /^-[a-z]*c$/.test(word));
    if (option < 0) return [];
    return runsOfScript(args[option + 1] ?? "", here, args.slice(option + 3));
  }
  if (/^(?:.*\/)?(?:docker|podman|nerdctl)$/.test(name)) return runsOfEngine(args, here);
  return [];
}

/** Every run of the executor in a script, in order. */
export function runsOfScript(
  script: string,
  place: CommandPlace,
  positional: readonly string[] | null = null,
): KanikoRun[] {
  const commands = walkScript(script, {
    file: place.file,
    firstLine: place.line,
    lines: place.lines,
    unknowns: place.unknowns,
    variables: place.env,
    positional,
    workingFolder: place.workingFolder,
    outside: name => place.outside(name),
  });
  const references: CiReference[] = [];
  const runs: KanikoRun[] = [];
  for (const command of commands) {
    if (writesCredentials(command)) references.push(writtenCredentials(command));
    const found = runsOfWords(command.words, {
      ...place,
      env: command.variables,
      line: command.line,
      lines: undefined,
      workingFolder: command.workingFolder,
    });
    const notes = command.condition === null ? [] : [`runs only under a condition: ${command.condition}`];
    runs.push(...found.map(run => ({ ...run, notes: [...run.notes, ...notes] })));
  }
  return runs.map(run => ({ ...run, references: [...references, ...run.references] }));
}

function directRun(args: readonly string[], place: CommandPlace): KanikoRun {
  const { env, workingFolder, line } = place;
  return { image: null, args, env, workingFolder, mounts: [], references: [], notes: [], line };
}

function isExecutor(name: string, args: readonly string[]): boolean {
  if (/(?:^|\/)kaniko\/executor$/.test(name)) return true;
  return /(?:^|\/)(?:kaniko-)?executor$/.test(name) && args.some(isKanikoWord);
}

function isShell(name: string): boolean {
  return /^(?:.*\/)?(?:sh|bash|ash|dash)$/.test(name);
}

/** Where the command proper begins, behind `exec`, `env A=b`, `timeout 30m` and their kin. */
function startOfCommand(words: readonly string[]): number {
  let at = 0;
  for (;;) {
    const word = words[at];
    if (word === undefined) return at;
    if (/^(?:.*\/)?(?:exec|command|env|time|nohup|sudo|nice|tini|dumb-init|busybox|timeout)$/.test(word)) {
      const isTimeout = /(?:^|\/)timeout$/.test(word);
      at += 1;
      while (/^-|^[A-Za-z_]\w*=/.test(words[at] ?? "") || (isTimeout && /^[\d.]+[smhd]?$/.test(words[at] ?? "")))
        at += 1;
      continue;
    }
    return at;
  }
}

const configFile = /\.docker\/config\.json$/;

function writesCredentials({ words, writes }: ShellCommand): boolean {
  if (writes.some(file => configFile.test(file))) return true;
  return /^(?:.*\/)?(?:cp|mv|ln|install|tee)$/.test(words[0] ?? "") && configFile.test(words.at(-1) ?? "");
}

function writtenCredentials({ line, words, writes }: ShellCommand): CiReference {
  const file = [...writes, words.at(-1) ?? ""].find(each => configFile.test(each)) ?? "config.json";
  return { kind: "credentials", text: `line ${line} writes ${file}; it is not run here`, give: "--docker-config FILE" };
}

function runsOfEngine(args: readonly string[], place: CommandPlace): KanikoRun[] {
  const run = parseDockerRun(args);
  if (run === null) return [];
  const env = new Map<string, string>();
  for (const { name, value } of run.env) {
    const known = value ?? place.env.get(name) ?? place.outside(name);
    env.set(name, known ?? place.unknowns.mark({ name: `$${name}`, line: place.line, give: `--param ${name}=VALUE` }));
  }
  const inner = { ...place, env, workingFolder: run.workingFolder ?? imageWorkingFolder };
  const command = run.entrypoint === null ? [] : [run.entrypoint];
  const found = runsOfContainer({ image: run.image, command, args: run.args }, inner);
  const mounts = run.mounts.map(({ source, path }) => ({
    path,
    source: /^[./]/.test(source) || hasMark(source) ? resolveFolder(place.workingFolder, source) : source,
  }));
  const references = mounts
    .filter(({ path }) => isCredentialPath(path))
    .map(
      ({ path, source }): CiReference => ({
        kind: "credentials",
        text: `${place.unknowns.shown(source)} at ${path}`,
        give: "--docker-config FILE",
      }),
    );
  return found.map(each => ({ ...each, image: run.image, mounts, references: [...each.references, ...references] }));
}

export function isCredentialPath(path: string): boolean {
  return /^\/(?:kaniko|root)\/\.docker(?:\/|$)/.test(path) || /\.dockerconfigjson$/.test(path);
}
