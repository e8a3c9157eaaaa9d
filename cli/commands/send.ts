import { resolve } from "node:path";
import { LabError } from "../../lib/error.ts";
import { fillClaim } from "../../lib/executor/kubernetes/fill-claim.ts";
import { showText } from "../../lib/model/path-text.ts";
import { objectName } from "../../lib/render/render-options.ts";
import type { Command } from "../command.ts";
import { counted, formatBytes } from "../display/format.ts";
import { type ClusterArgs, clusterOptions, withClusterOptions } from "./kubernetes-options.ts";

interface Args extends ClusterArgs {
  readonly folder: string;
  readonly claim: string;
  readonly to?: string;
  readonly size?: string;
  readonly allFiles?: boolean;
  readonly helperImage?: string;
}

export const command: Command = {
  examples: [
    ["$0 send images --claim workspace", "the contexts for builds that run without us"],
    ["$0 send images --claim workspace --size 1Gi --namespace argo", "make the claim, too"],
  ],
  options: argv =>
    withClusterOptions(
      argv
        .positional("folder", { type: "string", demandOption: true, describe: "Folder of this machine" })
        .option("claim", {
          type: "string",
          requiresArg: true,
          demandOption: true,
          describe: "PersistentVolumeClaim that gets its files; what it has is replaced",
        })
        .option("to", { type: "string", requiresArg: true, describe: "Folder in the claim (default: all of it)" })
        .option("size", { type: "string", requiresArg: true, describe: "Make the claim with this size if need be" })
        .option("all-files", { type: "boolean", describe: "Also what the folder's .dockerignore leaves out" })
        .option("helper-image", { type: "string", requiresArg: true, describe: "Image with sh and tar" }),
    ),
  async run(context, args: Args) {
    const { folder, to = "", size = null, helperImage } = args;
    if (size !== null && !/^\d+(?:\.\d+)?(?:[EPTGMk]i?)?$/.test(size))
      throw new LabError("usage", `--size ${JSON.stringify(size)} is no size`, { hint: "as in 1Gi" });
    const { output, signal, workingFolder } = context;
    const claim = objectName("--claim", args.claim);
    const options = { ...clusterOptions(args), ...(helperImage === undefined ? {} : { helperImage }) };
    const request = {
      folder: resolve(workingFolder, folder),
      claim,
      to,
      size,
      allFiles: args.allFiles ?? false,
      signal,
    };
    const filled = await fillClaim(request, options, (what, doneBytes) => {
      output.status(`${showText(what)}${doneBytes == null ? "" : `, ${formatBytes(doneBytes)}`}`);
    }).finally(() => output.status(""));
    if (output.json) output.document({ folder: request.folder, claim, to, ...filled });
    else {
      const made = filled.isNew ? "new " : "";
      const size = `${counted(filled.files, "file")}, ${formatBytes(filled.bytes)}`;
      output.line(`sent ${showText(folder)} to the ${made}claim ${claim} of ${filled.namespace}: ${size}`);
      if (filled.ignored > 0)
        output.note(`.dockerignore left out ${counted(filled.ignored, "path")}: --all-files sends them, too`);
    }
    return 0;
  },
};
