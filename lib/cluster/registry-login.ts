/** The Secret with credentials of registries, made of a docker config.json. Nothing of it is ever shown. */

import { readFile } from "node:fs/promises";
import * as z from "zod/mini";
import { LabError, messageOf } from "../error.ts";
import type { PartDocument } from "./cluster-objects.ts";

const configForm = z.object({
  auths: z.optional(z.nullable(z.record(z.string(), z.record(z.string(), z.unknown())))),
  credsStore: z.optional(z.nullable(z.string())),
  credHelpers: z.optional(z.nullable(z.record(z.string(), z.string()))),
});

/**
 * Only `auths` goes to the cluster: helpers are programs of this machine.
 * @throws LabError `config-invalid` for a file that is no docker config or holds no credentials itself
 */
export async function loginSecret(file: string, name: string, namespace: string): Promise<PartDocument> {
  const auths = await readAuths(file);
  const config = JSON.stringify({ auths });
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": Buffer.from(config).toString("base64") },
  };
}

async function readAuths(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new LabError("config-invalid", `cannot read the docker config ${file}: ${messageOf(error)}`, {
      hint: "log in first: docker login HOST; or name another file with --docker-config",
    });
  });
  const parsed = configForm.safeParse(parseSilently(text));
  if (!parsed.success) {
    throw new LabError("config-invalid", `${file} is no docker config`, {
      hint: 'it is a config.json with "auths", as docker login writes it',
    });
  }
  const { auths, credsStore, credHelpers } = parsed.data;
  const own = Object.entries(auths ?? {}).filter(([, entry]) =>
    ["auth", "identitytoken", "registrytoken", "password"].some(field => entry[field]),
  );
  if (own.length > 0) return Object.fromEntries(own);
  const hasHelper = Boolean(credsStore) || Object.keys(credHelpers ?? {}).length > 0;
  throw new LabError(
    "config-invalid",
    hasHelper
      ? `${file} has no credentials itself: a helper program keeps them, which a cluster cannot ask`
      : `${file} has no credentials`,
    { hint: "write one for the cluster: docker --config ./login login HOST, then --docker-config ./login/config.json" },
  );
}

/** A parser's complaint would quote the text. */
function parseSilently(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
