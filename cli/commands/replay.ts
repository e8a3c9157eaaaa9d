import { parseDurationNs } from "../../lib/dockerfile/duration.ts";
import { LabError } from "../../lib/error.ts";
import type { BuildRecord } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";
import { importBuilds } from "../../lib/recording/import-builds.ts";
import { recordedEvents } from "../../lib/recording/recorded-events.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import { findBuild } from "../../lib/store/find-build.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { formatDuration, formatTime } from "../display/format.ts";
import { tableLines } from "../display/table.ts";
import { inProgramWords } from "../program-word.ts";
import { showReplay } from "./show-replay.ts";

interface Args {
  readonly target?: string;
  readonly speed: number;
  readonly from?: string;
  readonly list?: boolean;
  readonly tui?: boolean;
}

export const command: Command = {
  examples: [
    ["$0 replay --speed 4", "the latest build, four times as fast"],
    ["$0 replay --from step:5", "from a step on; or from a time: --from 1m30s"],
    ["$0 replay --list", "recordings of real builds that come with the program"],
    ["$0 replay 03-before", "one of those"],
  ],
  options: argv =>
    argv
      .positional("target", {
        type: "string",
        describe: "A build: id, name, latest (default), previous; or one that --list names",
      })
      .option("speed", { type: "number", default: 1, requiresArg: true, describe: "10: ten times as fast; 0: at once" })
      .option("from", {
        type: "string",
        requiresArg: true,
        describe: "Where to begin: a time of the build (90s, 1m30s), or step:NUMBER",
      })
      .option("list", { type: "boolean", describe: "List the recordings that come with the program" })
      .option("tui", { type: "boolean", describe: "In the terminal UI (default on a terminal)" }),
  async run(context, args: Args) {
    if (args.list) return listShipped(context);
    if (!(args.speed >= 0)) throw new LabError("usage", "--speed takes a number from 0 on");
    const build = await buildToPlay(context, args.target ?? "latest");
    const fromMs = args.from === undefined ? 0 : await beginning(context, build, args.from);
    return showReplay(context, build, { speed: args.speed, fromMs, tui: args.tui });
  },
};

/** One of this cache folder, else one that comes with the program. */
async function buildToPlay(context: CliContext, word: string): Promise<BuildRecord> {
  const store = new BuildStore(context.cache);
  const build = await findBuild(store, word);
  if (build) return build;
  const { shippedBuilds } = await import("./shipped-recordings.ts");
  const shipped = (await shippedBuilds()).find(({ name, record }) => name === word || record.id === word);
  if (shipped === undefined) {
    throw new LabError("unknown-target", `there is no build ${word}`, {
      hint: "kaniko-lab builds lists them, kaniko-lab replay --list those that come with the program",
    });
  }
  await importBuilds(context.cache, shipped.file, { signal: context.signal });
  return store.read(shipped.record.id);
}

/** @returns milliseconds since the build began. */
async function beginning(context: CliContext, build: BuildRecord, from: string): Promise<number> {
  const step = /^step:(\d{1,6})$/.exec(from)?.[1];
  if (step !== undefined) return startOfStep(context, build, Number(step));
  // A number alone is seconds.
  const duration = /^\d+(\.\d+)?$/.test(from) ? `${from}s` : from;
  try {
    const ms = parseDurationNs(duration) / 1e6;
    if (ms >= 0) return ms;
  } catch {
    // Told below.
  }
  throw new LabError("usage", `--from: ${JSON.stringify(from)} is neither a time nor a step`, {
    hint: "as in --from 90s, --from 1m30s, --from step:5",
  });
}

async function startOfStep({ cache }: CliContext, build: BuildRecord, step: number): Promise<number> {
  for await (const event of recordedEvents(cache, build.id))
    if (event.type === "step-started" && event.step === step) return event.atMs;
  throw new LabError("unknown-step", `step ${step} did not begin in build ${showText(build.id)}`, {
    hint: `kaniko-lab steps ${build.id}`,
  });
}

async function listShipped({ output }: CliContext): Promise<number> {
  const { shippedBuilds } = await import("./shipped-recordings.ts");
  const builds = await shippedBuilds();
  if (output.json) {
    output.document({
      builds: builds.map(({ name, says, file, record: { id, startedAt, durationMs, driver, executor } }) => ({
        id,
        name,
        says,
        file,
        startedAt,
        durationMs,
        driver,
        executor,
      })),
    });
    return 0;
  }
  const rows = builds.map(({ name, record, says }) => [
    showText(name),
    formatTime(record.startedAt),
    formatDuration(record.durationMs),
    `${record.executor.family} ${showText(record.executor.version)}`,
    showText(says),
  ]);
  const columns = [
    { title: "NAME" },
    { title: "RECORDED" },
    { title: "TIME", align: "right" as const },
    { title: "EXECUTOR" },
    { title: "WHAT IT IS" },
  ];
  for (const line of tableLines(columns, rows, output.columns, output.style.bold)) output.line(line);
  output.note(inProgramWords("\nplay one: kaniko-lab replay NAME; take those of a lesson: kaniko-lab lesson look 3"));
  return 0;
}
