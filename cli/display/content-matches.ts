/** Lines that a search of contents found: grouped by the version of the file that they are in, and as JSON. */

import type { ContentMatch } from "../../lib/content/search-contents.ts";
import type { VersionFate } from "../../lib/content/version-fate.ts";
import { showText } from "../../lib/model/path-text.ts";
import { inProgramWords } from "../program-word.ts";
import type { Style } from "./style.ts";
import { cutTo } from "./table.ts";

/** What stands above the lines of one version. */
export function versionLines(match: ContentMatch, place: CommandPlace, columns: number, style: Style): string[] {
  const where = `${match.layer.step === null ? "" : `step ${match.layer.step}, `}layer ${match.layer.index}`;
  const fate = fateText(match.fate, match.layer.step);
  const paint = match.fate.state === "present" ? style.green : style.red;
  return [
    `${style.bold(`/${showText(match.path)}`)}  ${style.dim(where)}, ${paint(fate)}`,
    `    ${style.dim(shownCommand(match, place, columns - 4))}`,
  ];
}

function fateText({ state, step }: VersionFate, ownStep: number | null): string {
  if (state === "present") return "still there";
  return `${state} ${step === ownStep ? "in the same step" : `in step ${step}`}`;
}

export function matchedLine(match: ContentMatch, columns: number, style: Style): string {
  if (match.lineNumber === null || match.line === null) return `    binary file matches at byte ${match.offset}`;
  const [before, after] = match.cut;
  const text = `${before ? "…" : ""}${match.line.split("\t").map(showText).join("  ")}${after ? "…" : ""}`;
  const number = String(match.lineNumber).padStart(6);
  return `${style.dim(`${number}:`)} ${cutTo(text, Math.max(20, columns - number.length - 2))}`;
}

/** What a command line needs to find the same target again. */
export interface CommandPlace {
  readonly target: string;
  /** As `--cache-dir` named it. */
  readonly cacheWord: string | undefined;
}

/** The path stands above it: where there is no room, the entry is enough. */
function shownCommand(match: ContentMatch, place: CommandPlace, columns: number): string {
  const whole = inProgramWords(extractCommand(match, place));
  return whole.length <= columns ? whole : inProgramWords(extractCommand({ ...match, path: null }, place));
}

type NamedVersion = Pick<ContentMatch, "entry" | "layer"> & { readonly path: string | null };

/** The command that prints exactly this version. The entry names it where its path would not do on a command line. */
export function extractCommand({ path, entry, layer }: NamedVersion, { target, cacheWord }: CommandPlace): string {
  const isPlain = path !== null && showText(path) === path && path.isWellFormed();
  const file = isPlain ? ` ${quoted(`/${path}`)}` : "";
  const cache = cacheWord === undefined ? "" : ` --cache-dir ${quoted(showText(cacheWord))}`;
  return `kaniko-lab cat ${quoted(showText(target))}${file} --layer ${layer.index} --entry ${entry}${cache}`;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export function contentMatchDocument(match: ContentMatch, place: CommandPlace): object {
  return {
    path: match.path,
    layer: match.layer.index,
    digest: match.layer.digest,
    step: match.layer.step,
    entry: match.entry,
    offset: match.offset,
    lineNumber: match.lineNumber,
    line: match.line,
    lineCut: { before: match.cut[0], after: match.cut[1] },
    binary: match.lineNumber === null,
    fate: match.fate,
    command: extractCommand(match, place),
  };
}
