import { basename } from "node:path";
import { settleAbandoned } from "../../lib/build/settle-abandoned.ts";
import { LayerSharing } from "../../lib/builds/layer-sharing.ts";
import { LabError } from "../../lib/error.ts";
import type { BuildRecord } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { formatBytes, formatDuration, formatTime } from "../display/format.ts";
import { tableLines } from "../display/table.ts";

export const command: Command = {
  examples: [
    ["$0 builds", "newest first"],
    ["$0 builds --sizes", "of each image, and what is kept for it alone"],
    ["$0 builds --json", "all records"],
  ],
  options: argv =>
    argv.option("sizes", {
      alias: "s",
      type: "boolean",
      describe: "Sizes: of the image, unpacked, and of the layers that no other build has",
    }),
  async run(context, args: { sizes?: boolean }) {
    await settleAbandoned(context.cache);
    const { builds, damaged } = await new BuildStore(context.cache).list();
    for (const message of damaged) context.output.note(`warning: ${showText(message)}`);
    const sharing = new LayerSharing(builds);
    if (context.output.json) {
      context.output.document({
        builds: builds.map(build => buildDocument(build, sharing)),
        layersBytes: sharing.totalBytes,
      });
      return 0;
    }
    if (builds.length === 0) {
      throw new LabError("not-found", `no builds in ${context.cache.root}`, {
        hint: "make one with: kaniko-lab build DIR",
      });
    }
    if (args.sizes) showSizes(context, builds, sharing);
    else showBuilds(context, builds);
    return 0;
  },
};

function buildDocument(build: BuildRecord, sharing: LayerSharing): object {
  const { steps: _steps, layers, ...rest } = build;
  return {
    ...rest,
    layers: layers.length,
    sizeBytes: imageBytes(build),
    unpackedBytes: build.unpackedBytes ?? null,
    uniqueBytes: sharing.uniqueBytes(build),
  };
}

function imageBytes({ layers }: BuildRecord): number | null {
  return layers.length === 0 ? null : layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
}

function nameLabel({ name, spec }: BuildRecord): string {
  const folder = showText(basename(spec.context));
  return name === null ? folder : `${showText(name)} (${folder})`;
}

function showBuilds({ output }: CliContext, builds: readonly BuildRecord[]): void {
  const rows = builds.map(build => [
    build.id,
    build.status,
    formatTime(build.startedAt),
    formatDuration(build.durationMs),
    String(build.layers.length),
    nameLabel(build),
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
  const shown = columns.map((_, at) => at).filter(at => columns[at]?.title !== "LAYERS" || output.columns >= 100);
  const pick = <T>(cells: readonly T[]) => shown.map(at => cells[at] as T);
  for (const line of tableLines(pick(columns), rows.map(pick), output.columns, output.style.bold)) output.line(line);
}

function showSizes({ output }: CliContext, builds: readonly BuildRecord[], sharing: LayerSharing): void {
  const size = (bytes: number | null | undefined) => (bytes === null || bytes === undefined ? "" : formatBytes(bytes));
  const rows = builds.map(build => [
    build.id,
    String(build.layers.length),
    size(imageBytes(build)),
    size(build.unpackedBytes),
    size(sharing.uniqueBytes(build)),
    nameLabel(build),
  ]);
  const columns = [
    { title: "ID" },
    { title: "LAYERS", align: "right" as const },
    { title: "IMAGE", align: "right" as const },
    { title: "UNPACKED", align: "right" as const },
    { title: "ONLY HERE", align: "right" as const },
    { title: "NAME (CONTEXT)" },
  ];
  for (const line of tableLines(columns, rows, output.columns, output.style.bold)) output.line(line);
  output.note(`layers of all builds together: ${formatBytes(sharing.totalBytes)}`);
}
