/** The instructions, one line each, that open to all that is known of them. */

import { counted, formatBytes, formatDuration } from "../../../display/format.ts";
import type { ReportSide, ReportStep } from "../../document.ts";
import { type Child, element, hidden, nameText } from "../dom.ts";
import { resultBadge, stepColour } from "../marks.ts";
import { commandLine, type Section, section } from "../section.ts";

export function stepsSection(side: ReportSide, shell: string): Section {
  const stages = Map.groupBy(side.steps, ({ stage }) => stage.index);
  const most = {
    ms: Math.max(1, ...side.steps.map(({ durationMs }) => durationMs ?? 0)),
    bytes: Math.max(1, ...side.steps.map(({ sizeBytes }) => sizeBytes ?? 0)),
  };
  return section(
    { id: "steps", title: "Steps", count: String(side.steps.length), command: `${shell} steps ${side.word}` },
    ...[...stages.values()].flatMap(steps => [
      stages.size < 2 ? null : stageTitle(steps),
      element("div", { class: "steps" }, ...steps.map(step => stepNode(step, most, side, shell))),
    ]),
  );
}

function stageTitle(steps: readonly ReportStep[]): HTMLElement {
  const { stage } = steps[0] as ReportStep;
  const name = stage.name === "" ? [] : [" ", nameText(stage.name)];
  return element("h3", {}, `Stage ${stage.index}`, ...name);
}

function stepNode(step: ReportStep, most: { ms: number; bytes: number }, side: ReportSide, shell: string): HTMLElement {
  return element(
    "details",
    { class: "step", id: `step-${step.number}` },
    element(
      "summary",
      {},
      element("span", { class: `step-number ${stepColour(step.number)}` }, hidden("step "), step.number),
      element("code", { class: "instruction" }, step.text === "" ? "(no history)" : step.text),
      resultBadge(step),
      measured("time", formatDuration(step.durationMs), (step.durationMs ?? 0) / most.ms),
      measured("size", step.sizeBytes === null ? "" : formatBytes(step.sizeBytes), (step.sizeBytes ?? 0) / most.bytes),
      changeCounts(step),
    ),
    element("div", { class: "step-body" }, ...facts(step), ...commands(step, side, shell)),
  );
}

/** A value with a bar below it. */
function measured(what: string, value: string, part: number): HTMLElement {
  const bar = element("span", { class: "bar", "aria-hidden": "true" });
  bar.style.width = `${Math.round(part * 100)}%`;
  return element("span", { class: `measured ${what}` }, value === "" ? null : [hidden(`${what} `), value, bar]);
}

function changeCounts({ added, modified, deleted, layer }: ReportStep): HTMLElement {
  if (added === null || layer === null || (added === 0 && modified === 0 && deleted === 0))
    return element("span", { class: "change-counts" });
  const count = (sign: string, word: string, tone: string, value: number | null) =>
    element("span", { class: value === 0 ? "zero" : tone }, `${sign}${value ?? 0}`, hidden(` ${word} `));
  return element(
    "span",
    { class: "change-counts" },
    count("+", "added", "good-text", added),
    count("~", "modified", "warn-text", modified),
    count("−", "deleted", "bad-text", deleted),
  );
}

function facts(step: ReportStep): HTMLElement[] {
  const rows: (readonly [string, Child | readonly Child[]])[] = [];
  if (step.line !== null)
    rows.push([
      "Dockerfile",
      `line ${step.line}${step.endLine === null || step.endLine === step.line ? "" : `–${step.endLine}`}`,
    ]);
  if (step.cache.sentence !== "" && step.instruction !== "FROM") rows.push(["Layer cache", step.cache.sentence]);
  if (step.why !== null) rows.push(["Why", step.why.sentence]);
  const times = timeParts(step);
  if (times !== "") rows.push(["Time", times]);
  if (step.baseLayers > 0) rows.push(["Base", counted(step.baseLayers, "layer")]);
  if (step.layer !== null) rows.push(["Layer", element("code", {}, step.layer)]);
  if (step.cache.key !== null) rows.push(["Cache key", element("code", {}, step.cache.key)]);
  if (rows.length === 0) return [];
  return [element("dl", {}, ...rows.flatMap(([title, value]) => [element("dt", {}, title), element("dd", {}, value)]))];
}

function timeParts({ times, snapshotMs, durationMs }: ReportStep): string {
  if (times === null)
    return snapshotMs === null
      ? ""
      : `${formatDuration(durationMs)}, ${formatDuration(snapshotMs)} of it for the snapshot`;
  const parts: readonly (readonly [string, number | null])[] = [
    ["unpacking", times.unpackMs],
    ["first snapshot", times.firstSnapshotMs],
    ["itself", times.runMs],
    ["snapshot", times.snapshotMs],
    ["push to the layer cache, beside later steps", times.pushMs],
  ];
  return parts.flatMap(([name, ms]) => (ms === null ? [] : `${name} ${formatDuration(ms)}`)).join(", ");
}

function commands({ number, layer, cache }: ReportStep, { word, build }: ReportSide, shell: string): HTMLElement[] {
  return [
    layer === null ? null : commandLine(`${shell} diff ${word} --step ${number}`),
    build === null || cache.key === null ? null : commandLine(`${shell} explain ${word} --step ${number}`),
  ].filter(line => line !== null);
}
