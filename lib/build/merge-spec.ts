/** What is asked for, the context's `kaniko-lab.yaml` and the defaults as one `BuildSpec`. Pure. */

import { LabError } from "../error.ts";
import type { BuildFile } from "./build-file.ts";
import { type BuildSpec, defaultSpec, type LayerCacheChoice } from "./build-spec.ts";

/** What is left out, or undefined, has the value of the file, else `defaultSpec`'s. */
export type WantedSpec = {
  readonly [Name in keyof Omit<BuildSpec, "context" | "cache">]?: BuildSpec[Name] | undefined;
} & {
  /** `on`, `off` (or false) or a repository of a registry. */
  readonly cache?: string | false | undefined;
};

/**
 * Build arguments and labels of both are taken, and flags one after the other; all else of the file only where nothing else
 * is asked for. What `wanted` has beside the fields of a spec is passed over.
 * @throws LabError `usage` for a layer cache that is none
 */
export function mergeSpec(context: string, wanted: WantedSpec, file: BuildFile): BuildSpec {
  const { cache: ofFile, dockerConfig: dockerConfigFile, ...rest } = file;
  return {
    ...defaultSpec,
    ...specFields({ ...rest, dockerConfigFile }),
    ...specFields(wanted),
    context,
    buildArgs: { ...file.buildArgs, ...wanted.buildArgs },
    labels: { ...file.labels, ...wanted.labels },
    extraFlags: [...(file.flags ?? []), ...(wanted.extraFlags ?? [])],
    cache: layerCacheChoice(wanted.cache ?? ofFile ?? "on"),
  };
}

function specFields(options: object): Partial<BuildSpec> {
  const named = Object.entries(options).filter(([name, value]) => name in defaultSpec && value !== undefined);
  return Object.fromEntries(named) as Partial<BuildSpec>;
}

/** @param word false for `--no-cache`, as yargs has it. */
function layerCacheChoice(word: string | false): LayerCacheChoice {
  if (word === false || word === "off" || word === "false") return { kind: "off" };
  if (word === "on" || word === "true") return { kind: "folder" };
  if (word.includes("/")) return { kind: "registry", repository: word };
  throw new LabError("usage", `cache: ${JSON.stringify(word)} is neither on, off nor a repository`, {
    hint: "as in registry.example/team/cache",
  });
}
