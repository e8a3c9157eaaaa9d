/** Builds of a CI file as text and as JSON: what CI runs, what does the same here, what is left out and why. */

import { withoutCredentials } from "../../lib/build/recorded-spec.ts";
import { uniqueName } from "../../lib/ci/choose-build.ts";
import type { CiBuild } from "../../lib/ci/ci-build.ts";
import type { LocalBuild } from "../../lib/ci/local-build.ts";
import type { CiFile } from "../../lib/ci/read-ci-file.ts";
import { quoteWord } from "../../lib/ci/shell/quote-word.ts";
import type { Unknowns } from "../../lib/ci/unknowns.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { BuildArgs } from "../commands/build-options.ts";
import { programWord } from "../program-word.ts";
import type { Output } from "./output.ts";
import { tableLines } from "./table.ts";

export interface CiView {
  readonly build: CiBuild;
  readonly unknowns: Unknowns;
  readonly local: LocalBuild;
  /** Options of `kaniko-lab build`, the user's own among them. */
  readonly options: readonly { readonly name: string; readonly value?: string | boolean | readonly string[] }[];
  readonly flags: readonly string[];
  readonly buildArgs: BuildArgs;
}

export function showCiList({ builds, unknowns }: CiFile, output: Output): void {
  const columns = [{ title: "JOB" }, { title: "LINE", align: "right" as const }, { title: "OF" }, { title: "BUILDS" }];
  const rows = builds.map(build => [
    showText(uniqueName(build, builds)),
    String(build.origin.line),
    showText(`${build.origin.kind}${build.origin.name === "" ? "" : ` ${build.origin.name}`}`),
    showText(unknowns.shown(summaryOf(build))),
  ]);
  for (const line of tableLines(columns, rows, output.columns, output.style.bold)) output.line(line);
}

/** The words that tell builds apart. */
function summaryOf({ args, fault }: CiBuild): string {
  if (fault) return fault.message;
  const words = args.flatMap((word, at) => {
    const name = /^--(context|dockerfile|destination)(?:=(.*))?$/s.exec(word);
    return name ? [`${name[1]} ${name[2] ?? args[at + 1] ?? ""}`] : [];
  });
  return words.join(", ") || "/workspace";
}

export function showCiBuild(view: CiView, output: Pick<Output, "line" | "style" | "columns">): void {
  const { local, unknowns, build } = view;
  const { bold, dim, yellow } = output.style;
  output.line(`${bold(showText(titleOf(build)))}`);
  const ci =
    local.context.kind === "folder"
      ? local.context.folder
      : local.context.kind === "remote"
        ? local.context.address
        : "";
  if (ci !== "" && view.buildArgs.context !== null)
    output.line(`  CI's ${showText(unknowns.shown(ci))} is ${showText(view.buildArgs.context ?? "?")} here`);
  output.line();
  for (const line of commandLines(view, output.columns)) output.line(`  ${showText(line)}`);
  const section = (title: string, rows: readonly (readonly [string, string])[], paint: (text: string) => string) => {
    if (rows.length === 0) return;
    output.line();
    output.line(bold(title));
    for (const [what, why] of rows) {
      output.line(`  ${paint(showText(what))}`);
      if (why !== "") output.line(`      ${dim(showText(why))}`);
    }
  };
  section(
    "left out",
    local.leftOut.map(({ what, why }) => [withoutCredentials(what), why]),
    text => text,
  );
  section(
    "of CI, not here",
    local.references.map(({ text, give }) => [
      unknowns.shown(text),
      give === null ? "" : `where it is needed: ${give}`,
    ]),
    text => text,
  );
  section(
    "to know",
    local.notes.map(note => [note, ""]),
    text => text,
  );
  section(
    "missing",
    local.needs.map(({ what, line, give }) => [line === null ? what : `${what} (line ${line})`, give]),
    yellow,
  );
}

export function titleOf({ origin }: CiBuild): string {
  const of = origin.name === "" ? origin.kind : `${origin.kind} ${origin.name}`;
  const template = origin.template === null || origin.template === origin.job ? "" : `, template ${origin.template}`;
  return `${origin.file}:${origin.line}: ${of}, ${origin.job}${template}`;
}

/** The command line that does the same, as words; values of secrets are masked. */
export function commandWords(view: CiView): string[] {
  const words: string[] = [];
  for (const { name, value } of view.options) {
    if (name === "context" || value === undefined) continue;
    if (value === false) words.push(`--no-${name}`);
    else if (value === true) words.push(`--${name}`);
    else for (const each of [value].flat()) words.push(`--${name}`, withoutCredentials(each));
  }
  const flags = view.flags.length === 0 ? [] : ["--", ...view.flags.map(withoutCredentials)];
  const context = view.buildArgs.context ?? "CONTEXT";
  return ["kaniko-lab", "build", context, ...words, ...flags].map(word => view.unknowns.shown(word));
}

function commandLines(view: CiView, columns: number): string[] {
  const variables = Object.entries(view.local.environment).map(([name, value]) => `${name}=${quoteWord(value)}`);
  const words = commandWords(view);
  const lines: string[] = [];
  let line = [...variables, programWord(), ...words.slice(1, 3).map(quoteWord)].join(" ");
  for (let at = 3; at < words.length; at += 1) {
    const word = words[at] as string;
    const next = words[at + 1];
    // An option stays with its value.
    const isPair = word.startsWith("--") && word !== "--" && next !== undefined && !next.startsWith("-");
    const piece = isPair ? `${word} ${quoteWord(next)}` : quoteWord(word);
    if (isPair) at += 1;
    if (line.length + piece.length + 6 > columns) {
      lines.push(`${line} \\`);
      line = `  ${piece}`;
    } else line += ` ${piece}`;
  }
  return [...lines, line];
}

export function ciDocument(view: CiView): object {
  const { build, local, unknowns } = view;
  const shown = (text: string) => unknowns.shown(text);
  return {
    ...buildDocument(build, unknowns),
    command: commandWords(view),
    environment: local.environment,
    context: { ci: local.context, here: view.buildArgs.context ?? null, dockerfile: view.buildArgs.dockerfile ?? null },
    leftOut: local.leftOut.map(({ what, why }) => ({ what: withoutCredentials(what), why })),
    references: local.references.map(reference => ({ ...reference, text: shown(reference.text) })),
    notes: local.notes,
    missing: local.needs,
  };
}

export function buildsDocument({ builds, unknowns }: CiFile): object {
  return { builds: builds.map(build => ({ ...buildDocument(build, unknowns), choose: uniqueName(build, builds) })) };
}

function buildDocument({ origin, image, args, workingFolder }: CiBuild, unknowns: Unknowns): object {
  return {
    origin,
    executor: image === null ? null : unknowns.shown(image),
    arguments: args.map(word => withoutCredentials(unknowns.shown(word))),
    workingFolder: unknowns.shown(workingFolder),
  };
}
