/** The variables of CI's executor that Kaniko itself reads, and what becomes of each here. */

import { featureFlagForm } from "../model/feature-flag.ts";
import type { CiReference } from "./ci-build.ts";

export interface CiEnvironment {
  readonly forExecutor: Readonly<Record<string, string>>;
  readonly options: readonly { readonly name: string; readonly value: string }[];
  readonly leftOut: readonly { readonly what: string; readonly why: string }[];
  readonly references: readonly CiReference[];
}

const credentials =
  /^(?:DOCKER_CONFIG|DOCKER_AUTH_CONFIG|GOOGLE_APPLICATION_CREDENTIALS|GIT_(?:TOKEN|USERNAME|PASSWORD)|AWS_\w+|AZURE_\w+|KANIKO_\w+_(?:USER|PASSWORD))$/;

/** Others that begin with KANIKO_ are CI's own names. */
const ofContainer = /^KANIKO_(?:DIR|NO_PUSH|PRE_CLEANUP|CLEANUP|PRESERVE_CONTEXT|TELEMETRY_\w+)$/;

export function environmentOf(env: ReadonlyMap<string, string>): CiEnvironment {
  const forExecutor: Record<string, string> = {};
  const options: { name: string; value: string }[] = [];
  const leftOut: { what: string; why: string }[] = [];
  const references: CiReference[] = [];
  for (const [name, value] of env) {
    if (name === "KANIKO_REGISTRY_MIRROR") options.push({ name: "registry-mirror", value });
    else if (name === "KANIKO_REGISTRY_MAP") options.push({ name: "registry-map", value });
    else if (featureFlagForm.test(name)) forExecutor[name] = value;
    else if (credentials.test(name))
      references.push({
        kind: "credentials",
        text: `the variable ${name}`,
        give: /^DOCKER_/.test(name)
          ? "--docker-config FILE"
          : "set it here where a registry or a remote context needs it",
      });
    else if (ofContainer.test(name)) leftOut.push({ what: `${name}=${value}`, why: "says how CI's container is used" });
    else if (/^(?:https?|no|all)_proxy$/i.test(name))
      leftOut.push({ what: `${name}=…`, why: "CI's network; the proxy of this machine is taken" });
  }
  return { forExecutor, options, leftOut, references };
}
