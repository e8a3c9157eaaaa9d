import type { Command } from "../command.ts";
import { showParts } from "../display/cluster-parts.ts";
import { currentApi, ensureSecret, type SecretArgs, withSecretOptions } from "./cluster-options.ts";
import { type ClusterArgs, withClusterOptions } from "./kubernetes-options.ts";

export const command: Command = {
  examples: [
    ["$0 cluster secret", "from ~/.docker/config.json, as the secret regcred"],
    ["$0 cluster secret --docker-config kaniko.json --namespace builds", "from another file"],
  ],
  options: argv => withSecretOptions(withClusterOptions(argv)),
  async run(context, args: ClusterArgs & SecretArgs) {
    const part = await ensureSecret(await currentApi(args), args, context);
    if (context.output.json) context.output.document({ parts: [part] });
    else showParts(context.output, [part]);
    return 0;
  },
};
