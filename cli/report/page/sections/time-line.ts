/** When each step began and how long it took, with what its time went into. */

import { formatDuration } from "../../../display/format.ts";
import type { ReportSide, ReportStep } from "../../document.ts";
import { element } from "../dom.ts";
import { type Section, section } from "../section.ts";

interface Piece {
  readonly part: "unpack" | "first" | "run" | "snapshot" | "push";
  readonly fromMs: number;
  readonly ms: number;
}

const partNames: Readonly<Record<Piece["part"], string>> = {
  unpack: "unpacking the base",
  first: "first snapshot",
  run: "the instruction",
  snapshot: "snapshot",
  push: "push to the layer cache",
};

export function timeSection(sides: readonly ReportSide[], shell: string): Section | null {
  const timed = sides.filter(({ steps }) => steps.some(({ startedMs }) => startedMs !== null));
  const last = timed.at(-1);
  if (last === undefined) return null;
  // Two lines are drawn to the same measure.
  const endMs = Math.max(...timed.map(endOf));
  const used = new Set(timed.flatMap(({ steps }) => steps.flatMap(piecesOf)).map(({ part }) => part));
  return section(
    { id: "time", title: "Time line", command: `${shell} steps ${last.word} --times` },
    element(
      "ul",
      { class: "legend" },
      ...Object.entries(partNames)
        .filter(([part]) => used.has(part as Piece["part"]))
        .map(([part, name]) => element("li", {}, element("span", { class: `swatch part-${part}` }), name)),
    ),
    ...timed.flatMap(side => [timed.length < 2 ? null : element("h3", {}, side.name), chart(side, endMs)]),
  );
}

function endOf({ build, steps }: ReportSide): number {
  const ends = steps.flatMap(step => piecesOf(step).map(({ fromMs, ms }) => fromMs + ms));
  return Math.max(1, build?.durationMs ?? 0, ...ends);
}

function piecesOf({ startedMs, durationMs, snapshotMs, times }: ReportStep): Piece[] {
  if (startedMs === null || durationMs === null) return [];
  const pieces: Piece[] = [];
  let fromMs = startedMs;
  const add = (part: Piece["part"], ms: number | null) => {
    if (ms === null || ms <= 0) return;
    pieces.push({ part, fromMs, ms });
    fromMs += ms;
  };
  if (times === null) {
    add("run", durationMs - (snapshotMs ?? 0));
    add("snapshot", snapshotMs);
  } else {
    add("unpack", times.unpackMs);
    add("first", times.firstSnapshotMs);
    add("run", times.runMs);
    add("snapshot", times.snapshotMs);
    add("push", times.pushMs);
  }
  return pieces;
}

function chart(side: ReportSide, endMs: number): HTMLElement {
  const rows = side.steps.filter(({ startedMs }) => startedMs !== null);
  return element(
    "div",
    { class: "gantt" },
    element("div", { class: "gantt-axis", "aria-hidden": "true" }, element("span"), axis(endMs), element("span")),
    element("ol", {}, ...rows.map(step => rowOf(step, endMs))),
  );
}

function axis(endMs: number): HTMLElement {
  return element(
    "span",
    { class: "ticks" },
    ...[0, 0.25, 0.5, 0.75, 1].map(at => {
      const tick = element("span", { class: "tick" }, at === 0 ? "0" : formatDuration(endMs * at));
      tick.style.left = `${at * 100}%`;
      return tick;
    }),
  );
}

function rowOf(step: ReportStep, endMs: number): HTMLElement {
  const pieces = piecesOf(step);
  const told = pieces.map(({ part, ms }) => `${partNames[part]} ${formatDuration(ms)}`).join(", ");
  const label = `from ${formatDuration(step.startedMs)}, ${told === "" ? formatDuration(step.durationMs) : told}`;
  const track = element("span", { class: "track", role: "img", "aria-label": label });
  for (const { part, fromMs, ms } of pieces) {
    const piece = element("span", {
      class: `gantt-piece part-${part}`,
      title: `${partNames[part]}: ${formatDuration(ms)}`,
    });
    piece.style.left = `${(fromMs / endMs) * 100}%`;
    piece.style.width = `max(2px, ${(ms / endMs) * 100}%)`;
    track.append(piece);
  }
  return element(
    "li",
    {},
    element("span", { class: "gantt-name" }, element("b", {}, step.number), " ", element("code", {}, step.text)),
    track,
    element("span", { class: "gantt-time" }, formatDuration(step.durationMs)),
  );
}
