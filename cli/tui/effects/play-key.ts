import type { PlayKey } from "../keys/key-table.ts";
import type { ReplaySource } from "../options.ts";
import type { Store } from "../store.ts";
import { showPosition } from "./follow-build.ts";

/** One press goes this part of the whole build back or forth. */
const part = 1 / 20;
const slowest = 1 / 64;
const fastest = 1024;

/** Pauses a replay, moves in it, or changes its speed. */
export function playKey(store: Store, replay: ReplaySource | undefined, how: PlayKey): void {
  if (replay === undefined) return;
  const { controls } = replay;
  const { atMs, speed } = controls.position;
  const byMs = Math.max(50, (replay.durationMs ?? 0) * part);
  if (how === "pause") controls.togglePause();
  else if (how === "back") controls.seek(atMs - byMs);
  else if (how === "forward") controls.seek(atMs + byMs);
  else if (how === "slower") controls.setSpeed(Math.max(slowest, Math.min(speed, fastest * 2) / 2));
  else controls.setSpeed(Math.min(fastest, speed * 2));
  showPosition(store, replay);
}
