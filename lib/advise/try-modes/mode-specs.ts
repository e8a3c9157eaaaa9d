/** What is tried, and the build that tries it. Pure. */

import type { BuildSpec } from "../../build/build-spec.ts";

/** Ways to find what a RUN changed: Kaniko's snapshot modes, and `--use-new-run` with the first of them. */
export const snapshotModes = ["full", "redo", "time", "new-run"] as const;
export type SnapshotMode = (typeof snapshotModes)[number];

/** `copy-layers` is the layer cache with and without COPY and ADD in it. */
export const triedModes = [...snapshotModes, "copy-layers"] as const;
export type TriedMode = (typeof triedModes)[number];

const snapshotFlags = /^--(?:snapshot-mode|snapshotMode|use-new-run|reproducible)(?:=|$)/;

/** The recorded build without its own choice, and without what would only blur the comparison. */
export function plainSpec(spec: BuildSpec, target: string | null): BuildSpec {
  const { extraFlags } = spec;
  const flags = extraFlags.filter((flag, at) => {
    const isValue = /^--snapshot(?:-m|M)ode$/.test(extraFlags[at - 1] ?? "");
    return !snapshotFlags.test(flag) && !isValue;
  });
  // With COPY in the layer cache, the layers of earlier stages can be read.
  return { ...spec, target, extraFlags: flags, cacheCopyLayers: true };
}

export function specOfMode(spec: BuildSpec, mode: SnapshotMode): BuildSpec {
  return { ...spec, snapshotMode: mode === "new-run" ? "full" : mode, useNewRun: mode === "new-run" };
}
