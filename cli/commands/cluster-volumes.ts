import type { Command } from "../command.ts";
import { showMadeParts, statusOfParts } from "../display/cluster-parts.ts";
import { currentApi, type VolumeArgs, volumeSource, withVolumeOptions } from "./cluster-options.ts";
import { type ClusterArgs, withClusterOptions } from "./kubernetes-options.ts";

export const command: Command = {
  examples: [
    ["$0 cluster volumes --node-folder /kaniko-lab", "volumes of folders that the node has, and their claims"],
    ["$0 cluster volumes", "the claim for base images, of the default storage class"],
  ],
  options: argv => withVolumeOptions(withClusterOptions(argv)),
  async run(context, args: ClusterArgs & VolumeArgs) {
    const { ensureVolumes } = await import("../../lib/cluster/volumes.ts");
    const parts = await ensureVolumes(await currentApi(args), volumeSource(args, "current"), context.signal);
    if (context.output.json) context.output.document({ parts });
    else showMadeParts(context.output, parts);
    return statusOfParts(parts);
  },
};
