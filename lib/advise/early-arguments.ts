import type { BuildView } from "../explain/build-view.ts";
import type { Step } from "../model/build.ts";
import type { Advice } from "./advice.ts";
import { lossBy, lossOf, type MeasuredBuild } from "./measured-builds.ts";
import { Totals } from "./totals.ts";

/** An ARG that is declared above steps that do not name it: each new value of it makes all of them run. Pure. */
export function earlyArguments(builds: readonly MeasuredBuild[], latest: BuildView): Advice[] {
  const totals = new Totals();
  for (const build of builds) {
    for (const { step, own } of build.steps) {
      const [first] = own;
      if (step.instruction !== "RUN" || own.length !== 1 || first?.kind !== "arg" || first.name === null) continue;
      const lost = needless(build, step, first.name);
      const last = lost.at(-1);
      if (last !== undefined) totals.add({ step: last, names: [first.name], loss: lossOf(lost) });
    }
  }
  return totals.advice(
    "early-argument",
    latest,
    names =>
      `declare ARG ${names.join(", ")} below this step: no step up to it names the variable, and each RUN has it in its key`,
  );
}

/** What ran again from the first RUN on that has the variable in its key, up to the first step that names it. */
function needless(build: MeasuredBuild, from: Step, name: string): Step[] {
  const again = new Set([from, ...lossBy(build, from.number).steps]);
  const behind = build.view.record.steps.filter(
    ({ stage, number }) => stage.index === from.stage.index && number >= from.number,
  );
  const user = behind.findIndex(({ text }) => new RegExp(`\\b${name.replace(/\W/g, "")}\\b`).test(text));
  return (user < 0 ? behind : behind.slice(0, user)).filter(step => step.status === "executed" && again.has(step));
}
