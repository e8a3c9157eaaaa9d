import type { BuildRecord } from "../../lib/model/build.ts";
import { openReplay } from "../../lib/recording/replay-build.ts";
import { withNotice } from "../../lib/recording/replay-driver.ts";
import type { CliContext } from "../context.ts";
import { showBuild } from "../display/build-display.ts";
import { canShowTui, openTui } from "./tui.ts";

export interface ReplayView {
  /** 1: as fast as it was; 0: at once. */
  readonly speed: number;
  /** Time of the build from which on it is played; what was before comes at once. */
  readonly fromMs: number;
  /** Undefined: on a terminal. */
  readonly tui: boolean | undefined;
}

/** Plays a recorded build, and says that it is one. @returns the exit status of that build. */
export async function showReplay(context: CliContext, build: BuildRecord, view: ReplayView): Promise<number> {
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const speed = view.speed === 0 ? Number.POSITIVE_INFINITY : view.speed;
  const player = openReplay(context.cache, build.id, { speed, fromMs: view.fromMs, signal });
  const events = withNotice(player.play(), build, "");
  if (view.tui ?? canShowTui(context)) {
    const replay = { controls: player, durationMs: build.durationMs };
    return openTui(context, { target: build.id, live: { events, cancel: () => stop.abort(), replay } });
  }
  return showBuild(context, context.cache, events, () => true);
}
