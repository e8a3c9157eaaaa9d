/** Which program of a tree is run, and how it is found there. Pure. */

import { LabError } from "../error.ts";
import { showText } from "../model/path-text.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { resolvePath } from "../snapshot/resolve-path.ts";
import { busyboxPath } from "./shell-request.ts";

const usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** In the order of comfort. */
const shells = ["bash", "zsh", "ash", "dash", "sh"];
/** Where Kaniko's debug images and others have theirs, beside the PATH. */
const furtherFolders = ["/bin", "/usr/bin", "/busybox"];

export interface ProgramWish {
  readonly snapshot: Snapshot;
  /** For messages. */
  readonly name: string;
  /** Empty: a shell. */
  readonly words: readonly string[];
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly hasBusybox: boolean;
}

/** @throws LabError `not-found` naming what is there */
export function chooseProgram(wish: ProgramWish): string[] {
  const { snapshot, words, name } = wish;
  const folders = foldersOf(wish);
  const [program, ...args] = words;
  if (program === undefined) {
    if (wish.hasBusybox) return [busyboxPath, "sh"];
    const shell = shells.map(one => find(snapshot, one, folders)).find(found => found !== null);
    if (shell) return [shell];
    throw new LabError("not-found", `there is no shell at ${name}; ${whatIsThere(wish, folders)}`, {
      hint: "--busybox FILE lends a static busybox, as of the package busybox-static; -- PROGRAM runs one that is there",
    });
  }
  const found = find(snapshot, program, folders);
  if (found !== null) return [found, ...args];
  if (wish.hasBusybox) return [busyboxPath, ...words];
  throw new LabError(
    "not-found",
    `there is no program ${showText(program)} at ${name}; ${whatIsThere(wish, folders)}`,
    {
      hint: "name another one after --, or lend a static busybox: --busybox FILE",
    },
  );
}

function foldersOf({ env }: ProgramWish): string[] {
  const own = env.find(pair => pair.startsWith("PATH="))?.slice("PATH=".length) ?? usualPath;
  return [...new Set([...own.split(":").filter(folder => folder.startsWith("/")), ...furtherFolders])];
}

/** The path that the tree has it at, links not followed: some programs look at their own name. */
function find(snapshot: Snapshot, program: string, folders: readonly string[]): string | null {
  const places = program.startsWith("/") ? [program] : folders.map(folder => `${folder.replace(/\/$/, "")}/${program}`);
  return places.find(place => isProgram(snapshot, place)) ?? null;
}

function isProgram(snapshot: Snapshot, path: string): boolean {
  const real = resolvePath(snapshot, path);
  const node = real === null ? null : snapshot.node(real);
  return node !== null && (node.type === "file" || node.type === "hardlink") && (node.mode & 0o111) !== 0;
}

const mostNames = 6;

function whatIsThere({ snapshot, entrypoint }: ProgramWish, folders: readonly string[]): string {
  const start = entrypoint[0] !== undefined && isProgram(snapshot, entrypoint[0]) ? [entrypoint[0]] : [];
  const inFolders = folders.flatMap(folder =>
    snapshot.children(folder.slice(1)).map(({ name }) => `${folder.replace(/\/$/, "")}/${name}`),
  );
  const top = snapshot.children("").map(({ name }) => `/${name}`);
  const programs = [...new Set([...start, ...inFolders, ...top])].filter(path => isProgram(snapshot, path));
  if (programs.length === 0) return "nothing in it can be run";
  const more = programs.length > mostNames ? `, and ${programs.length - mostNames} more` : "";
  return `programs there: ${programs
    .slice(0, mostNames)
    .map(path => showText(path))
    .join(", ")}${more}`;
}
