import { LabError } from "../../lib/error.ts";
import type { BuildEvent } from "../../lib/executor/events.ts";
import type { BuildStatus } from "../../lib/model/build.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { extraWordsFor, openCommandLine } from "../palette.ts";
import type { BatchSource, LiveSource, WatchSource } from "../tui/options.ts";
import { type ThemeName, themeNames } from "../tui/theme-names.ts";
import { labOf, withTarget } from "./target-options.ts";

export const command: Command = {
  examples: [
    ["$0 tui", "the latest build"],
    ["$0 tui --theme light", "on a white terminal"],
    ["$0 tui docker-daemon:alpine", "an image of the Docker engine"],
  ],
  options: argv =>
    withTarget(argv).option("mouse", { type: "boolean", default: true, describe: "Wheel and clicks" }).option("theme", {
      choices: themeNames,
      requiresArg: true,
      describe: "Colours; KANIKO_LAB_THEME does the same everywhere",
    }),
  async run(context, args: { target?: string; mouse: boolean; theme?: ThemeName }) {
    return openTui(context, { target: args.target ?? null, mouse: args.mouse, theme: args.theme });
  },
};

export interface TuiRequest {
  readonly target: string | null;
  readonly mouse?: boolean;
  readonly theme?: ThemeName | undefined;
  readonly live?: LiveSource;
  readonly watch?: WatchSource;
  readonly batch?: BatchSource;
}

/** Whether a full screen can be shown: ink needs a terminal on both sides and is blank where CI is set. */
export function canShowTui(context: CliContext): boolean {
  if (context.host) return !context.plain;
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  return terminal && !context.plain && !process.env.CI && process.env.TERM !== "dumb";
}

/**
 * Shows the terminal UI until the user leaves.
 * @returns the exit status: that of the build that was watched, else 0.
 * @throws LabError `usage` without a terminal.
 */
export async function openTui(context: CliContext, request: TuiRequest): Promise<number> {
  if (!canShowTui(context)) {
    throw new LabError("usage", "the terminal UI needs a terminal", {
      hint: "kaniko-lab steps, layers, ls, search and diff show the same as text; kaniko-lab --help lists all",
    });
  }
  let status = 0;
  let failure: unknown = null;
  const live = request.live && {
    ...request.live,
    events: noticeEnd(request.live.events, (end, reason) => {
      status = end;
      failure = reason;
    }),
  };
  const watch = request.watch && {
    ...request.watch,
    events: noticeFailure(request.watch.events, thrown => {
      failure = thrown;
    }),
  };
  const { host } = context;
  if (host) await host.show({ target: request.target, live, watch, batch: request.batch });
  else await runAlone(context, request, live, watch);
  // The screen that told of it is gone: the error is said once more, where it stays.
  if (failure !== null && !(failure instanceof LabError && failure.code === "cancelled")) throw failure;
  return failure === null ? status : exitStatusOf.cancelled;
}

async function runAlone(
  context: CliContext,
  request: TuiRequest,
  live: LiveSource | undefined,
  watch: WatchSource | undefined,
): Promise<void> {
  const { runTui } = await import("../tui/main.tsx");
  const lab = labOf(context);
  await runTui({
    lab,
    builds: new BuildStore(context.cache),
    cache: context.cache,
    commandLine: openCommandLine({ cache: context.cache, lab, extraWords: await extraWords(context) }),
    target: request.target,
    mouse: request.mouse ?? true,
    ...(request.theme === undefined ? {} : { theme: request.theme }),
    ...(live === undefined ? {} : { live }),
    ...(watch === undefined ? {} : { watch }),
    ...(request.batch === undefined ? {} : { batch: request.batch }),
  });
}

async function extraWords({ cache, platform }: CliContext): Promise<readonly string[]> {
  const words = await extraWordsFor(cache);
  return platform === undefined ? words : [...words, "--platform", platform];
}

const bugStatus = 70;

async function* noticeEnd(
  events: AsyncIterable<BuildEvent>,
  onEnd: (status: number, error: unknown) => void,
): AsyncGenerator<BuildEvent> {
  try {
    for await (const event of events) {
      if (event.type === "finished") onEnd(exitStatusOf[event.status], null);
      yield event;
    }
  } catch (error) {
    onEnd(bugStatus, error);
    throw error;
  }
}

async function* noticeFailure<Event>(
  events: AsyncIterable<Event>,
  onFailure: (error: unknown) => void,
): AsyncGenerator<Event> {
  try {
    yield* events;
  } catch (error) {
    onFailure(error);
    throw error;
  }
}

const exitStatusOf: Readonly<Record<BuildStatus, number>> = { running: 130, succeeded: 0, failed: 4, cancelled: 130 };
