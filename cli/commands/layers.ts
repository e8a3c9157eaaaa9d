import type { LayerFacts } from "../../lib/model/layer-index.ts";
import type { TargetLayer } from "../../lib/model/target.ts";
import type { Command } from "../command.ts";
import { formatBytes, shortDigest } from "../display/format.ts";
import { tableLines } from "../display/table.ts";
import { openTarget, targetHelp } from "./target-options.ts";

export const command: Command = {
  examples: [
    ["$0 layers", "layers of the latest build, all stages"],
    ["$0 layers docker-archive:image.tar --json", "of a saved image"],
  ],
  options: argv => argv.positional("target", { type: "string", describe: targetHelp }),
  async run(context, args: { target?: string }) {
    const { lab, target, progress } = await openTarget(context, args.target);
    const facts = await lab.facts(target.layers, progress);
    if (context.output.json) {
      context.output.document({
        target: target.name,
        layers: target.layers.map((layer, at) => layerDocument(layer, facts[at] as LayerFacts)),
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
    const rows = target.layers.map((layer, at) => layerRow(layer, facts[at] as LayerFacts, context.output.isWide));
    for (const line of tableLines(columns, rows, Number.POSITIVE_INFINITY, context.output.style.bold))
      context.output.line(line);
    return 0;
  },
};

function layerRow(layer: TargetLayer, facts: LayerFacts, isWide: boolean): string[] {
  return [
    String(layer.index),
    layer.step === null ? "" : String(layer.step),
    formatBytes(facts.sizeBytes),
    formatBytes(facts.tarBytes),
    String(facts.entryCount),
    facts.compression,
    isWide ? facts.digest : `sha256:${shortDigest(facts.digest)}`,
  ];
}

function layerDocument(layer: TargetLayer, facts: LayerFacts): object {
  return {
    index: layer.index,
    digest: facts.digest,
    diffId: facts.diffId,
    mediaType: layer.mediaType,
    compression: facts.compression,
    sizeBytes: facts.sizeBytes,
    tarBytes: facts.tarBytes,
    entries: facts.entryCount,
    file: layer.blob?.file ?? null,
    step: layer.step,
  };
}
