/** A Pod that fills the base image cache, and the volumes that a cluster with folders of its machine has. */

import { headerOf } from "./header.ts";
import { forkImage } from "./images.ts";
import { metadataOf } from "./pod-parts.ts";
import { type YamlPart, yamlText } from "./yaml-text.ts";

/** @param images base images, as Dockerfiles name them. */
export function renderWarmer(images: readonly string[]): string {
  const name = "kaniko-warmer";
  const value = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadataOf(name, null),
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      containers: [
        {
          name: "warm",
          image: `${forkImage}:warmer`,
          args: ["--cache-dir=/base-images", ...images.map(image => `--image=${image}`)],
          volumeMounts: [{ name: "base-images", mountPath: "/base-images" }],
        },
      ],
      volumes: [{ name: "base-images", persistentVolumeClaim: { claimName: "kaniko-base-images" } }],
    },
  };
  const header = headerOf(
    "Fetches base images into the base image cache, which builds then read with --cache-dir=/base-images.",
    ["kubectl apply -f k8s/volumes.yaml -f k8s/warmer.yaml", `kubectl logs -f ${name}`],
    [],
    [],
  );
  return yamlText([{ value, header }]);
}

export interface FolderVolume {
  /** Of the claim. */
  readonly claim: string;
  /** On the node. */
  readonly path: string;
  readonly about: string;
}

/** A volume of one folder of the node, and the claim that takes this one and no other. */
export function renderVolumes(volumes: readonly FolderVolume[], header: readonly string[]): string {
  const parts = volumes.flatMap(({ claim, path, about }, at): YamlPart[] => {
    const common = { accessModes: ["ReadWriteOnce"], storageClassName: "kaniko-lab" };
    const volume = {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: metadataOf(`kaniko-lab-${claim}`, null),
      spec: {
        ...common,
        capacity: { storage: "10Gi" },
        persistentVolumeReclaimPolicy: "Retain",
        hostPath: { path, type: "DirectoryOrCreate" },
      },
    };
    const claimed = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: metadataOf(claim, null),
      spec: { ...common, volumeName: `kaniko-lab-${claim}`, resources: { requests: { storage: "10Gi" } } },
    };
    return [{ value: volume, header: at === 0 ? [...header, about] : [about] }, { value: claimed }];
  });
  return yamlText(parts);
}
