/** Reading CI files in tests: what a user would see of a build. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildChoice, chooseBuild } from "../../../lib/ci/choose-build.ts";
import type { CiBuild } from "../../../lib/ci/ci-build.ts";
import { type LocalBuild, type LocalChoices, localBuild } from "../../../lib/ci/local-build.ts";
import { type CiSource, readCiFile } from "../../../lib/ci/read-ci-file.ts";
import type { LabError } from "../../../lib/error.ts";

export const fixtures = join(import.meta.dirname, "../../fixtures/ci");

export function fixture(name: string): string {
  return readFileSync(join(fixtures, name), "utf8");
}

export interface Told {
  readonly build: CiBuild;
  /** The executor's words as CI has them, unknown values as `‹name›`. */
  readonly args: readonly string[];
  readonly local: LocalBuild;
}

export type Params = Readonly<Record<string, string>>;

const nothing: LocalChoices["own"] = { names: new Set(), buildArgs: new Set(), secrets: new Set() };

export function read(
  content: string,
  how: { file?: string; params?: Params; others?: CiSource[] } & BuildChoice & Partial<LocalChoices> = {},
): Told {
  const { file = "ci.yaml", params = {}, others = [], push = false, useCiCache = false, own = nothing } = how;
  const { builds, unknowns, given } = readCiFile({ content, file }, new Map(Object.entries(params)), others);
  const build = chooseBuild(builds, how);
  given.refuseUnused(file);
  const args = build.args.map(word => unknowns.shown(word));
  return { build, args, local: localBuild(build, { push, useCiCache, own }, unknowns) };
}

/** Every build of a file, as the words of its executor. */
export function readAll(content: string, params: Params = {}, file = "ci.yaml"): Record<string, readonly string[]> {
  const { builds, unknowns } = readCiFile({ content, file }, new Map(Object.entries(params)));
  return Object.fromEntries(builds.map(build => [build.origin.job, build.args.map(word => unknowns.shown(word))]));
}

/** Options as they stand on a command line. */
export function optionsOf({ local }: Told): string[] {
  return local.options.map(({ name, value }) =>
    value === true ? `--${name}` : value === false ? `--no-${name}` : `--${name} ${value}`,
  );
}

export function errorOf(act: () => unknown): LabError {
  try {
    act();
  } catch (error) {
    return error as LabError;
  }
  throw new Error("nothing was thrown");
}
