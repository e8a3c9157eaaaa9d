import type { BuildView } from "../explain/build-view.ts";
import type { Step } from "../model/build.ts";
import type { Advice } from "./advice.ts";
import { changedPaths, lossBy, lossOf, type MeasuredBuild } from "./measured-builds.ts";
import { listed, Totals } from "./totals.ts";

/** In fewer comparisons "always" says nothing. */
const fewest = 2;

/** Files that were others in every build, where nothing else of their COPY was. Pure. */
export function changingFiles(builds: readonly MeasuredBuild[], latest: BuildView): Advice[] {
  const always = new AlwaysChanged(builds);
  const totals = new Totals();
  for (const build of builds) {
    for (const { step, own } of build.steps) {
      if (own.length === 0 || own.some(({ kind }) => kind !== "file")) continue;
      const names = changedPaths(build, step);
      if (names.length === 0 || !names.every(path => always.has(step, path))) continue;
      const self = step.status === "executed" ? [step] : [];
      totals.add({ step, names, loss: lossOf([...self, ...lossBy(build, step.number).steps]) });
    }
  }
  return totals.advice(
    "changing-files",
    latest,
    names => `name ${listed(names)} in the ignore file if no step needs them: they were others in every build`,
  );
}

class AlwaysChanged {
  readonly #times = new Map<string, number>();
  readonly #builds = new Map<string, number>();

  constructor(builds: readonly MeasuredBuild[]) {
    for (const build of builds) {
      for (const { step, before } of build.steps) {
        if (before === null || (build.view.sources(step) ?? []).length === 0) continue;
        this.#builds.set(step.text, (this.#builds.get(step.text) ?? 0) + 1);
        for (const path of changedPaths(build, step)) {
          const key = keyOf(step, path);
          this.#times.set(key, (this.#times.get(key) ?? 0) + 1);
        }
      }
    }
  }

  has(step: Step, path: string): boolean {
    const times = this.#times.get(keyOf(step, path)) ?? 0;
    return times >= fewest && times === this.#builds.get(step.text);
  }
}

function keyOf(step: Step, path: string): string {
  return `${step.text}\n${path}`;
}
