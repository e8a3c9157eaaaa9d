import type { BuildView } from "../explain/build-view.ts";
import type { Step } from "../model/build.ts";
import type { Advice } from "./advice.ts";

/** Less than this for each COPY is what clocks cannot tell. */
const leastGainMs = 20;

/**
 * COPY and ADD that took longer to fetch from the layer cache than to do. Only where the base was unpacked anyway: without
 * a COPY in the cache it always is. Pure.
 */
export function copyLayers(views: readonly BuildView[], latest: BuildView): Advice[] {
  if (!latest.isOn("cache-copy-layers", false)) return [];
  const copies = views.flatMap(view => view.record.steps.filter(step => isTimedCopy(step) && isUnpacked(view, step)));
  const runs = Map.groupBy(
    copies.filter(({ status }) => status === "executed"),
    ({ text }) => text,
  );
  let savedMs = 0;
  let hits = 0;
  for (const { status, text, durationMs } of copies) {
    const usual = median((runs.get(text) ?? []).map(step => step.durationMs as number));
    if (status !== "cached" || usual === null) continue;
    savedMs += (durationMs as number) - usual;
    hits += 1;
  }
  if (hits === 0 || savedMs / hits < leastGainMs) return [];
  const advice =
    "build with --no-cache-copy-layers: copying was quicker than fetching from the layer cache (layers of earlier stages are then not kept)";
  const names = ["--cache-copy-layers"];
  return [{ kind: "copy-layers", step: null, text: "", names, builds: views.length, savedMs, savedBytes: 0, advice }];
}

function isTimedCopy({ instruction, durationMs }: Step): boolean {
  return (instruction === "COPY" || instruction === "ADD") && durationMs !== null;
}

function isUnpacked(view: BuildView, step: Step): boolean {
  return view.from(step.stage.index)?.status === "executed";
}

function median(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}
