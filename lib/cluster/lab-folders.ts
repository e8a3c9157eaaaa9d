/** The folders of this machine that a cluster sees, and where its node has them: k8s/ and scripts/ say the same. */

/** Folder of the node with all of them. */
export const nodeFolder = "/kaniko-lab";

export interface LabFolders {
  readonly workspace: string;
  readonly cache: string;
  /** Kaniko's base image cache, a folder of the cache folder. */
  readonly baseImages: string;
}

export interface NodeMount {
  readonly local: string;
  readonly node: string;
  readonly readOnly: boolean;
}

export function nodeMounts(folders: LabFolders): NodeMount[] {
  return [
    { local: folders.workspace, node: `${nodeFolder}/workspace`, readOnly: true },
    { local: folders.cache, node: `${nodeFolder}/cache`, readOnly: false },
    { local: folders.baseImages, node: `${nodeFolder}/base-images`, readOnly: false },
  ];
}

export const workspaceClaim = "workspace";
export const baseImagesClaim = "kaniko-base-images";
/** Of builds that were rendered, and of `--claim`. */
export const layerCacheClaim = "kaniko-cache";
export const registrySecret = "regcred";
/** Of the cluster or profile. */
export const labName = "kaniko-lab";

/**
 * For `minikube mount`. By default it asks for 9P2000.L, which its own server does not speak: they agree on plain 9P2000, where
 * a link is a file cut off at the length of its target's name, and all files are one user's. In 9P2000.u both are as here.
 */
export const mountFlags = ["--9p-version", "9p2000.u"];
