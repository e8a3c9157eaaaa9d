/** Two builds as pairs of steps: side by side where there is room, else in one line each. */

import type { ComparedFiles, PairStatus } from "../../../../lib/compare/compare-targets.ts";
import type { Step } from "../../../../lib/model/build.ts";
import { showText } from "../../../../lib/model/path-text.ts";
import type { Target } from "../../../../lib/model/target.ts";
import { formatBytes, formatDelta, formatDuration } from "../../../display/format.ts";
import { resultOf } from "../../rows/step-rows.ts";
import { cellWidth, cutText, wrapText } from "../../text/cells.ts";
import { type Row, span, type Tone } from "../../text/spans.ts";
import type { ListView } from "../list-view.ts";
import type { CompareSheet } from "../sheet.ts";
import type { CompareData } from "./compare-data.ts";

type Pair = CompareData["pairs"][number];

/** From here on both have an instruction of their own. */
const wideFrom = 120;

const signs: Readonly<Record<PairStatus, { readonly sign: string; readonly tone: Tone; readonly word: string }>> = {
  same: { sign: " ", tone: "dim", word: "the same" },
  times: { sign: "t", tone: "dim", word: "the same but for times of files" },
  files: { sign: "~", tone: "modified", word: "the same instruction, other files" },
  edited: { sign: "e", tone: "accent", word: "another instruction" },
  added: { sign: "+", tone: "added", word: "only in the right one" },
  removed: { sign: "-", tone: "deleted", word: "only in the left one" },
  unknown: { sign: "?", tone: "warning", word: "the same instruction; what it left is not known of both" },
};

export const compareView: ListView<CompareSheet> = {
  title(_, { data, error, one }) {
    if (data === null)
      return [span("COMPARE", "focused-title"), span(error === "" && one !== null ? "  opening .." : "", "dim")];
    const { comparison } = data;
    return [
      span("COMPARE ", "focused-title"),
      span(nameOf(data.oneTarget), "bold"),
      span("  with  "),
      span(nameOf(data.otherTarget), "bold"),
      span(
        comparison === null ? "  comparing files .." : comparison.differs ? "  they differ" : "  no difference",
        "accent",
      ),
    ];
  },
  heads(_, { data }, width) {
    const half = Math.floor((width - 3) / 2);
    const one = data ? sizeText(data, "one") : "";
    const other = data ? sizeText(data, "other") : "";
    if (width < wideFrom) return [span("    LEFT RIGHT  RESULT            SIZE      TIME  INSTRUCTION", "title")];
    return [span(` ${`LEFT ${one}`.padEnd(half + 3)}RIGHT ${other}`, "title")];
  },
  count: (_, { data }) => data?.pairs.length ?? 0,
  row(_, { data }, at, selected, width) {
    const pair = data?.pairs[at];
    if (!data || !pair) return [];
    return width < wideFrom ? narrowRow(data, pair, selected) : wideRow(data, pair, selected, width);
  },
  detail(_, { data, place }, width) {
    const pair = data?.pairs[place.cursor];
    if (!data || !pair) return [];
    const { status, files } = pair;
    return [
      [
        span(status === undefined ? ".." : signs[status].word, status === undefined ? "dim" : signs[status].tone),
        span(files ? `  ${filesText(files)}` : ""),
      ],
      ...sideText("left ", pair.one, width),
      ...(pair.one?.text === pair.other?.text ? [] : sideText("right", pair.other, width)),
    ];
  },
  empty: "There is no other build of the same context: b lists all, C compares with the selected one.",
};

function nameOf({ name, build }: Target): string {
  return showText(build?.name ?? name);
}

function sizeText({ comparison, oneTarget, otherTarget }: CompareData, side: "one" | "other"): string {
  const { build } = side === "one" ? oneTarget : otherTarget;
  const sizeBytes = comparison?.[side].sizeBytes ?? null;
  return [
    build?.status ?? "",
    sizeBytes === null ? "" : formatBytes(sizeBytes),
    formatDuration(build?.durationMs ?? null),
  ]
    .filter(text => text !== "")
    .join("  ");
}

function signOf({ status }: Pair): { sign: string; tone: Tone } {
  return status === undefined ? { sign: ".", tone: "dim" } : signs[status];
}

function wideRow(data: CompareData, pair: Pair, selected: boolean, width: number): Row {
  const half = Math.floor((width - 5) / 2);
  const { sign, tone } = signOf(pair);
  return [
    span(selected ? ">" : " "),
    ...sideCells(pair.one, data.oneTarget, half, tone),
    span(` ${sign} `, tone),
    ...sideCells(pair.other, data.otherTarget, half, tone),
  ];
}

/** Exactly `width` columns, so that the other side stands below its own. */
function sideCells(step: Step | null, { build }: Target, width: number, tone: Tone): Row {
  if (step === null) return [span("".padEnd(width))];
  const { sign, word, tone: resultTone } = resultOf(step, build);
  const head = `${String(step.number).padStart(3)} `;
  const facts = `${sizeOf(step).padStart(9)} ${formatDuration(step.durationMs).padStart(8)}  `;
  const room = Math.max(4, width - head.length - 6 - facts.length);
  const text = cutText(showText(step.text === "" ? "(no history)" : step.text), room);
  return [
    span(head),
    span(`${sign}${word.padEnd(5)}`, resultTone),
    span(facts, "dim"),
    span(text, tone === "dim" ? "plain" : tone),
    span(" ".repeat(Math.max(0, room - cellWidth(text)))),
  ];
}

function narrowRow(data: CompareData, pair: Pair, selected: boolean): Row {
  const { one, other } = pair;
  const { sign, tone } = signOf(pair);
  const word = (step: Step | null, target: Target) => (step === null ? "" : resultOf(step, target.build).word);
  const [before, after] = [word(one, data.oneTarget), word(other, data.otherTarget)];
  const results = before === after || one === null || other === null ? before || after : `${before} > ${after}`;
  const number = (step: Step | null) => String(step?.number ?? "").padStart(4);
  return [
    span(selected ? ">" : " "),
    span(`${sign} `, tone),
    span(`${number(one)} ${number(other)}   `),
    span(results.padEnd(13), before === after ? "dim" : "modified"),
    span(deltaText(one, other, layerBytes, formatBytes, formatDelta).padStart(9)),
    span(deltaText(one, other, step => step.durationMs, formatDuration, deltaDuration).padStart(10), "dim"),
    span(`  ${showText((other ?? one)?.text ?? "")}`, tone === "dim" ? "plain" : tone),
  ];
}

/** The one value where both have it, or only one has any; else the difference. */
function deltaText(
  one: Step | null,
  other: Step | null,
  factOf: (step: Step) => number | null,
  format: (value: number) => string,
  formatChange: (value: number) => string,
): string {
  const [before, after] = [one && factOf(one), other && factOf(other)];
  if (before === null || after === null) {
    const only = before ?? after;
    return only === null ? "" : format(only);
  }
  return before === after ? format(after) : formatChange(after - before);
}

function deltaDuration(ms: number): string {
  return ms < 0 ? `-${formatDuration(-ms)}` : `+${formatDuration(ms)}`;
}

function layerBytes({ layer, baseLayers }: Step): number | null {
  const layers = layer ? [layer] : baseLayers;
  return layers.length === 0 ? null : layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function sizeOf(step: Step): string {
  const bytes = layerBytes(step);
  return bytes === null ? "" : formatBytes(bytes);
}

function filesText({ added, modified, deleted, timeOnly }: ComparedFiles): string {
  const times = timeOnly > 0 ? `, ${timeOnly} differ in times only` : "";
  return `+${added} ~${modified} -${deleted} paths${times}`;
}

function sideText(label: string, step: Step | null, width: number): Row[] {
  if (step === null) return [];
  return wrapText(showText(step.text), Math.max(10, width - 8)).map(
    (line, at): Row => [span((at === 0 ? label : "").padEnd(7), "dim"), span(line)],
  );
}
