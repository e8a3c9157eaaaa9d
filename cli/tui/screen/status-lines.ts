/** Two lines above the keys: where among the steps of all stages one is, and the command that gives the same. */

import { showText } from "../../../lib/model/path-text.ts";
import { sameLine } from "../palette/same-line.ts";
import { hasCommandRow, hasSliderRow } from "../state/select.ts";
import type { State } from "../state/state.ts";
import { cellWidth, cutText } from "../text/cells.ts";
import { type Row, type Span, span } from "../text/spans.ts";

export function statusRows(state: State): Row[] {
  return [
    ...(hasSliderRow(state) ? [sliderRow(state, state.size.columns)] : []),
    ...(hasCommandRow(state) ? [commandRow(state)] : []),
  ];
}

function commandRow(state: State): Row {
  const line = sameLine(state);
  return line === "" ? [] : [span(cutText(`$ ${showText(line)}`, state.size.columns), "dim")];
}

/** `[ build 1 2 >3< | 4 5 ]`, as much of it around the selected step as there is room for. */
export function sliderRow({ target, steps: { cursor } }: State, width: number): Row {
  const steps = target?.steps ?? [];
  const pieces = steps.map((step, at): Row => {
    const begins = at === 0 || steps[at - 1]?.stage.index !== step.stage.index;
    const name = begins && step.stage.name !== "" ? `${showText(step.stage.name)} ` : "";
    const number = at === cursor ? `>${step.number}<` : ` ${step.number} `;
    const tone = at === cursor ? "focused-title" : toneOf(step);
    return [span(begins && at > 0 ? "| " : "", "dim"), span(name, "dim"), span(number, tone)];
  });
  const frame = ["[[ ", " ]]"] as const;
  const room = width - frame[0].length - frame[1].length;
  const { from, to } = around(pieces, cursor, room);
  return [
    span(from === 0 ? "[[ " : "[< ", "accent"),
    ...pieces.slice(from, to).flat(),
    span(to === pieces.length ? " ]]" : " >]", "accent"),
  ];
}

function toneOf({ status, layer, baseLayers }: NonNullable<State["target"]>["steps"][number]): Span["tone"] {
  if (status === "failed") return "error";
  return layer !== null || baseLayers.length > 0 ? "plain" : "dim";
}

function around(pieces: readonly Row[], cursor: number, room: number): { from: number; to: number } {
  const widths = pieces.map(piece => piece.reduce((sum, { text }) => sum + cellWidth(text), 0));
  let [from, to] = [cursor, Math.min(cursor + 1, pieces.length)];
  let used = widths[cursor] ?? 0;
  for (let grown = true; grown; ) {
    grown = false;
    if (to < pieces.length && used + (widths[to] as number) <= room) {
      used += widths[to] as number;
      to += 1;
      grown = true;
    }
    if (from > 0 && used + (widths[from - 1] as number) <= room) {
      from -= 1;
      used += widths[from] as number;
      grown = true;
    }
  }
  return { from, to };
}
