import { join } from "node:path";
import { type ClusterPart, clusterPart } from "../../lib/cluster/cluster-part.ts";
import { registrySecret } from "../../lib/cluster/lab-folders.ts";
import type { ClusterApi } from "../../lib/executor/kubernetes/cluster-api.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { showParts } from "../display/cluster-parts.ts";
import {
  currentApi,
  type KindArgs,
  nameOf,
  refuseContext,
  type VolumeArgs,
  volumeSource,
  withKind,
  withVolumeOptions,
} from "./cluster-options.ts";
import { withClusterOptions } from "./kubernetes-options.ts";

interface StatusArgs extends KindArgs, VolumeArgs {}

interface Found {
  readonly parts: readonly ClusterPart[];
  /** Null where it does not run. */
  readonly api: ClusterApi | null;
}

export const command: Command = {
  examples: [
    ["$0 cluster status kind", "registry, cluster, mounts, claims, secret; exit status 1 when something is missing"],
    ["$0 cluster status current --json", "the same of the kubeconfig's cluster, for programs"],
  ],
  options: argv => withVolumeOptions(withKind(withClusterOptions(argv))),
  async run(context, args: StatusArgs) {
    refuseContext(args);
    const { parts: found, api } = await look(context, args);
    const parts = [...found, ...(api === null ? [] : await lookInside(context, args, api))];
    const works = parts.every(isUsable);
    if (context.output.json) context.output.document({ kind: args.kind, works, parts });
    else showParts(context.output, parts);
    return works ? 0 : 1;
  },
};

async function look(context: CliContext, args: StatusArgs): Promise<Found> {
  const { signal, cache } = context;
  const name = nameOf(args);
  const namespace = args.namespace ?? null;
  if (args.kind === "current") {
    const { whatIsMissing } = await import("../../lib/cluster/wait-usable.ts");
    const api = await currentApi(args);
    const missing = await whatIsMissing(api, "guest", signal);
    const detail = `context ${api.cluster.contextName}, ${missing ?? api.cluster.server}`;
    return {
      parts: [clusterPart(missing === null ? "there" : "missing", detail)],
      api,
    };
  }
  if (args.kind === "minikube") {
    const { minikubeStatus, missingForMinikube } = await import("../../lib/cluster/minikube-cluster.ts");
    const { runProgram } = await import("../../lib/cluster/run-program.ts");
    if ((await missingForMinikube()).length > 0)
      return {
        parts: [clusterPart("missing", "minikube is not on this machine")],
        api: null,
      };
    const stateFolder = join(cache.driver("kubernetes"), "minikube");
    return minikubeStatus({ name, stateFolder, namespace, run: runProgram, signal });
  }
  const { kindStatus } = await import("../../lib/cluster/kind-cluster.ts");
  const { connectEngine } = await import("../../lib/executor/docker/connect-engine.ts");
  return kindStatus({ name, engine: await connectEngine(), namespace, signal });
}

async function lookInside({ signal }: CliContext, args: StatusArgs, api: ClusterApi): Promise<ClusterPart[]> {
  const { lookForVolumes } = await import("../../lib/cluster/volumes.ts");
  const { lookForObject, partsSeen } = await import("../../lib/cluster/cluster-objects.ts");
  const metadata = { name: registrySecret, namespace: api.cluster.namespace };
  const secret = { apiVersion: "v1", kind: "Secret", metadata } as const;
  return partsSeen([
    ...(await lookForVolumes(api, volumeSource(args, args.kind), signal)),
    await lookForObject(api, secret, "logins to registries", signal),
  ]);
}

/** Who logs in nowhere needs no secret; a volume belongs to its claim, which says whether it has one. */
function isUsable({ kind, state }: ClusterPart): boolean {
  return state === "there" || kind === "secret" || (state === "unseen" && kind === "volume");
}
