/** What kind and a cluster are told of the lab, as documents. Pure. */

import { yamlText } from "../render/yaml-text.ts";
import type { NodeMount } from "./lab-folders.ts";

export interface KindPlan {
  readonly name: string;
  readonly mounts: readonly NodeMount[];
}

/** kind's config: the node sees the folders, and its containerd looks into `certs.d` for registries. */
export function kindConfig({ name, mounts }: KindPlan, header: readonly string[] = []): string {
  const value = {
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    name,
    // The containerd of kind v0.27 and newer looks there by itself; an older one has to be told.
    containerdConfigPatches: [
      `[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "${registriesFolder}"\n`,
    ],
    nodes: [
      {
        role: "control-plane",
        extraMounts: mounts.map(({ local, node, readOnly }) => ({
          hostPath: local,
          containerPath: node,
          ...(readOnly ? { readOnly } : {}),
        })),
      },
    ],
  };
  return yamlText([{ value, header }]);
}

const registriesFolder = "/etc/containerd/certs.d";

/** The registry's container. kind's documentation gives it this name: one that is there already is taken. */
export const registryName = "kind-registry";

/** The port that a registry's image listens on. */
export const registryPort = 5000;

/** Where a node's containerd looks for `localhost:PORT`. */
export function hostsFile(port: number): string {
  return `${registriesFolder}/localhost:${port}/hosts.toml`;
}

/** Of the node, `localhost` is the node itself: the registry is another container of kind's network. */
export function hostsToml(registry: string): string {
  return `[host."http://${registry}"]\n`;
}

/** KEP-1755: tells tools where the local registry is. */
export function registryConfigMap(port: number, registry: string) {
  const lines = [
    `host: "localhost:${port}"`,
    `hostFromClusterNetwork: "${registry}"`,
    'help: "https://kind.sigs.k8s.io/docs/user/local-registry/"',
  ];
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "local-registry-hosting", namespace: "kube-public" },
    data: { "localRegistryHosting.v1": `${lines.join("\n")}\n` },
  };
}
