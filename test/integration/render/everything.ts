/** All that a build can have, and ask of a cluster. */

import type { RenderOptions } from "../../../lib/render/render-options.ts";

export const cached = ["--cache", "--cache-repo", "oci:/cache/layers"];

export const everything = [
  ...[...cached, "--cache-dir", "/base-images", "--build-arg", "NPM_TOKEN", "--secret", "id=npm,src=/x"],
  ...["--label", "l=$(HOME) $$ \n é", "--destination", "registry.example/app:1"],
];

/** What a build can ask of a cluster that has no priorities of its own. */
export const asking: Partial<RenderOptions> = {
  deadlineSeconds: 600,
  wishes: {
    requests: { cpu: "100m", "ephemeral-storage": "1Gi" },
    limits: { memory: "1Gi" },
    nodeSelector: { "kubernetes.io/os": "linux" },
    tolerations: [{ key: "dedicated", operator: "Equal", value: "builds", effect: "NoSchedule" }],
    labels: { team: "red" },
    priorityClass: null,
    imagePullSecrets: ["pull"],
  },
};
