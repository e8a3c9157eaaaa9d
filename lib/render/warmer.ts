/** A Pod that fills the base image cache, and the volumes that a cluster with folders of its machine has. */

import { headerOf } from "./header.ts";
import { forkImage } from "./images.ts";
import { metadataOf } from "./pod-parts.ts";
import { type YamlPart, yamlText } from "./yaml-text.ts";

/** @param images base images, as Dockerfiles name them. */
export function renderWarmer(images: readonly string[]): string {
  const name = "kaniko-warmer";
  const warmer = `${forkImage}:warmer`;
  const claim = "kaniko-base-images";
  const value = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadataOf(name, null),
    spec: warmerSpec({ images, warmer, claim, registrySecret: "regcred", flags: [] }),
  };
  const header = headerOf(
    "Fetches base images into the base image cache, which builds then read with --cache-dir=/base-images.",
    ["kubectl apply -f k8s/volumes.yaml -f k8s/warmer.yaml", `kubectl logs -f ${name}`],
    [],
    [],
  );
  return yamlText([{ value, header }]);
}

export interface WarmerPlan {
  readonly images: readonly string[];
  /** The warmer's own image. */
  readonly warmer: string;
  /** The volume claim that it fills. */
  readonly claim: string;
  /** A Secret with logins to registries; it need not be there. */
  readonly registrySecret: string;
  /** Further flags. */
  readonly flags: readonly string[];
}

/** What is in a warmer's Pod. */
export function warmerSpec({ images, warmer, claim, registrySecret, flags }: WarmerPlan) {
  const items = [{ key: ".dockerconfigjson", path: "config.json" }];
  return {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    containers: [
      {
        name: "warm",
        image: warmer,
        args: ["--cache-dir=/base-images", ...images.map(image => `--image=${image}`), ...flags],
        volumeMounts: [
          { name: "base-images", mountPath: "/base-images" },
          { name: "registry-login", mountPath: "/kaniko/.docker", readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: "base-images", persistentVolumeClaim: { claimName: claim } },
      { name: "registry-login", secret: { secretName: registrySecret, optional: true, items } },
    ],
  };
}

export interface FolderVolume {
  /** Of the claim. */
  readonly claim: string;
  /** On the node. */
  readonly path: string;
  /** Name of the volume, where it is not made of the claim's. */
  readonly volume?: string;
  readonly about: string;
}

/** A volume of one folder of the node, and the claim that takes this one and no other. */
export function renderVolumes(volumes: readonly FolderVolume[], header: readonly string[]): string {
  const parts = volumes.flatMap((volume, at): YamlPart[] => {
    const { about } = volume;
    return [
      { value: volumeOf(volume), header: at === 0 ? [...header, about] : [about] },
      { value: claimOf(volume.claim, volume.volume ?? volumeName(volume.claim), "kaniko-lab") },
    ];
  });
  return yamlText(parts);
}

function volumeName(claim: string): string {
  return `kaniko-lab-${claim}`;
}

/** @param path of the folder on the node */
export function volumeOf({ claim, path, volume }: Omit<FolderVolume, "about">) {
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: metadataOf(volume ?? volumeName(claim), null),
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: "kaniko-lab",
      capacity: { storage },
      persistentVolumeReclaimPolicy: "Retain",
      hostPath: { path, type: "DirectoryOrCreate" },
    },
  } as const;
}

/**
 * @param volume the one that it takes; null: what the storage class makes
 * @param storageClass null: the cluster's default one
 */
export function claimOf(claim: string, volume: string | null, storageClass: string | null) {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: metadataOf(claim, null),
    spec: {
      accessModes: ["ReadWriteOnce"],
      ...(storageClass === null ? {} : { storageClassName: storageClass }),
      ...(volume === null ? {} : { volumeName: volume }),
      resources: { requests: { storage } },
    },
  } as const;
}

const storage = "10Gi";
