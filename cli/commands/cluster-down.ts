import { join } from "node:path";
import type { ClusterPart } from "../../lib/cluster/cluster-part.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { showParts, statusOfParts } from "../display/cluster-parts.ts";
import { currentApi, type KindArgs, nameOf, refuseContext, withKind } from "./cluster-options.ts";
import { withClusterOptions } from "./kubernetes-options.ts";

export const command: Command = {
  examples: [
    ["$0 cluster down kind", "the cluster and its registry; workspace and cache folder stay"],
    ["$0 cluster down current", "the secret, claims and volumes that up made there"],
  ],
  options: argv => withKind(withClusterOptions(argv)),
  async run(context, args: KindArgs) {
    refuseContext(args);
    const { output } = context;
    const parts = await remove(context, args);
    output.status("");
    if (output.json) output.document({ kind: args.kind, parts });
    else if (parts.length > 0) showParts(output, parts);
    else output.note("nothing to do: there is nothing of kaniko-lab's");
    return statusOfParts(parts);
  },
};

async function remove({ cache, output, signal }: CliContext, args: KindArgs): Promise<ClusterPart[]> {
  const report = (what: string) => output.status(what);
  if (args.kind === "current") {
    const { removeObjects } = await import("../../lib/cluster/cluster-objects.ts");
    return removeObjects(await currentApi(args), signal);
  }
  const { runProgram: run } = await import("../../lib/cluster/run-program.ts");
  const name = nameOf(args);
  if (args.kind === "minikube") {
    const { minikubeDown } = await import("../../lib/cluster/minikube-cluster.ts");
    const stateFolder = join(cache.driver("kubernetes"), "minikube");
    return minikubeDown({ name, stateFolder, namespace: args.namespace ?? null, run, report, signal });
  }
  const { kindDown } = await import("../../lib/cluster/kind-cluster.ts");
  const { connectEngine } = await import("../../lib/executor/docker/connect-engine.ts");
  return kindDown({ name, engine: await connectEngine(), run, report, signal });
}
