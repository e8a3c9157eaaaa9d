import type { LayerIndex } from "../../lib/model/layer-index.ts";
import type { TargetLayer } from "../../lib/model/target.ts";
import type { Command } from "../command.ts";
import { formatBytes, shortDigest } from "../display/format.ts";
import { tableLines } from "../display/table.ts";
import { openTarget, withTarget } from "./target-options.ts";

export const command: Command = {
  examples: [
    ["$0 layers", "layers of the latest build, all stages"],
    ["$0 layers docker-archive:image.tar --json", "of a saved image"],
  ],
  options: argv => withTarget(argv),
  async run(context, args: { target?: string }) {
    const { lab, target, progress } = await openTarget(context, args.target);
    const indexes = await lab.indexes(target.layers, progress);
    if (context.output.json) {
      context.output.document({
        target: target.name,
        layers: target.layers.map((layer, at) => layerDocument(layer, indexes[at] as LayerIndex)),
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
      { title: "DIGEST" },
    ];
    const rows = target.layers.map((layer, at) => layerRow(layer, indexes[at] as LayerIndex, context.output.isWide));
    for (const line of tableLines(columns, rows, Number.POSITIVE_INFINITY, context.output.style.bold))
      context.output.line(line);
    return 0;
  },
};

function layerRow(layer: TargetLayer, index: LayerIndex, isWide: boolean): string[] {
  return [
    String(layer.index),
    layer.step === null ? "" : String(layer.step),
    formatBytes(index.sizeBytes),
    formatBytes(index.tarBytes),
    String(index.entryCount),
    index.compression,
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
