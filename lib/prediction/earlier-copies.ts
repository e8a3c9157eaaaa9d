/**
 * What a `COPY --from` takes from a stage that this build will not make anew: an earlier build with the same stage and the
 * same layers has recorded the hashes.
 */

import { Unknown } from "../cache-key/context-reader.ts";
import type { KeyAlgorithm } from "../cache-key/key-algorithm.ts";
import type { KeyPart } from "../cache-key/key-part.ts";
import type { CopiedRequest } from "../cache-key/prediction.ts";
import type { BuildRecord, RecordedSpec, Step } from "../model/build.ts";

export type EarlierBuild = Pick<BuildRecord, "steps" | "executor"> & { readonly spec: Pick<RecordedSpec, "buildArgs"> };

export interface EarlierBuilds {
  /** Newest first. */
  list(): Promise<readonly EarlierBuild[]>;
}

export async function copiedBefore(
  request: CopiedRequest,
  algorithm: KeyAlgorithm,
  buildArgs: Readonly<Record<string, string>>,
  builds: EarlierBuilds,
): Promise<readonly KeyPart[] | Unknown> {
  for (const build of await builds.list()) {
    if (build.executor.family !== algorithm.family) continue;
    const hashes = hashesIn(build, request, buildArgs);
    if (hashes !== null) {
      const name = `${request.instruction.flags.find(flag => flag.startsWith("--from="))?.slice(7) ?? ""}:${request.words.join(" ")}`;
      return hashes.map(value => ({ kind: "stage", name, value }));
    }
  }
  return new Unknown("no earlier build has copied this from the same stage");
}

function hashesIn(
  build: EarlierBuild,
  request: CopiedRequest,
  buildArgs: Readonly<Record<string, string>>,
): readonly string[] | null {
  if (!hasStage(build, request)) return null;
  const { text } = request.instruction;
  // The text alone does not tell what its variables were.
  if (text.includes("$") && !isSame(build.spec.buildArgs, buildArgs)) return null;
  const step = build.steps.find(other => other.text === text && other.cache.parts !== null);
  const parts = step?.cache.parts ?? null;
  const at = parts?.indexOf(text) ?? -1;
  const hashes = at < 0 ? null : (parts as readonly string[]).slice(at + 1);
  return hashes?.every(hash => /^[0-9a-f]{64}$/.test(hash)) ? hashes : null;
}

/** Whether a build has made the source stage, or taken it from the layer cache, with the layers that are there now. */
export function hasStage({ steps }: Pick<BuildRecord, "steps">, request: CopiedRequest): boolean {
  const { sourceStage, sourceKey, sourceLayers } = request;
  return finalKeyOf(steps, sourceStage) === sourceKey && hasSameLayers(steps, sourceLayers);
}

function finalKeyOf(steps: readonly Step[], stage: number): string | null {
  return steps.findLast(step => step.stage.index === stage && step.cache.key !== null)?.cache.key ?? null;
}

/** An entry of the layer cache can have been made anew since, with other content under the same key. */
function hasSameLayers(steps: readonly Step[], layers: CopiedRequest["sourceLayers"]): boolean {
  return [...layers].every(([key, digest]) => {
    const step = steps.find(other => other.cache.key === key);
    return step?.layer?.digest === digest;
  });
}

function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every(name => a[name] === b[name]);
}
