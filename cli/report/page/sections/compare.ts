/** Two builds or images side by side: steps in pairs, and what containers get. */

import type { PairStatus } from "../../../../lib/compare/compare-targets.ts";
import { formatBytes, formatDelta, formatDuration } from "../../../display/format.ts";
import type { ReportComparison, ReportPair, ReportSide, ReportStep } from "../../document.ts";
import { type Child, element, nameText } from "../dom.ts";
import { badge, kindBadge, resultBadge, stepOf } from "../marks.ts";
import { type Section, section, table } from "../section.ts";

const statuses: Readonly<Record<PairStatus, readonly [sign: string, word: string, tone: string]>> = {
  same: ["=", "same", "quiet"],
  times: ["=", "only times", "quiet"],
  files: ["≠", "other files", "warn"],
  edited: ["✎", "edited", "warn"],
  added: ["+", "added", "good"],
  removed: ["−", "removed", "bad"],
  unknown: ["?", "unknown", "quiet"],
};

export function pairsSection(comparison: ReportComparison, side: ReportSide, shell: string): Section {
  const { one, pairs } = comparison;
  const differing = pairs.filter(({ status }) => status !== "same" && status !== "times").length;
  return section(
    {
      id: "pairs",
      title: "Steps side by side",
      count: String(differing),
      lead: `${differing === 0 ? "No step differs" : `${differing} of ${pairs.length} differ`}, aligned by instruction.`,
      command: `${shell} compare ${one.word} ${side.word}`,
    },
    table(
      "Steps of both, in pairs",
      [
        { title: "Was", isNumber: true },
        { title: "Now", isNumber: true },
        { title: "Is" },
        { title: "Instruction" },
        { title: "Cache" },
        { title: "Time", isNumber: true },
        { title: "Size", isNumber: true },
        { title: "Files" },
      ],
      pairs.map(pair => pairRow(pair, stepOf(one, pair.one), stepOf(side, pair.other))),
    ),
  );
}

function pairRow(pair: ReportPair, one: ReportStep | null, other: ReportStep | null): Child[] {
  const shown = other ?? one;
  const old =
    pair.status === "edited" && one !== null
      ? element("div", { class: "quiet-text" }, "was ", element("code", {}, one.text))
      : null;
  return [
    one?.number ?? null,
    other === null ? null : element("a", { href: `#step-${other.number}` }, other.number),
    badge(...statuses[pair.status]),
    element("div", {}, element("code", {}, shown?.text ?? ""), old),
    element(
      "span",
      { class: "nowrap" },
      one === null ? null : resultBadge(one),
      one !== null && other !== null ? " → " : null,
      other === null ? null : resultBadge(other),
    ),
    differenceText(one?.durationMs, other?.durationMs, formatDuration),
    differenceText(one?.sizeBytes, other?.sizeBytes, formatBytes),
    element("span", { class: "nowrap" }, filesText(pair)),
  ];
}

function differenceText(
  one: number | null | undefined,
  other: number | null | undefined,
  format: (value: number) => string,
): string {
  const [before, after] = [one ?? null, other ?? null];
  if (before === null && after === null) return "";
  if (before === null || after === null) return format((after ?? before) as number);
  return before === after ? format(after) : `${format(before)} → ${format(after)}`;
}

function filesText({ files }: ReportPair): string {
  if (files === null || files.added + files.modified + files.deleted === 0) return "";
  return `+${files.added} ~${files.modified} −${files.deleted}, ${formatDelta(files.bytesDelta)}`;
}

export function configSection(comparison: ReportComparison, side: ReportSide, shell: string): Section | null {
  const { config, one } = comparison;
  if (config.length === 0) return null;
  return section(
    {
      id: "config",
      title: "Config",
      count: String(config.length),
      lead: "What a container gets otherwise.",
      command: `${shell} compare ${one.word} ${side.word} --config`,
    },
    table(
      "Differences of the configs",
      [{ title: "Is" }, { title: "What" }, { title: "Was" }, { title: "Now" }],
      config.map(({ kind, field, name, before, after, masked }) => [
        kindBadge(kind),
        element("span", {}, `${field} `, nameText(name)),
        before === null ? "" : nameText(before),
        after === null ? "" : nameText(masked && kind === "M" ? `${after} (another value)` : after),
      ]),
    ),
  );
}

export function imageConfigSection(side: ReportSide): Section | null {
  const { image } = side;
  if (image === null || image.config.length === 0) return null;
  return section(
    { id: "config", title: "Config", lead: "What a container of this image gets.", command: null },
    table(
      "Config of the image",
      [{ title: "What" }, { title: "Value" }],
      image.config.map(({ field, name, value }) => [element("span", {}, `${field} `, nameText(name)), nameText(value)]),
    ),
  );
}
