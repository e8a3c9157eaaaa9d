/** An image's history as steps, so that an image from anywhere can be looked at like a build. Pure. */

import type { LayerRef, Step } from "../model/build.ts";
import type { Digest } from "../model/digest.ts";
import type { HistoryEntry, Image, ImageLayer } from "../model/image.ts";

/** One step for every history entry; where the history does not fit the layers, one for every layer. */
export function stepsOfImage(image: Image): Step[] {
  const history = image.config?.history ?? [];
  const withLayer = history.filter(entry => !entry.emptyLayer).length;
  const fits = withLayer === image.layers.length;
  const entries = fits
    ? history
    : image.layers.map(() => ({ createdBy: "", created: null, comment: "", emptyLayer: false }));
  let layer = 0;
  return entries.map((entry, index) => {
    const own = entry.emptyLayer ? null : (image.layers[layer++] ?? null);
    return stepOfEntry(entry, index + 1, own && layerRefOf(own));
  });
}

/** A layer without a digest of its own (a tar inside a docker archive) goes by its diffId, which is what its bytes hash to. */
export function layerRefOf(layer: ImageLayer): LayerRef {
  const digest = layer.digest ?? (layer.diffId as string as Digest);
  return { digest, diffId: layer.diffId, sizeBytes: layer.sizeBytes, mediaType: layer.mediaType };
}

function stepOfEntry(entry: HistoryEntry, number: number, layer: LayerRef | null): Step {
  const text = instructionOfHistory(entry.createdBy);
  return {
    number,
    stage: { index: 0, name: "" },
    line: null,
    endLine: null,
    instruction: /^[A-Z]+(?= |$)/.exec(text)?.[0] ?? "",
    text: text === "" ? entry.comment : text,
    status: layer ? "executed" : "metadata",
    cache: { key: null, result: "off", parts: null },
    layer,
    baseLayers: [],
    baseStage: null,
    startedMs: null,
    durationMs: null,
    snapshotMs: null,
    added: null,
    modified: null,
    deleted: null,
    bytesAdded: null,
  };
}

/** The instruction behind the forms in which Docker and BuildKit write it down. */
export function instructionOfHistory(createdBy: string): string {
  const classic = /^\/bin\/sh -c #\(nop\)\s+(.*)$/s.exec(createdBy);
  if (classic) return (classic[1] as string).trim();
  const shell = /^(?:\|\d+ .*?)?\/bin\/sh -c (.*)$/s.exec(createdBy);
  if (shell) return `RUN ${shell[1]}`;
  const buildkit = /^(.*?) # buildkit$/s.exec(createdBy);
  if (!buildkit) return createdBy;
  return (buildkit[1] as string).replace(/^RUN (?:\|\d+ .*? )?\/bin\/sh -c /s, "RUN ");
}
