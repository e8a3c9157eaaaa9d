import { basename } from "node:path";
import { settleAbandoned } from "../../lib/build/settle-abandoned.ts";
import { LabError } from "../../lib/error.ts";
import { showText } from "../../lib/model/path-text.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import type { Command } from "../command.ts";
import { formatDuration, formatTime } from "../display/format.ts";
import { tableLines } from "../display/table.ts";

export const command: Command = {
  examples: [
    ["$0 builds", "newest first"],
    ["$0 builds --json", "all records"],
  ],
  options: argv => argv,
  async run(context) {
    await settleAbandoned(context.cache);
    const { builds, damaged } = await new BuildStore(context.cache).list();
    for (const message of damaged) context.output.note(`warning: ${showText(message)}`);
    if (context.output.json) {
      context.output.document({
        builds: builds.map(({ steps: _steps, layers, ...build }) => ({ ...build, layers: layers.length })),
      });
      return 0;
    }
    if (builds.length === 0) {
      throw new LabError("not-found", `no builds in ${context.cache.root}`, {
        hint: "make one with: kaniko-lab build DIR",
      });
    }
    const rows = builds.map(build => [
      build.id,
      build.status,
      formatTime(build.startedAt),
      formatDuration(build.durationMs),
      String(build.layers.length),
      build.name === null
        ? showText(basename(build.spec.context))
        : `${showText(build.name)} (${showText(basename(build.spec.context))})`,
    ]);
    const columns = [
      { title: "ID" },
      { title: "STATUS" },
      { title: "STARTED" },
      { title: "TIME", align: "right" as const },
      { title: "LAYERS", align: "right" as const },
      { title: "NAME (CONTEXT)" },
    ];
    // Names need the room more than the number of layers does.
    const shown = columns
      .map((_, at) => at)
      .filter(at => columns[at]?.title !== "LAYERS" || context.output.columns >= 100);
    const pick = <T>(cells: readonly T[]) => shown.map(at => cells[at] as T);
    const lines = tableLines(pick(columns), rows.map(pick), context.output.columns, context.output.style.bold);
    for (const line of lines) context.output.line(line);
    return 0;
  },
};
