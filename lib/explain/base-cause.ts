/** A stage's base image that counts otherwise in its keys. Pure. */

import { compareConfigs } from "../compare/config-facts.ts";
import type { LayerRef, Step } from "../model/build.ts";
import type { BuildView } from "./build-view.ts";
import { type Cause, cause } from "./cause.ts";
import { executorCauses } from "./executor-causes.ts";

/** Null when the base counts the same, or when nothing tells. */
export function baseCauses(one: BuildView, other: BuildView, before: Step, after: Step): Cause[] {
  const [oldKey, newKey] = [one.baseKey(before.stage.index), other.baseKey(after.stage.index)];
  if (oldKey !== null && newKey !== null && oldKey === newKey) return [];
  const [oldName, newName] = [nameOf(one, before), nameOf(other, after)];
  const layers = layersNote(before.baseLayers, after.baseLayers);
  if (oldKey === null || newKey === null) {
    const isOther = oldName !== newName || layers.areOther;
    return isOther ? [baseCause(oldName, newName, null, null, [layers.note])] : [];
  }
  const executor = executorCauses(one, other);
  // Both families count a base by another digest.
  if (!layers.areOther && oldName === newName && executor.length > 0) return executor;
  const config = layers.areKnown && !layers.areOther ? configNote(one, other, after) : [];
  return [baseCause(oldName, newName, oldKey, newKey, [layers.note, ...config]), ...executor];
}

function baseCause(
  oldName: string,
  newName: string,
  oldKey: string | null,
  newKey: string | null,
  notes: readonly string[],
): Cause {
  const side = (name: string, key: string | null) => (oldName === newName && key !== null ? key : name);
  const digests = oldName !== newName && oldKey !== null ? [`it counts as ${newKey} instead of ${oldKey}`] : [];
  return cause("base", {
    name: newName,
    before: side(oldName, oldKey),
    after: side(newName, newKey),
    notes: [...notes, ...digests].filter(note => note !== ""),
  });
}

/** The image, or what stands behind FROM. */
function nameOf(view: BuildView, from: Step): string {
  return (
    view.baseName(from.stage.index) ?? from.text.replace(/^FROM\s+(?:--\S+\s+)*/i, "").replace(/\s+AS\s+\S+$/i, "")
  );
}

interface LayersNote {
  readonly areKnown: boolean;
  readonly areOther: boolean;
  readonly note: string;
}

function layersNote(before: readonly LayerRef[], after: readonly LayerRef[]): LayersNote {
  if (before.length === 0 || after.length === 0) return { areKnown: false, areOther: false, note: "" };
  const namesOf = (layers: readonly LayerRef[]) => layers.map(layer => layer.diffId ?? layer.digest);
  const [old, now] = [namesOf(before), namesOf(after)];
  const common = now.filter((layer, at) => layer === old[at]).length;
  const areOther = common < now.length || now.length !== old.length;
  if (!areOther) return { areKnown: true, areOther, note: "its layers are the same" };
  const fresh = now.length - common;
  const note =
    common === 0
      ? "none of its layers is the same"
      : `${fresh} of its ${now.length} layers ${fresh === 1 ? "is" : "are"} new`;
  return { areKnown: true, areOther, note };
}

/** Of the final image's base: what its config has otherwise, as far as no instruction did it. */
function configNote(one: BuildView, other: BuildView, from: Step): string[] {
  const last = other.record.steps.findLast(({ status }) => status !== "skipped");
  const isFinal = last !== undefined && chainOf(other, last.stage.index).includes(from.stage.index);
  const texts = (view: BuildView) =>
    view.record.steps.map(({ instruction, text }) => (instruction === "FROM" ? "" : text));
  if (!isFinal || one.kept.config === null || other.kept.config === null)
    return ["its config, or what is said about it, is another"];
  if (texts(one).join("\n") !== texts(other).join("\n")) return ["its config, or what is said about it, is another"];
  const changes = compareConfigs(one.kept.config, other.kept.config);
  if (changes.length === 0) return ["its config differs in nothing that a container gets"];
  return changes.map(
    ({ field, name, before, after }) =>
      `${[field, name].filter(word => word !== "").join(" ")}: ${before ?? "none"} → ${after ?? "none"}`,
  );
}

function chainOf(view: BuildView, stage: number): number[] {
  const below = view.from(stage)?.baseStage ?? null;
  return below === null ? [stage] : [...chainOf(view, below), stage];
}
