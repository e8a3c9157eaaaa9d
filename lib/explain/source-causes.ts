/** What a COPY, ADD or bind mount takes and what of it differs. Pure: what an earlier stage made is looked into elsewhere. */

import type { NamedSource } from "../context/context-tree.ts";
import type { Step } from "../model/build.ts";
import type { BuildView } from "./build-view.ts";
import { type Cause, cause, type FileAspect } from "./cause.ts";
import { driverCause, executorCauses } from "./executor-causes.ts";
import { type FileChange, fileChanges, ignoreFileOf } from "./file-changes.ts";
import { variableCause } from "./text-causes.ts";

export function sourceCauses(
  one: BuildView,
  other: BuildView,
  before: Step,
  after: Step,
  isOtherText: boolean,
): Cause[] {
  const [old, now] = [one.parts(before)?.sources, other.parts(after)?.sources];
  const areKnown = old !== undefined && now !== undefined;
  if (areKnown && old.join() === now.join()) return [];
  const from = fromOf(other, after);
  // What is taken from elsewhere under another name says the text itself.
  if (from !== null) return areKnown && !isOtherText ? [cause("stage", { name: from })] : [];
  const [oldSources, newSources] = [one.sources(before), other.sources(after)];
  if (oldSources === null || newSources === null)
    return areKnown && !isOtherText
      ? [cause("file", { path: wordsOf(after), notes: [one.kept.isLog ? otherMachine : "the context was not listed"] })]
      : [];
  const variables = isOtherText ? [] : variablesOf(one, other, before, after);
  if (variables.length > 0) return variables;
  const changes = isOtherText
    ? fileChanges(commonTo(oldSources, newSources), commonTo(newSources, oldSources))
    : fileChanges(oldSources, newSources);
  if (changes.length > 0) return [fileCause(changes, one, other)];
  return areKnown && !isOtherText ? unseen(one, other, newSources) : [];
}

/** All that a log has of a context are its hashes. */
const otherMachine = "content, mode or owner: a log tells only the hash";

/** The stage or image of `--from`; null when the context is meant. */
export function fromOf(view: BuildView, step: Step): string | null {
  const flags = view.scope(step)?.instruction.flags ?? [];
  const from = flags.findLast(flag => flag.startsWith("--from="))?.slice("--from=".length);
  return step.instruction === "COPY" && from !== undefined && from !== "" ? from : null;
}

function commonTo(sources: readonly NamedSource[], others: readonly NamedSource[]): NamedSource[] {
  const paths = new Set(others.map(({ path }) => path));
  return sources.filter(({ path }) => paths.has(path));
}

function fileCause(changes: readonly FileChange[], one: BuildView, other: BuildView): Cause {
  const first = changes[0] as FileChange;
  const [old, now] = [one.kept.listing, other.kept.listing];
  return cause("file", {
    name: old === null || now === null ? null : ignoreFileOf(first, old, now),
    path: first.path,
    aspects: first.aspects,
    before: shown(first, "before"),
    after: shown(first, "after"),
    more: changes.length - 1,
  });
}

/** The first thing that differs, as text. */
function shown(change: FileChange, side: "before" | "after"): string | null {
  const entry = change[side];
  if (entry === null) return null;
  const of: Readonly<Record<FileAspect, string | null>> = {
    content: entry.contentDigest,
    present: entry.contentDigest ?? entry.linkTarget ?? entry.type,
    mode: entry.mode.toString(8).padStart(4, "0"),
    owner: `${entry.uid}:${entry.gid}`,
    type: entry.type,
    link: entry.linkTarget,
  };
  return of[change.aspects[0] as FileAspect];
}

/** The same words can name other files: a variable in them has another value. */
function variablesOf(one: BuildView, other: BuildView, before: Step, after: Step): Cause[] {
  const used = new Set([...after.text.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(match => match[1] as string));
  const [old, now] = [one.scope(before), other.scope(after)];
  return [...used].flatMap(name => {
    const [was, is] = [old?.variables.get(name) ?? null, now?.variables.get(name) ?? null];
    return was === is ? [] : [variableCause(now?.declared.has(name) ? "arg" : "env", name, was, is)];
  });
}

/** The hash is another one, and nothing that is listed is. */
function unseen(one: BuildView, other: BuildView, sources: readonly NamedSource[]): Cause[] {
  const executor = executorCauses(one, other);
  if (executor.length > 0) return executor;
  const driver = driverCause(one, other);
  if (driver.length > 0) return driver;
  const path = sources[0]?.path ?? "";
  const isCut = [one, other].some(view => view.kept.listing?.truncated || (view.kept.listing?.undigested ?? 0) > 0);
  const why = isCut
    ? "not all of the context was listed"
    : "mode or owner of the folder itself, or a file that was changed while the build ran";
  return [cause("file", { path, notes: [why] })];
}

function wordsOf(step: Step): string {
  return step.text
    .split(/\s+/)
    .slice(1, -1)
    .filter(word => !word.startsWith("--"))
    .join(" ");
}
