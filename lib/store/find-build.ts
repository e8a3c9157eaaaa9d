import { LabError } from "../error.ts";
import type { BuildRecord } from "../model/build.ts";
import type { BuildStore } from "./build-store.ts";

/**
 * The build that a user means: `latest`, `previous` (the one before of the same context), an id, a unique prefix of one, or a name.
 * @returns null when no build is called so.
 * @throws LabError `unknown-target` when a prefix fits several.
 */
export async function findBuild(store: BuildStore, word: string): Promise<BuildRecord | null> {
  if (word === "latest" || word === "previous") return relativeBuild(store, word);
  const ids = await store.ids();
  if (ids.includes(word)) return store.read(word);
  const named = (await store.list()).builds.find(build => build.name === word);
  if (named) return named;
  const fitting = word.length >= 2 ? ids.filter(id => id.startsWith(word) || id.endsWith(`-${word}`)) : [];
  if (fitting.length > 1) {
    throw new LabError(
      "unknown-target",
      `several builds begin with ${JSON.stringify(word)}: ${fitting.slice(-5).join(", ")}`,
      {
        hint: "write more of the id",
      },
    );
  }
  return fitting[0] ? store.read(fitting[0]) : null;
}

async function relativeBuild(store: BuildStore, word: "latest" | "previous"): Promise<BuildRecord> {
  const { builds } = await store.list();
  const latest = builds[0];
  if (!latest)
    throw new LabError("unknown-target", "there are no builds yet", { hint: "make one with: kaniko-lab build DIR" });
  if (word === "latest") return latest;
  const previous = previousOf(builds, latest);
  if (previous) return previous;
  throw new LabError("unknown-target", `there is no build of ${latest.spec.context} before ${latest.id}`, {
    hint: "kaniko-lab builds lists them",
  });
}

/** The build before `build` of the same context and Dockerfile, or null. `builds` is newest first. */
export function previousOf(builds: readonly BuildRecord[], build: BuildRecord): BuildRecord | null {
  const older = builds.filter(other => other.id < build.id);
  const sameSpec = (other: BuildRecord) =>
    other.spec.context === build.spec.context && other.spec.dockerfile === build.spec.dockerfile;
  return older.find(sameSpec) ?? null;
}
