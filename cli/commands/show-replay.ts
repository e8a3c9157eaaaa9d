import type { BuildRecord } from "../../lib/model/build.ts";
import { playBuild } from "../../lib/recording/replay-driver.ts";
import type { CliContext } from "../context.ts";
import { showBuild } from "../display/build-display.ts";
import { canShowTui, openTui } from "./tui.ts";

export interface ReplayView {
  /** 1: as fast as it was; 0: at once. */
  readonly speed: number;
  /** Undefined: on a terminal. */
  readonly tui: boolean | undefined;
}

/** Plays a recorded build, and says that it is one. @returns the exit status of that build. */
export async function showReplay(context: CliContext, build: BuildRecord, view: ReplayView): Promise<number> {
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const speed = view.speed === 0 ? Number.POSITIVE_INFINITY : view.speed;
  const events = playBuild(context.cache, build, { speed, signal, reason: "" });
  if (view.tui ?? canShowTui(context)) {
    return openTui(context, { target: build.id, live: { events, cancel: () => stop.abort() } });
  }
  return showBuild(context, context.cache, events, () => true);
}
