/** What came of running a step again. */

import type { ChangedInputs } from "../../lib/kaniko-cache/verify/changed-inputs.ts";
import type { Verifiable } from "../../lib/kaniko-cache/verify/find-verifiable.ts";
import type { Verification } from "../../lib/kaniko-cache/verify/verify-entry.ts";
import { showText } from "../../lib/model/path-text.ts";
import { changeDocument, changeLine } from "./changes.ts";
import type { Style } from "./style.ts";

/** More are of no use to a reader; `--json` has them all. */
const maxLines = 50;

export function verificationLines(found: Verifiable, verification: Verification, style: Style): string[] {
  const head = `step ${found.step.number} of ${found.build.id}: ${showText(found.step.text)}`;
  return [head, ...resultLines(found, verification, style)];
}

function resultLines(found: Verifiable, verification: Verification, style: Style): string[] {
  if (verification.verdict === "inputs-changed") return inputLines(verification, style);
  const also = alsoLines(verification.alsoRan, verification.verdict === "differs");
  if (verification.verdict === "same") return [style.green("same: it makes this very layer again"), ...also];
  const times = `${verification.timesOnly} ${verification.timesOnly === 1 ? "path" : "paths"}`;
  if (verification.verdict === "times") return [style.green(`same but for the times of ${times}`), ...also];
  const { changes, onlyFirstRemoves, onlySecondRemoves } = verification;
  const lines = [
    ...[...take(changes, maxLines)].map(change => `  ${changeLine(change, style)}`),
    ...onlyFirstRemoves.map(path => `  removed by the cached layer only: /${showText(path)}`),
    ...onlySecondRemoves.map(path => `  removed by the new layer only: /${showText(path)}`),
  ];
  const count = changes.length + onlyFirstRemoves.length + onlySecondRemoves.length;
  const more = count > maxLines ? [`  … ${count} in all; --json has them`] : [];
  const title = `differs: from the cached layer to the one that the step makes now, ${count} ${count === 1 ? "path" : "paths"}`;
  return [style.red(title), ...lines.slice(0, maxLines), ...more, ...also, "", ...adviceLines(found)];
}

function alsoLines(steps: readonly number[], isCause: boolean): string[] {
  if (steps.length === 0) return [];
  const names = `${steps.length === 1 ? "step" : "steps"} ${steps.join(", ")}`;
  return [`${names} had no entry and ran again, too${isCause ? ": a difference can come from there" : ""}`];
}

function adviceLines({ entry }: Verifiable): string[] {
  return [
    "either the step does not always make the same, or the entry was not made by it;",
    entry.path === null
      ? "deleting the tag makes Kaniko run it again"
      : `removing ${showText(entry.path)} makes Kaniko run it again`,
  ];
}

function inputLines({ paths, part }: ChangedInputs, style: Style): string[] {
  const lines = [style.yellow("cannot be verified: what the step depends on is not what it was")];
  if (part !== null) {
    const whose = part.step === null ? "that of the base image" : `of step ${part.step}`;
    lines.push(`  first part of the key that is another, ${whose}:`);
    lines.push(`    was ${showText(part.before ?? "nothing")}`, `    is  ${showText(part.after ?? "nothing")}`);
  }
  if (paths !== null && paths.length > 0) {
    lines.push(`  in the context ${paths.length} ${paths.length === 1 ? "path" : "paths"} changed:`);
    lines.push(...paths.slice(0, maxLines).map(path => `    ${showText(path)}`));
    if (paths.length > maxLines) lines.push("    …");
  }
  return lines;
}

function* take<T>(items: Iterable<T>, count: number): Generator<T> {
  let taken = 0;
  for (const item of items) {
    if (taken === count) return;
    taken += 1;
    yield item;
  }
}

export function verificationDocument({ build, step, entry }: Verifiable, verification: Verification): object {
  const common = { verdict: verification.verdict, build: build.id, step: step.number, key: step.cache.key };
  if (verification.verdict === "inputs-changed") {
    const { key, paths, part } = verification;
    return { ...common, entry: entry.target, keyNow: key, changedPaths: paths, changedPart: part };
  }
  const { changes, onlyFirstRemoves, onlySecondRemoves, timesOnly, alsoRan } = verification;
  return {
    ...common,
    entry: entry.target,
    changes: [...changes].map(changeDocument),
    onlyCachedRemoves: onlyFirstRemoves,
    onlyNewRemoves: onlySecondRemoves,
    timesOnly,
    alsoRan,
  };
}
