/** Signs, words and colours: the colour is never the only thing that tells. */

import type { ChangeKind } from "../../../lib/model/snapshot.ts";
import type { ReportSide, ReportStep, StepResult } from "../document.ts";
import { element } from "./dom.ts";

const results: Readonly<Record<StepResult, readonly [sign: string, word: string, tone: string]>> = {
  hit: ["✓", "hit", "good"],
  miss: ["!", "miss", "warn"],
  expired: ["!", "expired", "warn"],
  run: ["▸", "run", "plain"],
  meta: ["·", "meta", "quiet"],
  skipped: ["–", "skipped", "quiet"],
  failed: ["✕", "failed", "bad"],
  stopped: ["✕", "stopped", "bad"],
  history: ["", "", "quiet"],
};

export function resultBadge({ result }: ReportStep): HTMLElement {
  const [sign, word, tone] = results[result];
  return badge(sign, word, tone);
}

export function badge(sign: string, word: string, tone: string): HTMLElement {
  if (word === "") return element("span");
  return element("span", { class: `badge ${tone}` }, element("span", { "aria-hidden": "true" }, `${sign} `), word);
}

const kinds: Readonly<Record<ChangeKind, readonly [sign: string, word: string, tone: string]>> = {
  A: ["+", "added", "good"],
  M: ["~", "modified", "warn"],
  D: ["−", "deleted", "bad"],
};

export function kindBadge(kind: ChangeKind): HTMLElement {
  const [sign, word, tone] = kinds[kind];
  return element("span", { class: `kind ${tone}`, title: word, role: "img", "aria-label": word }, sign);
}

/** So many colours tell steps apart; a number stands beside each. */
const stepColours = 10;

export function stepColour(step: number): string {
  return step === 0 ? "step-none" : `step-${step % stepColours}`;
}

/** A link to what is told of a step. */
export function stepLink(step: number | null): HTMLElement | string {
  if (step === null || step === 0) return "–";
  return element("a", { href: `#step-${step}`, class: "step-link" }, `step ${step}`);
}

export function stepOf(side: ReportSide, number: number | null): ReportStep | null {
  return side.steps.find(step => step.number === number) ?? null;
}
