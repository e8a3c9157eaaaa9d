import { resolve } from "node:path";
import type { RecordedSpec } from "../model/build.ts";
import { featureFlagForm } from "../model/feature-flag.ts";
import type { BuildSpec } from "./build-spec.ts";
import type { ExecutorRequest } from "./executor-request.ts";
import { hasSecretName, mask } from "./secrets.ts";

/** What the record keeps of a spec: nothing secret, and the context as an absolute path, so that builds can be compared. */
export function recordedSpec(
  spec: BuildSpec,
  workingFolder: string,
  executor: Pick<ExecutorRequest, "args" | "env"> | null,
): RecordedSpec {
  const isFolder = /^(?:dir:|(?![a-z0-9]+:\/\/))/.test(spec.context);
  const masked = Object.entries(spec.buildArgs).map(([name, value]) => [name, hasSecretName(name) ? mask : value]);
  const featureFlags = Object.entries(executor?.env ?? {}).filter(([name]) => featureFlagForm.test(name));
  return {
    context: isFolder
      ? resolve(workingFolder, spec.context.replace(/^dir:\/\//, ""))
      : withoutCredentials(spec.context),
    dockerfile: spec.dockerfile ?? "Dockerfile",
    buildArgs: Object.fromEntries(masked) as Record<string, string>,
    target: spec.target,
    destinations: spec.destinations,
    cache: spec.cache.kind === "registry" ? spec.cache.repository : spec.cache.kind,
    flags: executor?.args.map(withoutCredentials) ?? [],
    ...(featureFlags.length === 0 ? {} : { featureFlags: Object.fromEntries(featureFlags) }),
    ...(spec.origin === null ? {} : { origin: spec.origin }),
  };
}

/** `git://user:token@host/…` → `git://***@host/…`; the query of a signed address and the value of a secret argument go, too. */
export function withoutCredentials(text: string): string {
  const argument = /^(--build-arg=)?([A-Za-z_]\w*)=/.exec(text);
  if (argument && hasSecretName(argument[2] as string)) return `${argument[0]}${mask}`;
  return text.replace(/([a-z0-9]+:\/\/)[^/@\s]*@/g, `$1${mask}@`).replace(/([a-z0-9]+:\/\/[^?\s]*\?)\S+/g, `$1${mask}`);
}
