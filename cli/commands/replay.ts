import { LabError } from "../../lib/error.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import { findBuild } from "../../lib/store/find-build.ts";
import type { Command } from "../command.ts";
import { showReplay } from "./show-replay.ts";

interface Args {
  readonly target?: string;
  readonly speed: number;
  readonly tui?: boolean;
}

export const command: Command = {
  examples: [["$0 replay --speed 4", "the latest build, four times as fast"]],
  options: argv =>
    argv
      .positional("target", { type: "string", describe: "A build: id, name, latest (default), previous" })
      .option("speed", { type: "number", default: 1, requiresArg: true, describe: "10: ten times as fast; 0: at once" })
      .option("tui", { type: "boolean", describe: "In the terminal UI (default on a terminal)" }),
  async run(context, args: Args) {
    if (!(args.speed >= 0)) throw new LabError("usage", "--speed takes a number from 0 on");
    const word = args.target ?? "latest";
    const build = await findBuild(new BuildStore(context.cache), word);
    if (!build)
      throw new LabError("unknown-target", `there is no build ${word}`, { hint: "kaniko-lab builds lists them" });
    return showReplay(context, build, { speed: args.speed, tui: args.tui });
  },
};
