import type { BuildRecord } from "../model/build.ts";

/** The builds of the same Dockerfile of the same context, or of the same name, `build` among them; oldest first. Pure. */
export function relatedBuilds(builds: readonly BuildRecord[], build: BuildRecord): BuildRecord[] {
  const isRelated = (other: BuildRecord) =>
    (other.spec.context === build.spec.context && other.spec.dockerfile === build.spec.dockerfile) ||
    (build.name !== null && other.name === build.name);
  return builds.filter(isRelated).sort((a, b) => (a.id < b.id ? -1 : 1));
}
