/** Why steps were no hits, as text and as JSON. */

import { maskAssignments } from "../../lib/build/secrets.ts";
import type { Cause } from "../../lib/explain/cause.ts";
import { type ExplainedStep, rootOf } from "../../lib/explain/explain-builds.ts";
import type { Explanation } from "../../lib/explain/explain-target.ts";
import { sentenceOf } from "../../lib/explain/sentences.ts";
import type { BuildRecord } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";
import { wrapText } from "../tui/text/cells.ts";
import type { Output } from "./output.ts";
import type { Style } from "./style.ts";
import { cutTo } from "./table.ts";

const indent = "            ";

/** A line for the instruction, and the sentence below it. */
export function explainedLines(explained: ExplainedStep, all: readonly ExplainedStep[], output: Output): string[] {
  const { step } = explained;
  const head = `${String(step.number).padStart(3)}  ${word(explained).padEnd(7)}`;
  const text = cutTo(showText(maskAssignments(step.text)), Math.max(12, output.columns - indent.length));
  const paint = paintOf(explained, output.style);
  const why = wrapText(sentenceOf(explained, all), Math.max(20, output.columns - indent.length));
  return [
    `${paint(head)}${text}`,
    ...why.map(line => `${indent}${explained.isFirst ? output.style.bold(line) : output.style.dim(line)}`),
  ];
}

function word({ step, result }: ExplainedStep): string {
  if (step.instruction === "FROM") return "";
  return result === "skipped" ? "-" : result;
}

function paintOf({ result, isFirst }: ExplainedStep, style: Style): (text: string) => string {
  if (result === "hit") return style.green;
  return isFirst ? style.red : result === "miss" ? style.yellow : style.dim;
}

/** What there is to say of all steps together. */
export function explanationSummary({ one, steps }: Explanation): string {
  const count = (test: (step: ExplainedStep) => boolean) => steps.filter(test).length;
  const hits = count(({ result }) => result === "hit");
  const first = count(({ isFirst }) => isFirst);
  const later = count(({ causes, isFirst }) => causes.length > 0 && !isFirst);
  if (one === null)
    return `${hits} hits; the first build of this context and Dockerfile that is kept: nothing to compare with`;
  if (first + later === 0) return `${hits} hits; nothing changed`;
  return `${plural(hits, "hit")}, ${plural(first, "step")} with a cause of its own, ${later} only because of a step before`;
}

function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Key and parts of a step beside those of the other build. */
export function partLines({ step, before }: ExplainedStep, style: Style): string[] {
  const lines = [`key   ${step.cache.key ?? "not known"}`];
  if (before !== null && before.cache.key !== step.cache.key) lines.push(`  was ${before.cache.key ?? "not known"}`);
  if (step.cache.parts === null) return [...lines, "parts not known: the log does not tell them for certain"];
  lines.push("parts that this step adds (= the same, + new, - gone)");
  const [old, now] = [before?.cache.parts ?? null, step.cache.parts];
  for (const part of now) {
    const isNew = old !== null && !old.includes(part);
    lines.push(isNew ? style.green(`  + ${showText(part)}`) : `  = ${showText(part)}`);
  }
  for (const part of old ?? []) if (!now.includes(part)) lines.push(style.red(`  - ${showText(part)}`));
  return lines;
}

export function explanationDocument({ one, other, steps }: Explanation, shown: readonly ExplainedStep[]): object {
  return {
    build: buildDocument(other.record),
    against: one && buildDocument(one.record),
    prediction: other.record.prediction ?? null,
    steps: shown.map(explained => stepDocument(explained, steps)),
  };
}

function buildDocument({ id, name, status, driver, executor, startedAt }: BuildRecord): object {
  return { id, name, status, driver, executor, startedAt };
}

function stepDocument(explained: ExplainedStep, all: readonly ExplainedStep[]): object {
  const { step, before, result, reason, isSameKey, causes, isFirst } = explained;
  const [first] = causes;
  return {
    number: step.number,
    stage: step.stage,
    line: step.line,
    instruction: step.instruction,
    text: step.text,
    status: step.status,
    result,
    reason,
    key: step.cache.key,
    parts: step.cache.parts,
    against: before && { number: before.number, text: before.text, key: before.cache.key, parts: before.cache.parts },
    sameKey: isSameKey,
    isFirst,
    sentence: sentenceOf(explained, all),
    cause: first === undefined ? null : causeDocument(first, all),
    causes: causes.map(each => causeDocument(each, all)),
  };
}

function causeDocument(cause: Cause, all: readonly ExplainedStep[]): object {
  const root = cause.kind === "earlier-step" || cause.kind === "stage" ? rootOf(all, cause) : null;
  return { ...cause, root: root && { ...root.cause, step: root.step } };
}
