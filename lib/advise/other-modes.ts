import type { BuildView } from "../explain/build-view.ts";
import type { Cause } from "../explain/cause.ts";
import type { Advice } from "./advice.ts";
import { lossBy, lossOf, type MeasuredBuild } from "./measured-builds.ts";
import { listed, Totals } from "./totals.ts";

/** The same contents with other modes or owners: a checkout elsewhere, another umask. Pure. */
export function otherModes(builds: readonly MeasuredBuild[], latest: BuildView): Advice[] {
  const totals = new Totals();
  for (const build of builds) {
    for (const { step, own } of build.steps) {
      if (own.length === 0 || !own.every(isOnlyMode)) continue;
      const self = step.status === "executed" ? [step] : [];
      const names = own.flatMap(({ path }) => path ?? []);
      totals.add({ step, names, loss: lossOf([...self, ...lossBy(build, step.number).steps]) });
    }
  }
  return totals.advice(
    "modes",
    latest,
    names =>
      `give ${listed(names)} the same mode and owner before every build (umask, git's core.fileMode): the content was the same`,
  );
}

/** Changes of content come before those of modes, so that the first one tells of all. */
function isOnlyMode({ kind, aspects }: Cause): boolean {
  return kind === "file" && aspects.length > 0 && aspects.every(aspect => aspect === "mode" || aspect === "owner");
}
