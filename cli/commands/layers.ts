import { LayerSharing } from "../../lib/builds/layer-sharing.ts";
import { finalStep } from "../../lib/lab/chain.ts";
import type { LayerIndex } from "../../lib/model/layer-index.ts";
import type { Target, TargetLayer } from "../../lib/model/target.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { formatBytes, shortDigest } from "../display/format.ts";
import { tableLines } from "../display/table.ts";
import { type OpenedTarget, openTarget, targetHelp } from "./target-options.ts";

export const command: Command = {
  examples: [
    ["$0 layers", "layers of the latest build, all stages"],
    ["$0 layers docker-archive:image.tar --json", "of a saved image"],
  ],
  options: argv => argv.positional("target", { type: "string", describe: targetHelp }),
  async run(context, args: { target?: string }) {
    const opened = await openTarget(context, args.target);
    const { lab, target, progress } = opened;
    const indexes = await lab.indexes(target.layers, progress);
    const unpackedBytes = await unpackedSize(opened);
    const others = await otherBuilds(context, target);
    if (context.output.json) {
      context.output.document({
        target: target.name,
        unpackedBytes,
        layers: target.layers.map((layer, at) => ({
          ...layerDocument(layer, indexes[at] as LayerIndex),
          sharedBy: others(indexes[at] as LayerIndex),
        })),
      });
      return 0;
    }
    const columns = [
      { title: "#", align: "right" as const },
      { title: "STEP", align: "right" as const },
      { title: "SIZE", align: "right" as const },
      { title: "TAR", align: "right" as const },
      { title: "ENTRIES", align: "right" as const },
      { title: "FORM" },
      { title: "ALSO IN", align: "right" as const },
      { title: "DIGEST" },
    ];
    const rows = target.layers.map((layer, at) => {
      const index = indexes[at] as LayerIndex;
      return layerRow(layer, index, others(index).length, context.output.isWide);
    });
    for (const line of tableLines(columns, rows, Number.POSITIVE_INFINITY, context.output.style.bold))
      context.output.line(line);
    context.output.note(totalLine(target, indexes, unpackedBytes, others));
    return 0;
  },
};

/** Null for a target that is no whole image. */
async function unpackedSize({ lab, target, progress }: OpenedTarget): Promise<number | null> {
  const isImage = target.build === null || target.build.layers.length > 0;
  const last = isImage ? finalStep(target.steps) : null;
  if (last === null) return null;
  return target.build?.unpackedBytes ?? (await lab.snapshotAt(target, last, progress)).totalBytes;
}

type OtherBuilds = (index: LayerIndex) => string[];

/** Ids of the other kept builds that have a layer. */
async function otherBuilds(context: CliContext, target: Target): Promise<OtherBuilds> {
  const { builds } = await new BuildStore(context.cache).list();
  const sharing = new LayerSharing(builds);
  return index => sharing.buildsWith(index.digest, target.build?.id);
}

function totalLine(
  target: Target,
  indexes: readonly LayerIndex[],
  unpackedBytes: number | null,
  others: OtherBuilds,
): string {
  const alone = indexes.filter(index => others(index).length === 0);
  const aloneBytes = alone.reduce((sum, index) => sum + index.sizeBytes, 0);
  const whose = target.build === null ? "not in any build here" : "only in this build";
  const unpacked = unpackedBytes === null ? "" : `; unpacked ${formatBytes(unpackedBytes)}`;
  return `${whose}: ${alone.length} of ${indexes.length} layers, ${formatBytes(aloneBytes)}${unpacked}`;
}

function layerRow(layer: TargetLayer, index: LayerIndex, others: number, isWide: boolean): string[] {
  return [
    String(layer.index),
    layer.step === null ? "" : String(layer.step),
    formatBytes(index.sizeBytes),
    formatBytes(index.tarBytes),
    String(index.entryCount),
    index.compression,
    others === 0 ? "" : others === 1 ? "1 build" : `${others} builds`,
    isWide ? index.digest : `sha256:${shortDigest(index.digest)}`,
  ];
}

function layerDocument(layer: TargetLayer, index: LayerIndex): object {
  return {
    index: layer.index,
    digest: index.digest,
    diffId: index.diffId,
    mediaType: layer.mediaType,
    compression: index.compression,
    sizeBytes: index.sizeBytes,
    tarBytes: index.tarBytes,
    entries: index.entryCount,
    file: layer.blob?.file ?? null,
    step: layer.step,
  };
}
