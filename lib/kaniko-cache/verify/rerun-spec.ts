/** From a record to what runs one of its steps again: the same build, ended behind that step. Pure. */

import { type BuildSpec, defaultSpec } from "../../build/build-spec.ts";
import { mask } from "../../build/secrets.ts";
import { LabError } from "../../error.ts";
import type { BuildRecord, Step } from "../../model/build.ts";

/** What a record does not have, as it is secret, and so has to be given again. */
export interface GivenAgain {
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly dockerConfigFile: string | null;
}

/** Flags that a build makes itself from its other fields; those with a value have it behind them. */
const ownFlags: Readonly<Record<string, "value" | "alone">> = {
  "--context": "value",
  "--dockerfile": "value",
  "--log-format": "value",
  "--verbosity": "value",
  "--oci-layout-path": "value",
  "--destination": "value",
  "--cache-repo": "value",
  "--cache-dir": "value",
  "--build-arg": "value",
  "--secret": "value",
  "--target": "value",
  "--insecure-registry": "value",
  "--registry-mirror": "value",
  "--registry-map": "value",
  "--custom-platform": "value",
  "--no-push": "alone",
  "--cache": "alone",
  "--cache-copy-layers": "alone",
};

/** What lies in the cache shall count, however old it is. */
const longTtl = "876000h";

/** Results that would go elsewhere, or be left out. */
const unwanted = /^--(?:digest-file|image-name-(?:tag-)?with-digest-file|tar-path|tarPath|cache-ttl|no-push-cache)\b/;

/**
 * @param dockerfile the file with `textUpTo`.
 * @throws LabError `usage` when something secret has to be given again
 */
export function rerunSpec(record: BuildRecord, dockerfile: string, given: GivenAgain): BuildSpec {
  const { flags, context } = record.spec;
  const valuesOf = (name: string) => flags.filter((_, at) => flags[at - 1] === name);
  const buildArgs = { ...record.spec.buildArgs, ...given.buildArgs };
  const masked = Object.keys(buildArgs).filter(name => buildArgs[name] === mask);
  if (masked.length > 0)
    throw new LabError("usage", `the record does not have the secret build argument ${masked.join(", ")}`, {
      hint: masked.map(name => `--build-arg ${name}=VALUE`).join(" "),
    });
  if (valuesOf("--secret").length > given.secrets.length)
    throw new LabError("usage", `build ${record.id} had secrets, which are not recorded`, {
      hint: "give them again: --secret id=NAME,src=FILE",
    });
  return {
    ...defaultSpec,
    context,
    dockerfile,
    buildArgs,
    secrets: given.secrets,
    dockerConfigFile: given.dockerConfigFile,
    platform: valuesOf("--custom-platform")[0] ?? null,
    cacheCopyLayers: flags.includes("--cache-copy-layers"),
    insecureRegistries: valuesOf("--insecure-registry"),
    registryMirrors: valuesOf("--registry-mirror"),
    registryMaps: valuesOf("--registry-map"),
    extraFlags: [...otherFlags(flags), "--cache-ttl", longTtl],
  };
}

function otherFlags(flags: readonly string[]): string[] {
  const others: string[] = [];
  for (let at = 0; at < flags.length; at += 1) {
    const flag = flags[at] as string;
    const known = ownFlags[flag];
    if (known === "value") at += 1;
    if (known !== undefined) continue;
    if (!unwanted.test(flag)) others.push(flag);
    else if (!flag.includes("=") && !(flags[at + 1] ?? "--").startsWith("--")) at += 1;
  }
  return others;
}

/** The Dockerfile up to the end of a step: with it Kaniko ends there. @throws LabError `usage` for a step that has no line in it */
export function textUpTo(dockerfile: string, { number, endLine }: Step): string {
  if (endLine === null)
    throw new LabError("usage", `step ${number} has no line in the Dockerfile: it is a trigger of the base image`, {
      hint: "verify it where that image was built",
    });
  return `${dockerfile.split("\n").slice(0, endLine).join("\n")}\n`;
}
