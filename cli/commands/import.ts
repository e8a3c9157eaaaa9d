import { resolve } from "node:path";
import { importBuilds } from "../../lib/recording/import-builds.ts";
import type { Command } from "../command.ts";

export const command: Command = {
  examples: [["$0 import two.klab", "then: kaniko-lab diff"]],
  options: argv =>
    argv.positional("file", { type: "string", demandOption: true, describe: "A file that export wrote" }),
  async run(context, args: { file: string }) {
    const builds = await importBuilds(context.cache, resolve(context.workingFolder, args.file), {
      signal: context.signal,
    });
    if (context.output.json) context.output.document({ builds });
    else for (const id of builds) context.output.line(id);
    return 0;
  },
};
