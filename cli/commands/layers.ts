import { LayerSharing } from "../../lib/compare/layer-sharing.ts";
import { finalStep } from "../../lib/lab/chain.ts";
import { findDamage } from "../../lib/lab/readable-part.ts";
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
    const { lab, target, progress } = opened;
    const damaged = await findDamage(lab, target, progress);
    const damageOf = new Map(damaged.map(({ layer, error }) => [layer, error]));
    const readable = target.layers.filter(layer => !damageOf.has(layer));
    const facts = await lab.facts(readable, progress);
    const factsOf = new Map(readable.map((layer, at) => [layer, facts[at] as LayerFacts]));
    const unpackedBytes = damaged.length > 0 ? null : await unpackedSize(opened, args.unpacked ?? false);
    const others = await otherBuilds(context, target);
    if (context.output.json) {
      context.output.document({
        target: target.name,
        unpackedBytes,
        layers: target.layers.map(layer => ({
          ...layerDocument(layer, factsOf.get(layer)),
          sharedBy: others(factsOf.get(layer) ?? layer),
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
    const rows = target.layers.map(layer => {
      const layerFacts = factsOf.get(layer);
      return layerRow(layer, layerFacts, others(layerFacts ?? layer).length, context.output.isWide);
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

type OtherBuilds = (layer: Pick<TargetLayer, "digest">) => string[];

/** Ids of the other kept builds that have a layer. */
async function otherBuilds(context: CliContext, target: Target): Promise<OtherBuilds> {
  const { builds } = await new BuildStore(context.cache).list();
  const sharing = new LayerSharing(builds);
  return ({ digest }) => (digest === null ? [] : sharing.buildsWith(digest, target.build?.id));
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
  return `${whose}: ${alone.length} of ${target.layers.length} layers, ${formatBytes(aloneBytes)}${unpacked}`;
}

/** @param facts undefined for a layer that cannot be read: what the image says of it is all there is. */
function layerRow(layer: TargetLayer, facts: LayerFacts | undefined, others: number, isWide: boolean): string[] {
  const digest = facts?.digest ?? layer.digest ?? "";
  return [
    String(layer.index),
    layer.step === null ? "" : String(layer.step),
    facts === undefined && layer.sizeBytes === 0 ? "" : formatBytes((facts ?? layer).sizeBytes),
    facts === undefined ? "" : formatBytes(facts.tarBytes),
    facts === undefined ? "" : String(facts.entryCount),
    facts?.compression ?? "DAMAGED",
    others === 0 ? "" : others === 1 ? "1 build" : `${others} builds`,
    isWide ? digest : `sha256:${shortDigest(digest)}`,
  ];
}

function layerDocument(layer: TargetLayer, facts: LayerFacts | undefined): object {
  return {
    index: layer.index,
    digest: facts?.digest ?? layer.digest,
    diffId: facts?.diffId ?? layer.diffId,
    mediaType: layer.mediaType,
    isDamaged: facts === undefined,
    compression: facts?.compression ?? null,
    sizeBytes: (facts ?? layer).sizeBytes,
    tarBytes: facts?.tarBytes ?? null,
    entries: facts?.entryCount ?? null,
    file: layer.blob?.file ?? null,
    step: layer.step,
  };
}
