/** The WHY pane: what the layer cache said to the selected step, why, and its key beside that of the other build. */

import { maskAssignments } from "../../../lib/build/secrets.ts";
import type { ExplainedStep } from "../../../lib/explain/explain-builds.ts";
import type { Explanation } from "../../../lib/explain/explain-target.ts";
import { namedParts, partTable } from "../../../lib/explain/part-table.ts";
import { sentenceOf } from "../../../lib/explain/sentences.ts";
import type { BuildRecord, Step } from "../../../lib/model/build.ts";
import { showText } from "../../../lib/model/path-text.ts";
import type { ForeseenStep } from "../../../lib/prediction/foresee.ts";
import { wrongPredictions } from "../../../lib/prediction/wrong-predictions.ts";
import { cacheWordsOf } from "../../display/cache-words.ts";
import { changeSigns, invalidatedBy, shownPath } from "../../display/change-effect.ts";
import { formatBytes, formatDuration } from "../../display/format.ts";
import { causeWords } from "../../display/prediction.ts";
import { shownStep } from "../live/live-state.ts";
import { type WatchedStep, watchedStep } from "../live/watch-view.ts";
import { selectedStep } from "../state/select.ts";
import type { State } from "../state/state.ts";
import { wrapText } from "../text/cells.ts";
import { type Row, span, type Tone } from "../text/spans.ts";
import { partRows } from "./part-rows.ts";

export function whyRows(state: State, width: number): Row[] {
  return state.place === "live" ? liveRows(state, width) : recordedRows(state, width);
}

function paragraph(text: string, width: number, tone: Tone = "plain"): Row[] {
  return wrapText(text, Math.max(10, width)).map(line => [span(line, tone)]);
}

function instruction(text: string, width: number): Row[] {
  return paragraph(showText(maskAssignments(text)), width, "bold");
}

function recordedRows(state: State, width: number): Row[] {
  const step = selectedStep(state);
  const build = state.target?.build ?? null;
  if (step === null) return [[span("no step is selected", "dim")]];
  if (build === null)
    return paragraph("This image was not built here: nothing is known of its cache keys.", width, "dim");
  const known = state.explanation?.of === build.id ? state.explanation : null;
  if (known?.error) return [...instruction(step.text, width), ...paragraph(known.error, width, "error")];
  if (!known?.explanation) return [...instruction(step.text, width), [span("comparing the builds ..", "dim")]];
  return explainedRows(known.explanation, step, build, width);
}

function explainedRows(explanation: Explanation, step: Step, build: BuildRecord, width: number): Row[] {
  const { one, other, steps } = explanation;
  const explained = steps.find(candidate => candidate.step.number === step.number);
  const { sign, sentence } = cacheWordsOf(build, step);
  const wrong = wrongPredictions(build).filter(({ step: number }) => number === step.number);
  const answer = step.instruction === "FROM" ? [] : paragraph(`${sign} ${sentence}`.trim(), width, toneOf(step));
  return [
    ...instruction(step.text, width),
    ...answer,
    ...(explained === undefined ? [] : reasonRows(explained, steps, width)),
    ...wrong.flatMap(({ sentence: words }) => paragraph(`! the prediction was wrong: ${words}`, width, "warning")),
    [],
    ...(explained === undefined || step.instruction === "FROM" ? [] : sideRows(explained, explanation, width)),
    [],
    ...paragraph(
      one === null
        ? "There is no earlier build of the same context to compare with."
        : `other build: ${showText(one.record.name ?? one.record.id)}; this one: ${showText(other.record.name ?? other.record.id)}`,
      width,
      "dim",
    ),
  ];
}

function toneOf({ cache }: Step): Tone {
  return cache.result === "hit" ? "added" : cache.result === "miss" ? "modified" : "plain";
}

function reasonRows(explained: ExplainedStep, all: readonly ExplainedStep[], width: number): Row[] {
  const sentence = sentenceOf(explained, all);
  // It would say again what stands above.
  if (sentence === "hit" || sentence === "the layer cache was off") return [];
  return paragraph(sentence, width, explained.isFirst ? "accent" : "plain");
}

const untoldParts = "The parts are not known: the log does not tell them for certain.";
const unknownParts = "The parts are not known before it is built.";

function sideRows({ step, before }: ExplainedStep, { one, other }: Explanation, width: number): Row[] {
  const parts = namedParts(other, step);
  const old = one === null || before === null ? null : namedParts(one, before);
  return partRows(
    {
      key: step.cache.key,
      otherKey: before?.cache.key ?? null,
      parts: parts === null ? untoldParts : partTable(old ?? [], parts),
      titles: width >= 60 ? ["this build", "other build"] : ["this", "other"],
      hasOther: old !== null,
    },
    width,
  );
}

function liveRows(state: State, width: number): Row[] {
  const { live, watch } = state;
  const step = live?.progress.steps[shownStep(live)];
  if (!live || !step) return [[span("no step yet", "dim")]];
  const head = instruction(step.text, width);
  if (!watch) {
    const told =
      step.cacheResult === null ? "not known yet" : step.cacheResult === "skipped" ? "not looked up" : step.cacheResult;
    const hint = live.ended
      ? "L shows what was kept of the build: there this pane compares it with the build before."
      : "When the build has ended this pane compares it with the build before.";
    return [
      ...head,
      ...paragraph(`${told} ${showText(step.missReason)}`.trim(), width),
      [],
      ...paragraph(hint, width, "dim"),
    ];
  }
  const watched = watchedStep(watch, step);
  const { foreseen } = watched;
  if (foreseen === null)
    return [...head, ...paragraph("nothing is predicted of this step", width, "dim"), ...unknownRows(state, width)];
  return [
    ...head,
    ...foreseenRows(foreseen, watched, width),
    ...proofRows(watched, step, width),
    [],
    ...(foreseen.result === "off" ? [] : foreseenSides(foreseen, width)),
    ...changedRows(state, watched, width),
  ];
}

function unknownRows({ watch }: State, width: number): Row[] {
  const why = watch?.shown?.foresight.unknown ?? null;
  return why === null ? [] : paragraph(showText(why), width);
}

const foreseenWords: Readonly<Record<ForeseenStep["result"], string>> = {
  hit: "+ will be a hit",
  miss: "! will miss: no entry under this key",
  expired: "! will miss: its entry has expired",
  skipped: ". will not be looked up",
  unknown: "? not known",
  off: "not asked for in the layer cache",
};

function foreseenRows(foreseen: ForeseenStep, { invalidated }: WatchedStep, width: number): Row[] {
  const { result, unknown, cause, measured } = foreseen;
  const why =
    unknown !== null
      ? showText(unknown)
      : invalidated
        ? `changed ${invalidatedBy(invalidated)}`
        : cause && result !== "hit"
          ? causeWords(cause)
          : "";
  const cost =
    measured === null || result === "hit" || result === "off"
      ? ""
      : `took ${formatDuration(measured.durationMs)} when it last ran, ${formatBytes(measured.sizeBytes)}`;
  return [
    ...paragraph(
      `predicted: ${foreseenWords[result]}`,
      width,
      result === "hit" ? "added" : result === "skipped" || result === "off" ? "plain" : "modified",
    ),
    ...(why === "" ? [] : paragraph(why, width, "accent")),
    ...(cost === "" ? [] : paragraph(cost, width, "dim")),
  ];
}

function proofRows(
  { foreseen, isRight }: WatchedStep,
  step: { readonly cacheKey: string | null; readonly cacheResult: string | null },
  width: number,
): Row[] {
  if (isRight === null || foreseen === null) return [];
  if (isRight) return paragraph("as predicted", width, "dim");
  const was = step.cacheResult === "skipped" ? "not looked up" : (step.cacheResult ?? "");
  const under =
    step.cacheKey === foreseen.key
      ? "its key"
      : `${(step.cacheKey ?? "").slice(0, 12)}, predicted was ${(foreseen.key ?? "none").slice(0, 12)}`;
  return paragraph(`! it came otherwise: ${was} under ${under}`, width, "warning");
}

function foreseenSides({ key, parts, before }: ForeseenStep, width: number): Row[] {
  const old = before?.parts ?? null;
  return partRows(
    {
      key,
      otherKey: before?.key ?? null,
      parts: parts === null ? unknownParts : partTable(old ?? [], parts),
      titles: width >= 60 ? ["as it is now", "last build"] : ["now", "last"],
      hasOther: old !== null,
    },
    width,
  );
}

/** The changed files of this step, all of them. */
function changedRows({ watch }: State, { invalidated }: WatchedStep, width: number): Row[] {
  const changes = watch?.shown?.effect.changes ?? [];
  if (invalidated === null || invalidated.files.length === 0) return [];
  const files = new Set(invalidated.files);
  const rows = changes
    .filter(({ path }) => files.has(path))
    .map(({ kind, path }): Row => [span(`${changeSigns[kind]} ${shownPath(path)}`, "modified")]);
  return [[], ...paragraph("changed files that it takes", width, "dim"), ...rows];
}
