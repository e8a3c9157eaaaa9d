import { layersUpTo } from "../lab/chain.ts";
import type { Lab, ProgressOptions } from "../lab/lab.ts";
import { columnsOf } from "../layer/columns-of.ts";
import type { LayerColumns } from "../layer/layer-columns.ts";
import type { Step } from "../model/build.ts";
import type { BlobLocation } from "../model/layer-index.ts";
import type { Target } from "../model/target.ts";

/** A layer among those that make a file system, and who made it. */
export interface StackLayer {
  readonly columns: LayerColumns;
  /** Null when only the listing was kept. */
  readonly blob: BlobLocation | null;
  readonly step: number;
  /** It came with the base image: the Dockerfile cannot change it. Of an image that was not built here nobody knows. */
  readonly isBase: boolean;
}

/** The layers of the file system after a step, oldest first. */
export async function openStack(
  lab: Lab,
  target: Target,
  step: Step,
  options: ProgressOptions,
): Promise<readonly StackLayer[]> {
  const chain = layersUpTo(target.steps, step);
  const byDigest = new Map(target.layers.map(layer => [layer.digest ?? (layer.diffId as string), layer]));
  const layers = chain.map(({ layer }) => byDigest.get(layer.digest)).filter(layer => layer !== undefined);
  const indexes = await lab.indexes(layers, options);
  return layers.map((layer, at) => {
    const { step: number, layer: ref } = chain[at]!;
    const maker = target.steps.find(candidate => candidate.number === number);
    return {
      columns: columnsOf(indexes[at]!),
      blob: layer.blob,
      step: number,
      isBase: target.build !== null && (maker?.baseLayers.includes(ref) ?? false),
    };
  });
}
