/** What the commands of `cluster` share: which cluster is meant, and what goes into it. */

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Argv } from "yargs";
import type { ClusterPart } from "../../lib/cluster/cluster-part.ts";
import { type LabFolders, labName, nodeFolder, registrySecret } from "../../lib/cluster/lab-folders.ts";
import { loginSecret } from "../../lib/cluster/registry-login.ts";
import type { VolumeSource } from "../../lib/cluster/volumes.ts";
import { LabError } from "../../lib/error.ts";
import { ClusterApi } from "../../lib/executor/kubernetes/cluster-api.ts";
import { connectCluster } from "../../lib/executor/kubernetes/connect-cluster.ts";
import type { CliContext } from "../context.ts";
import { text } from "./build-options.ts";
import { type ClusterArgs, clusterOptions } from "./kubernetes-options.ts";

export type ClusterKind = "kind" | "minikube" | "current";

export interface KindArgs extends ClusterArgs {
  readonly kind: ClusterKind;
  readonly name?: string;
}

export interface VolumeArgs {
  readonly nodeFolder?: string;
  readonly storageClass?: string;
}

export interface SecretArgs {
  readonly dockerConfig?: string;
  readonly secretName?: string;
}

export function withKind(argv: Argv): Argv {
  return argv
    .positional("kind", {
      choices: ["kind", "minikube", "current"] as const,
      demandOption: true,
      describe: "kind, minikube, or the cluster that the kubeconfig names",
    })
    .option("name", text(`Name of the kind cluster or minikube profile (default: ${labName})`));
}

export function withVolumeOptions(argv: Argv): Argv {
  return argv
    .option("node-folder", text("Folder of the node that the claims take their room from"))
    .option("storage-class", text("Storage class for the claims (default: the cluster's own)"))
    .conflicts("node-folder", "storage-class");
}

export function withSecretOptions(argv: Argv): Argv {
  return argv
    .option("docker-config", text("config.json with logins to registries, for the secret"))
    .option("secret-name", text(`Name of the secret (default: ${registrySecret})`));
}

export function nameOf({ name }: Pick<KindArgs, "name">): string {
  if (name === undefined) return labName;
  if (/^[a-z0-9][a-z0-9.-]*$/.test(name)) return name;
  throw new LabError("usage", `--name: ${JSON.stringify(name)} is no name of a cluster`, {
    hint: "small letters, digits and dashes",
  });
}

/** A context of the kubeconfig goes with a cluster that is there. @throws LabError `usage` */
export function refuseContext({ kind, kubeContext, name }: KindArgs): void {
  if (kind !== "current" && kubeContext !== undefined) {
    throw new LabError("usage", `--kube-context goes with current; ${kind} has a context of its own`, {
      hint: `as in: kaniko-lab cluster up current --kube-context ${kubeContext}`,
    });
  }
  if (kind === "current" && name !== undefined)
    throw new LabError("usage", "--name is for kind and minikube; --kube-context names a cluster that is there");
}

/** `./workspace` of a lab, else the folder itself. @throws LabError `context-not-found` */
export function labFolders({ cache, workingFolder }: CliContext, workspace: string | undefined): LabFolders {
  const ofLab = join(workingFolder, "workspace");
  const folder =
    workspace === undefined ? (existsSync(ofLab) ? ofLab : workingFolder) : resolve(workingFolder, workspace);
  if (!existsSync(folder)) {
    throw new LabError("context-not-found", `there is no folder ${folder}`, {
      hint: "--workspace names the folder with the contexts, that the node is to see",
    });
  }
  return { workspace: folder, cache: cache.root, baseImages: cache.baseImages };
}

/** A cluster made here has folders of this machine; of another one only its user knows. */
export function volumeSource(args: VolumeArgs, kind: ClusterKind): VolumeSource {
  if (args.nodeFolder !== undefined && !args.nodeFolder.startsWith("/"))
    throw new LabError("usage", "--node-folder takes an absolute path on the node", {
      hint: "as in --node-folder /var/lib/kaniko-lab",
    });
  if (args.storageClass !== undefined) return { kind: "class", name: args.storageClass };
  if (args.nodeFolder !== undefined) return { kind: "node", folder: args.nodeFolder };
  return kind === "current" ? { kind: "class", name: null } : { kind: "node", folder: nodeFolder };
}

export async function currentApi(args: ClusterArgs): Promise<ClusterApi> {
  return new ClusterApi(await connectCluster(clusterOptions(args)));
}

/** Makes the secret from the file that is named, else from the user's own. */
export async function ensureSecret(api: ClusterApi, args: SecretArgs, context: CliContext): Promise<ClusterPart> {
  const { ensureObject } = await import("../../lib/cluster/cluster-objects.ts");
  const name = args.secretName ?? registrySecret;
  const file =
    args.dockerConfig === undefined ? usualDockerConfig() : resolve(context.workingFolder, args.dockerConfig);
  const secret = await loginSecret(file, name, api.cluster.namespace);
  return ensureObject(api, secret, `logins of ${file}`, context.signal);
}

function usualDockerConfig(): string {
  return join(process.env.DOCKER_CONFIG || join(process.env.HOME ?? homedir(), ".docker"), "config.json");
}
