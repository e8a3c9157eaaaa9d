import { LabError } from "../../lib/error.ts";
import type { BuildEvent } from "../../lib/executor/events.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { labOf, targetHelp } from "./target-options.ts";

export const command: Command = {
  examples: [
    ["$0 tui", "the latest build"],
    ["$0 tui docker-daemon:alpine", "an image of the Docker engine"],
  ],
  options: argv =>
    argv
      .positional("target", { type: "string", describe: targetHelp })
      .option("mouse", { type: "boolean", default: true, describe: "Wheel and clicks" }),
  async run(context, args: { target?: string; mouse: boolean }) {
    await openTui(context, { target: args.target ?? null, mouse: args.mouse });
    return 0;
  },
};

export interface TuiRequest {
  readonly target: string | null;
  readonly mouse?: boolean;
  readonly notice?: string;
  readonly live?: { readonly events: AsyncIterable<BuildEvent>; cancel(): void };
}

/** Whether a full screen can be shown: ink needs a terminal on both sides and is blank where CI is set. */
export function canShowTui(context: CliContext): boolean {
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  return terminal && !context.plain && !process.env.CI && process.env.TERM !== "dumb";
}

/** @throws LabError `usage` without a terminal. */
export async function openTui(context: CliContext, request: TuiRequest): Promise<void> {
  if (!canShowTui(context)) {
    throw new LabError("usage", "the terminal UI needs a terminal", {
      hint: "kaniko-lab steps, layers, ls, search and diff show the same as text; kaniko-lab --help lists all",
    });
  }
  const { runTui } = await import("../tui/main.tsx");
  await runTui({
    lab: labOf(context),
    builds: new BuildStore(context.cache),
    cache: context.cache,
    target: request.target,
    mouse: request.mouse ?? true,
    ...(request.notice === undefined ? {} : { notice: request.notice }),
    ...(request.live === undefined ? {} : { live: request.live }),
  });
}
