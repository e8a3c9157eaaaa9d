/** What a command line can refer to without naming it: what is open and what is selected. */

import { LabError } from "../../../lib/error.ts";
import type { Target } from "../../../lib/model/target.ts";
import { previousOf } from "../../../lib/store/find-build.ts";
import { selectedFile, selectedStep } from "../state/select.ts";
import type { State } from "../state/state.ts";
import type { LineVariables } from "./line-words.ts";

export interface OpenFacts {
  /** The word that opens what is open, or what is about to be; null: nothing is. */
  readonly target: string | null;
  readonly isBuild: boolean;
  /** What is compared with, else the build before. */
  readonly other: string | null;
  /** The step of the same target that is compared with. */
  readonly baseStep: number | null;
  readonly step: number | null;
  readonly stages: readonly string[];
  /** With a slash in front; null: no path is selected. */
  readonly path: string | null;
}

export function openFacts(state: State): OpenFacts {
  const { target, base, wanted } = state;
  const opening = wanted?.use === "look" ? wanted.word : null;
  const word = target ? wordOf(target) : opening;
  const before = target?.build && previousOf(state.builds.list ?? [], target.build);
  const isOther = base !== null && base.target !== target;
  return {
    target: word,
    isBuild: target ? target.build !== null : (state.builds.list?.some(build => build.id === word) ?? false),
    other: isOther ? wordOf(base.target) : (before?.id ?? null),
    baseStep: base === null || isOther ? null : base.step,
    step: state.viewer?.at?.step.number ?? selectedStep(state)?.number ?? null,
    stages: [...new Set(target?.steps.map(step => step.stage.name))].filter(name => name !== ""),
    path: selectedPath(state),
  };
}

function wordOf(target: Target): string {
  return target.build?.id ?? target.name;
}

function selectedPath(state: State): string | null {
  const { viewer, search } = state;
  if (viewer) return `/${viewer.path}`;
  const path = search?.listed ? search.matches[search.place.cursor]?.path : selectedFile(state)?.path;
  return path === undefined ? null : `/${path}`;
}

export const variableNames: readonly string[] = ["target", "path", "step"];

/** @throws LabError `usage`, from a variable that stands for nothing now. */
export function lineVariables(facts: OpenFacts): LineVariables {
  const value = (text: string | number | null, missing: string) => () => {
    if (text === null) throw new LabError("usage", missing);
    return String(text);
  };
  return new Map([
    ["target", value(facts.target, "$target: nothing is open")],
    ["path", value(facts.path, "$path: no path is selected")],
    ["step", value(facts.step, "$step: no step is selected")],
  ]);
}
