import { suggestion } from "../dockerfile/suggest.ts";
import { LabError } from "../error.ts";
import type { CiBuild } from "./ci-build.ts";
import { quoteWord } from "./shell/quote-word.ts";

export interface BuildChoice {
  readonly job?: string | undefined;
  readonly template?: string | undefined;
}

const mostNames = 12;

/**
 * The one build that is meant.
 * @throws LabError `usage` when there is none, or several; its fault, when it has one
 */
export function chooseBuild(builds: readonly CiBuild[], { job, template }: BuildChoice): CiBuild {
  const ofTemplate = builds.filter(({ origin }) => template === undefined || origin.template === template);
  if (ofTemplate.length === 0) {
    const names = [...new Set(builds.flatMap(({ origin }) => origin.template ?? []))];
    throw none(`--template ${template}`, template as string, names, "no build is of an Argo template");
  }
  const found = ofTemplate.filter(build => job === undefined || namesOf(build).includes(job));
  if (found.length === 0) {
    const names = [...new Set(ofTemplate.map(({ origin }) => origin.job))];
    throw none(`--job ${job}`, job as string, names, "");
  }
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) {
    if (only.fault) throw only.fault;
    return only;
  }
  const unique = found.map(build => uniqueName(build, found));
  const more = unique.length > mostNames ? ` and ${unique.length - mostNames} more (--list)` : "";
  throw new LabError("usage", `the file has ${found.length} builds with Kaniko: which one?`, {
    hint: `${unique
      .slice(0, mostNames)
      .map(name => `--job ${quoteWord(name)}`)
      .join(", ")}${more}`,
  });
}

/** What `--job` takes for a build, shortest first. */
export function namesOf({ origin }: CiBuild): string[] {
  const { job, name, kind, line } = origin;
  return [job, name, `${name}/${job}`, `${kind}/${name}/${job}`, `${line}`].filter(word => word !== "" && word !== "/");
}

/** A name that `--job` takes for this build only. */
export function uniqueName(build: CiBuild, all: readonly CiBuild[]): string {
  const name = namesOf(build).find(word => all.every(other => other === build || !namesOf(other).includes(word)));
  return name ?? build.origin.job;
}

function none(option: string, word: string, names: readonly string[], otherwise: string): LabError {
  return new LabError("usage", `${option}: no build with Kaniko is called so${suggestion(word, names, true)}`, {
    hint: names.length === 0 ? otherwise : `there is: ${names.slice(0, mostNames).join(", ")}`,
  });
}
