import type { BuildView } from "../explain/build-view.ts";
import type { Advice } from "./advice.ts";
import { changedPaths, lossBy, lossOf, type MeasuredBuild } from "./measured-builds.ts";
import { listed, Totals } from "./totals.ts";

/** These need no file of the context, or only the lists of what to install. */
const install =
  /\b(?:apt(?:-get)?\s+(?:-\S+\s+)*install|apk\s+(?:-\S+\s+)*add|(?:dnf|yum|microdnf)\s+(?:-\S+\s+)*install|zypper\s+(?:-\S+\s+)*in|npm\s+(?:ci|i|install)|yarn\s+install|pnpm\s+(?:i|install|fetch)|pip3?\s+install|bundle\s+install|go\s+mod\s+download|composer\s+install|cargo\s+fetch|mvn\s+\S*dependency)\b/;
/** The lists of what to install: when one of these changed, the install had to run. */
const lists =
  /(?:^|\/)(?:package(?:-lock)?\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|requirements[^/]*\.txt|pyproject\.toml|setup\.(?:py|cfg)|Pipfile(?:\.lock)?|poetry\.lock|Gemfile(?:\.lock)?|go\.(?:mod|sum)|composer\.(?:json|lock)|Cargo\.(?:toml|lock)|pom\.xml)$/;

/** A COPY whose files changed, and below it an install that ran again for nothing. Pure. */
export function lateInstalls(builds: readonly MeasuredBuild[], latest: BuildView): Advice[] {
  const totals = new Totals();
  for (const build of builds) {
    for (const { step: copy, own } of build.steps) {
      const paths = own.flatMap(({ kind, path }) => (kind === "file" && path !== null ? [path] : []));
      if (paths.length === 0 || paths.length < own.length || changedPaths(build, copy).some(path => lists.test(path)))
        continue;
      for (const lost of lossBy(build, copy.number).steps)
        if (lost.instruction === "RUN" && install.test(lost.text))
          totals.add({ step: lost, other: copy, names: paths, loss: lossOf([lost]) });
    }
  }
  return totals.advice(
    "install-late",
    latest,
    (names, copy) =>
      `put it above step ${copy?.number} (${copy?.text}), with a COPY of only what it reads: ${listed(names)} made it run again`,
  );
}
