/** What the options of a build mean where they are given for every context below a folder. */

import type { FoundContext } from "../../lib/batch/find-contexts.ts";
import { LabError } from "../../lib/error.ts";
import type { BuildArgs } from "./build-options.ts";

/** Stands for the name of a context. */
const namePlace = "{name}";

/** @throws LabError `usage` for what makes no sense for many. */
export function refuseOdd(args: BuildArgs, jobs: number): void {
  if (!Number.isInteger(jobs) || jobs < 1) throw new LabError("usage", "--jobs takes a whole number from 1 on");
  for (const option of ["dockerfile", "name", "tui", "debugPort"] as const)
    if (args[option] !== undefined) throw new LabError("usage", `--${option} is for one build, not for --all`);
  const fixed = (args.destination ?? []).find(destination => !destination.includes(namePlace));
  if (fixed !== undefined) {
    throw new LabError("usage", `--destination ${fixed}: all images would be pushed to one place`, {
      hint: `let the context's name stand in it, as in: --destination registry.example/team/${namePlace}:latest`,
    });
  }
}

/** The arguments for one of the contexts. */
export function argsOf<Args extends BuildArgs>(args: Args, one: FoundContext): Args {
  return {
    ...args,
    context: one.folder,
    dockerfile: one.dockerfile,
    name: one.name,
    ...(args.destination && { destination: args.destination.map(text => text.replaceAll(namePlace, one.name)) }),
  };
}
