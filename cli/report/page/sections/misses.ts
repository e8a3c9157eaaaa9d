/** Why steps were not taken from the layer cache: first causes, then what followed from them. */

import type { ReportSide, ReportStep } from "../../document.ts";
import { cacheTotals } from "../../totals.ts";
import { element, nameText } from "../dom.ts";
import { resultBadge, stepLink } from "../marks.ts";
import { type Section, section } from "../section.ts";

export function missesSection(side: ReportSide, shell: string): Section | null {
  const { build, against, steps } = side;
  if (build === null) return null;
  const told = steps.filter(({ why }) => why !== null);
  const first = told.filter(({ why }) => why?.isFirst);
  const later = told.filter(({ why }) => !why?.isFirst);
  return section(
    {
      id: "misses",
      title: "Why missed",
      count: String(told.length),
      lead: leadOf(side, first.length, later.length),
      command: `${shell} explain ${side.word}${against === null ? "" : ` --against ${against.word}`}`,
    },
    element("ol", { class: "causes" }, ...first.map(step => causeNode(step, true))),
    later.length === 0
      ? null
      : element(
          "details",
          { open: later.length < 8 },
          element("summary", {}, `${later.length} only because of a step before`),
          element("ol", { class: "causes" }, ...later.map(step => causeNode(step, false))),
        ),
  );
}

function leadOf(side: ReportSide, first: number, later: number): string {
  const with_ = side.against === null ? "There is no earlier build to compare with." : `Against ${side.against.name}.`;
  const totals = cacheTotals(side);
  if (totals === null) return "The layer cache was off.";
  if (first + later === 0) return `${with_} Nothing was missed.`;
  return `${with_} ${first} ${first === 1 ? "step has" : "steps have"} a cause of ${first === 1 ? "its" : "their"} own.`;
}

function causeNode(step: ReportStep, isFirst: boolean): HTMLElement {
  const { why } = step;
  const change =
    isFirst && why !== null && (why.before !== null || why.after !== null)
      ? element(
          "dl",
          { class: "before-after" },
          element("dt", {}, "before"),
          element("dd", {}, why.before === null ? "nothing" : nameText(why.before)),
          element("dt", {}, "now"),
          element("dd", {}, why.after === null ? "nothing" : nameText(why.after)),
        )
      : null;
  return element(
    "li",
    { class: isFirst ? "cause first" : "cause" },
    element(
      "p",
      { class: "cause-step" },
      stepLink(step.number),
      " ",
      resultBadge(step),
      " ",
      element("code", {}, step.text),
    ),
    element("p", { class: "cause-why" }, why?.sentence ?? ""),
    change,
  );
}
