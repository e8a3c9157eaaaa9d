/** KEP-1755: a cluster tells in a config map how a registry of this machine is called from here and from Pods. */

import type { V1ConfigMap } from "@kubernetes/client-node";
import { parse } from "yaml";
import * as z from "zod/mini";
import type { ClusterApi } from "./cluster-api.ts";

const hostingForm = z.object({ host: z.string(), hostFromClusterNetwork: z.string() });

/** @returns how this machine calls a registry that Pods call so; the same name where the cluster tells nothing of it. */
export async function nameOutside(api: ClusterApi, registry: string, signal: AbortSignal): Promise<string> {
  const path = api.path("configmaps", "local-registry-hosting", "kube-public");
  // Most clusters have none, and not everybody may look.
  const map = await api.ask<V1ConfigMap>({ what: "look for a local registry", path, signal }).catch(() => null);
  signal.throwIfAborted();
  const hosting = hostingForm.safeParse(parsedOrNull(map?.data?.["localRegistryHosting.v1"] ?? ""));
  return hosting.success && hosting.data.hostFromClusterNetwork === registry ? hosting.data.host : registry;
}

function parsedOrNull(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return null;
  }
}
