import type { BuildRecord } from "../../lib/model/build.ts";
import { replayBuild } from "../../lib/recording/replay-build.ts";
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
  const notice = `Replay of build ${build.id} of ${build.startedAt.slice(0, 10)}: nothing is built now.`;
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const speed = view.speed === 0 ? Number.POSITIVE_INFINITY : view.speed;
  const events = replayBuild(context.cache, build.id, { speed, signal });
  if (view.tui ?? canShowTui(context)) {
    return openTui(context, { target: build.id, notice, live: { events, cancel: () => stop.abort() } });
  }
  context.output.note(notice);
  return showBuild(context, context.cache, events, () => true);
}
