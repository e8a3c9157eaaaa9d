/** The first thing to be seen: what it is, how large, how quick, how well cached, what is wrong. */

import { counted, formatBytes, formatDuration } from "../../../display/format.ts";
import type { ReportSide } from "../../document.ts";
import type { PageDocument } from "../../page-document.ts";
import { partValue } from "../../part-value.ts";
import { cacheTotals, countSeverities } from "../../totals.ts";
import { type Child, element, hidden, lineNodes, nameText } from "../dom.ts";
import { stepColour } from "../marks.ts";

export function overview(report: PageDocument): HTMLElement {
  const { side, comparison } = report;
  return element(
    "header",
    { class: "overview", id: "overview" },
    element("p", { class: "kicker" }, comparison === null ? kickerOf(side) : "Two compared"),
    comparison === null
      ? element("h1", {}, nameText(side.name))
      : element(
          "h1",
          {},
          nameText(comparison.one.name),
          element("span", { class: "arrow" }, " → "),
          nameText(side.name),
        ),
    element("p", { class: "about" }, ...aboutOf(side)),
    ...failureOf(side),
    element("div", { class: "cards" }, ...cardsOf(report)),
    layerBar(side),
  );
}

function kickerOf({ build }: ReportSide): string {
  if (build === null) return "Image";
  return build.status === "succeeded" ? "Build" : `Build, ${build.status}`;
}

function aboutOf({ build, image }: ReportSide): Child[] {
  const facts = [
    build && `build ${build.id}`,
    build && new Date(build.startedAt).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }),
    build && `kaniko ${build.executor} by ${build.driver}`,
    image?.platform ?? null,
  ].filter(fact => fact !== null && fact !== "");
  return [
    facts.join(" · "),
    image?.digest ? element("span", { class: "digest" }, hidden("digest "), image.digest) : null,
  ];
}

function failureOf({ build }: ReportSide): HTMLElement[] {
  const warnings = (build?.warnings ?? []).map(warning =>
    element("p", { class: "notice warn" }, `warning: ${warning}`),
  );
  if (build?.failure === null || build === null) return warnings;
  const { message, step, output } = build.failure;
  const place = step === null ? "" : `step ${step}: `;
  return [
    element("p", { class: "notice bad", role: "note" }, `✕ ${place}${message}`),
    output.length === 0 ? null : logNode(output),
    ...warnings,
  ].filter(node => node !== null);
}

/** What the failing step printed last. */
function logNode(lines: readonly string[]): HTMLElement {
  const label = "The last lines that the failing step printed";
  const log = element("pre", { class: "log" }, ...lineNodes(lines.join("\n")));
  return element("div", { class: "scroll", role: "region", "aria-label": label, tabindex: 0 }, log);
}

interface Card {
  readonly title: string;
  readonly value: string;
  readonly more: Child;
  /** From 0 to 1, as a bar. */
  readonly part?: number | null;
  readonly tone?: string;
  readonly href: string;
}

function cardsOf(report: PageDocument): HTMLElement[] {
  return [sizeCard(report), stepsCard(report), cacheCard(report), timeCard(report), wasteCard(report), lintCard(report)]
    .filter(card => card !== null)
    .map(cardNode);
}

function cardNode({ title, value, more, part, tone, href }: Card): HTMLElement {
  const bar = element("span", { class: `meter ${tone ?? ""}`, "aria-hidden": "true" }, element("span"));
  (bar.firstElementChild as HTMLElement).style.width = `${Math.round((part ?? 0) * 1000) / 10}%`;
  return element(
    "a",
    { class: "card", href },
    element("span", { class: "card-title" }, title),
    element("span", { class: "card-value" }, value),
    element("span", { class: "card-more" }, more),
    part === undefined || part === null ? null : bar,
  );
}

/** `was 12 MB (+3 MB)`, where two are compared. */
function was(
  before: number | null | undefined,
  after: number | null | undefined,
  format: (value: number) => string,
): string | null {
  if (before === null || before === undefined || after === null || after === undefined) return null;
  if (before === after) return "the same as before";
  return `was ${format(before)} (${after > before ? "+" : "−"}${format(Math.abs(after - before))})`;
}

function sizeCard({ side, comparison }: PageDocument): Card | null {
  const { image } = side;
  if (image === null) return null;
  const unpacked = image.unpackedBytes === null ? "" : `${formatBytes(image.unpackedBytes)} unpacked, `;
  const files = image.fileCount === null ? "" : counted(image.fileCount, "path");
  return {
    title: "Image",
    value: formatBytes(image.sizeBytes),
    more: was(comparison?.one.image?.sizeBytes, image.sizeBytes, formatBytes) ?? `${unpacked}${files}`,
    href: side.build === null || image.unpackedBytes !== null ? "#sizes" : "#steps",
  };
}

function stepsCard({ side, comparison }: PageDocument): Card {
  const stages = new Set(side.steps.map(({ stage }) => stage.index)).size;
  const layers = side.image === null ? "no image" : counted(side.image.layerCount, "layer");
  const same = comparison?.pairs.filter(({ status }) => status === "same").length;
  return {
    title: "Steps",
    value: String(side.steps.length),
    more: same === undefined ? `${counted(stages, "stage")}, ${layers}` : `${same} the same on both sides`,
    href: comparison === null ? "#steps" : "#pairs",
  };
}

function cacheCard({ side, comparison }: PageDocument): Card | null {
  const totals = cacheTotals(side);
  if (totals === null) return null;
  const before = comparison && cacheTotals(comparison.one);
  const misses = counted(totals.asked - totals.hits, "step").replace(/^0 steps$/, "nothing");
  return {
    title: "Layer cache",
    value: totals.asked === 0 ? "–" : `${totals.hits} of ${totals.asked}`,
    more:
      totals.asked === 0
        ? "no step was looked up"
        : before
          ? `was ${before.hits} of ${before.asked}`
          : `${misses} had to be run`,
    part: totals.asked === 0 ? null : totals.hits / totals.asked,
    tone: totals.hits === totals.asked ? "good" : "warn",
    href: "#misses",
  };
}

function timeCard({ side, comparison }: PageDocument): Card | null {
  const { build, steps } = side;
  if (build === null || build.durationMs === null) return null;
  const longest = steps.reduce(
    (most, step) => ((step.durationMs ?? 0) > (most?.durationMs ?? 0) ? step : most),
    steps[0],
  );
  return {
    title: "Time",
    value: formatDuration(build.durationMs),
    more:
      was(comparison?.one.build?.durationMs, build.durationMs, formatDuration) ??
      `the longest: step ${longest?.number}, ${formatDuration(longest?.durationMs ?? null)}`,
    href: "#time",
  };
}

function wasteCard({ waste }: PageDocument): Card | null {
  const value = partValue(waste);
  if (value === null) return null;
  return {
    title: "Efficiency",
    value: `${(Math.floor(value.efficiency * 1000) / 10).toFixed(1)} %`,
    more:
      value.wastedBytes === 0
        ? "nothing is stored for nothing"
        : `${formatBytes(value.wastedBytes)} stored for nothing`,
    part: value.efficiency,
    tone: value.efficiency >= 0.95 ? "good" : value.efficiency >= 0.8 ? "warn" : "bad",
    href: "#waste",
  };
}

function lintCard({ lint }: PageDocument): Card | null {
  const value = partValue(lint);
  if (value === null) return null;
  const { error, warning, note } = countSeverities(value.findings);
  return {
    title: "Findings",
    value: error + warning + note === 0 ? "none" : String(error + warning + note),
    more: `${counted(error, "error")}, ${counted(warning, "warning")}, ${counted(note, "note")}`,
    href: "#lint",
  };
}

/** How large the layers of the image are, one beside the other. */
function layerBar({ steps, image }: ReportSide): HTMLElement | null {
  const own = steps.filter(({ sizeBytes }) => sizeBytes !== null && sizeBytes > 0);
  const total = own.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
  if (image === null || own.length < 2) return null;
  const pieces = own.map(step => {
    const piece = element(
      "a",
      {
        href: `#step-${step.number}`,
        class: `piece ${stepColour(step.number)}`,
        title: `step ${step.number}: ${formatBytes(step.sizeBytes ?? 0)}`,
        "aria-label": `step ${step.number}: ${formatBytes(step.sizeBytes ?? 0)}`,
      },
      (step.sizeBytes ?? 0) / total > 0.05 ? String(step.number) : null,
    );
    piece.style.flexGrow = String((step.sizeBytes ?? 0) / total);
    return piece;
  });
  return element(
    "div",
    { class: "layer-bar" },
    element("p", { class: "bar-title" }, `Layers of all steps, as stored: ${formatBytes(total)}`),
    element("div", { class: "pieces" }, pieces),
  );
}
