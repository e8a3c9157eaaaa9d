/** Advice from what was measured in builds of one context; nothing is said without a number. Pure. */

import type { BuildView } from "../explain/build-view.ts";
import type { Advice } from "./advice.ts";
import { changingFiles } from "./changing-files.ts";
import { copyLayers } from "./copy-layers.ts";
import { earlyArguments } from "./early-arguments.ts";
import { lateInstalls } from "./late-installs.ts";
import { measureBuilds } from "./measured-builds.ts";
import { otherModes } from "./other-modes.ts";

/** @param views oldest first. What saves most time comes first. */
export function findAdvice(views: readonly BuildView[]): Advice[] {
  const latest = views.at(-1);
  if (latest === undefined) return [];
  const builds = measureBuilds(views);
  const found = [
    ...lateInstalls(builds, latest),
    ...changingFiles(builds, latest),
    ...earlyArguments(builds, latest),
    ...otherModes(builds, latest),
    ...copyLayers(views, latest),
  ];
  return found.filter(({ savedMs }) => savedMs > 0).sort((a, b) => b.savedMs - a.savedMs);
}
