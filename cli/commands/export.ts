import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { LabError } from "../../lib/error.ts";
import { showText } from "../../lib/model/path-text.ts";
import { exportBuilds } from "../../lib/recording/export-builds.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import { findBuild } from "../../lib/store/find-build.ts";
import type { Command } from "../command.ts";
import { formatBytes } from "../display/format.ts";
import { labOf } from "./target-options.ts";

interface Args {
  readonly builds: readonly string[];
  readonly to?: string;
  readonly full?: boolean;
}

export const command: Command = {
  examples: [
    ["$0 export latest", "one build, base image as a listing"],
    ["$0 export previous latest --to two.klab", "two builds to compare"],
  ],
  options: argv =>
    argv
      .positional("builds", {
        type: "string",
        array: true,
        demandOption: true,
        describe: "Builds: ids, names, latest, previous",
      })
      .option("to", { type: "string", requiresArg: true, describe: "File to write (default: ID.klab)" })
      .option("full", { type: "boolean", describe: "With the content of base images, not only their listing" }),
  async run(context, args: Args) {
    const store = new BuildStore(context.cache);
    const found = [];
    for (const word of args.builds) {
      const build = await findBuild(store, word);
      if (!build)
        throw new LabError("unknown-target", `there is no build ${word}`, { hint: "kaniko-lab builds lists them" });
      found.push(build);
    }
    const file = resolve(context.workingFolder, args.to ?? `${found[0]?.id}.klab`);
    context.output.status(`writing ${file}`);
    await exportBuilds(context.cache, labOf(context), found, file, {
      kind: args.full ? "full" : "thin",
      signal: context.signal,
    });
    const sizeBytes = statSync(file).size;
    if (context.output.json) context.output.document({ file, sizeBytes, builds: found.map(build => build.id) });
    else
      context.output.note(
        `${showText(basename(file))}: ${found.length === 1 ? "1 build" : `${found.length} builds`}, ${formatBytes(sizeBytes)}`,
      );
    return 0;
  },
};
