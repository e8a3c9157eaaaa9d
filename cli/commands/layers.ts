import { LayerSharing } from "../../lib/compare/layer-sharing.ts";
import { finalStep } from "../../lib/lab/chain.ts";
import { readablePart } from "../../lib/lab/readable-part.ts";
import type { LayerFacts } from "../../lib/model/layer-index.ts";
import type { Target, TargetLayer } from "../../lib/model/target.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { damagedDocument, reportDamage } from "../display/damaged-layers.ts";
import { formatBytes, shortDigest } from "../display/format.ts";
import { tableLines } from "../display/table.ts";
import { type OpenedTarget, openTarget, withTarget } from "./target-options.ts";

export const command: Command = {
  examples: [
    ["$0 layers", "layers of the latest build, all stages"],
    ["$0 layers docker-archive:image.tar --json", "of a saved image"],
  ],
  options: argv =>
    withTarget(argv).option("unpacked", {
      type: "boolean",
      describe: "Size of the image unpacked (a build's own is known; others have to be put together)",
    }),
  async run(context, args: { target?: string; unpacked?: boolean }) {
    const opened = await openTarget(context, args.target);
    const { lab, progress } = opened;
    const { target, damaged } = await readablePart(lab, opened.target, progress);
    const facts = await lab.facts(target.layers, progress);
    const unpackedBytes = damaged.length > 0 ? null : await unpackedSize(opened, args.unpacked ?? false);
    const others = await otherBuilds(context, target);
    if (context.output.json) {
      context.output.document({
        target: target.name,
        unpackedBytes,
        layers: target.layers.map((layer, at) => ({
          ...layerDocument(layer, facts[at] as LayerFacts),
          sharedBy: others(facts[at] as LayerFacts),
        })),
        damaged: damaged.map(damagedDocument),
      });
      return reportDamage(context, damaged);
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
      const layerFacts = facts[at] as LayerFacts;
      return layerRow(layer, layerFacts, others(layerFacts).length, context.output.isWide);
    });
    for (const line of tableLines(columns, rows, Number.POSITIVE_INFINITY, context.output.style.bold))
      context.output.line(line);
    context.output.note(totalLine(target, facts, unpackedBytes, others));
    return reportDamage(context, damaged);
  },
};

/** Null for a target that is no whole image, and for one whose size is neither recorded nor asked for. */
async function unpackedSize({ lab, target, progress }: OpenedTarget, isWanted: boolean): Promise<number | null> {
  const isImage = target.build === null || target.build.layers.length > 0;
  const last = isImage ? finalStep(target.steps) : null;
  if (last === null) return null;
  const recorded = target.build?.unpackedBytes ?? null;
  return recorded ?? (isWanted ? (await lab.snapshotAt(target, last, progress)).totalBytes : null);
}

type OtherBuilds = (facts: LayerFacts) => string[];

/** Ids of the other kept builds that have a layer. */
async function otherBuilds(context: CliContext, target: Target): Promise<OtherBuilds> {
  const { builds } = await new BuildStore(context.cache).list();
  const sharing = new LayerSharing(builds);
  return facts => sharing.buildsWith(facts.digest, target.build?.id);
}

function totalLine(
  target: Target,
  layers: readonly LayerFacts[],
  unpackedBytes: number | null,
  others: OtherBuilds,
): string {
  const alone = layers.filter(facts => others(facts).length === 0);
  const aloneBytes = alone.reduce((sum, facts) => sum + facts.sizeBytes, 0);
  const whose = target.build === null ? "not in any build here" : "only in this build";
  const unpacked = unpackedBytes === null ? "" : `; unpacked ${formatBytes(unpackedBytes)}`;
  return `${whose}: ${alone.length} of ${layers.length} layers, ${formatBytes(aloneBytes)}${unpacked}`;
}

function layerRow(layer: TargetLayer, facts: LayerFacts, others: number, isWide: boolean): string[] {
  return [
    String(layer.index),
    layer.step === null ? "" : String(layer.step),
    formatBytes(facts.sizeBytes),
    formatBytes(facts.tarBytes),
    String(facts.entryCount),
    facts.compression,
    others === 0 ? "" : others === 1 ? "1 build" : `${others} builds`,
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
