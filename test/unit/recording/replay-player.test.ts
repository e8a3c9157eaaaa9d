import { describe, expect, test } from "vitest";
import type { BuildEvent } from "../../../lib/executor/events.ts";
import { type PlayerClock, ReplayPlayer } from "../../../lib/recording/replay-player.ts";

/** A clock that goes on only when it is told to. */
class HandClock implements PlayerClock {
  #nowMs = 0;
  #waiting: { readonly untilMs: number; go(): void } | null = null;
  #asked = Promise.withResolvers<void>();

  nowMs(): number {
    return this.#nowMs;
  }

  wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      this.#waiting = { untilMs: this.#nowMs + ms, go: resolve };
      this.#asked.resolve();
      this.#asked = Promise.withResolvers<void>();
    });
  }

  /** When the player next waits. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  get leftMs(): number | null {
    return this.#waiting === null ? null : this.#waiting.untilMs - this.#nowMs;
  }

  pass(ms: number): void {
    this.#nowMs += ms;
    if (this.#waiting === null || this.#waiting.untilMs > this.#nowMs) return;
    this.#waiting.go();
    this.#waiting = null;
  }
}

const events: readonly BuildEvent[] = [
  { type: "started", atMs: 0, id: "x", driver: "sandbox", why: "", steps: [] },
  { type: "step-started", atMs: 100, step: 1 },
  { type: "output", atMs: 400, step: 1, text: "one" },
  { type: "output", atMs: 1000, step: 1, text: "two" },
  { type: "finished", atMs: 1200, status: "succeeded", manifest: null, failure: null },
];

function play(options: { speed?: number; fromMs?: number; signal?: AbortSignal } = {}) {
  const clock = new HandClock();
  let readings = 0;
  async function* read() {
    readings += 1;
    yield* events;
  }
  const player = new ReplayPlayer(read, { speed: 1, ...options, clock });
  const seen: string[] = [];
  const over = (async () => {
    for await (const event of player.play()) seen.push(`${event.type} ${event.atMs}`);
  })();
  over.catch(() => undefined);
  return { player, clock, seen, over, readings: () => readings };
}

describe("a replay", () => {
  test("gives each event at its time", async () => {
    const { clock, seen, over } = play();
    for (const [waitMs, types] of [
      [100, 1],
      [300, 2],
      [600, 3],
      [200, 4],
    ] as const) {
      await clock.asked;
      expect(seen).toHaveLength(types);
      expect(clock.leftMs).toBe(waitMs);
      clock.pass(waitMs);
    }
    await over;
    expect(seen).toHaveLength(events.length);
  });

  test("is as fast as it is told, also while it plays", async () => {
    const { clock, player } = play({ speed: 2 });
    await clock.asked;
    expect(clock.leftMs).toBe(50);
    clock.pass(10);
    expect(player.position.atMs).toBe(20);
    player.setSpeed(8);
    await clock.asked;
    expect(clock.leftMs).toBe(10);
    expect(player.position).toEqual({ atMs: 20, speed: 8, isPaused: false });
  });

  test("stands still in a pause, and goes on where it was", async () => {
    const { clock, player, seen } = play();
    await clock.asked;
    clock.pass(40);
    player.togglePause();
    clock.pass(5000);
    expect(player.position).toEqual({ atMs: 40, speed: 1, isPaused: true });
    player.togglePause();
    await clock.asked;
    expect(clock.leftMs).toBe(60);
    expect(seen).toEqual(["started 0"]);
  });

  test("goes forward: what lies between comes at once", async () => {
    const { clock, player, seen } = play();
    await clock.asked;
    player.seek(500);
    await clock.asked;
    expect(seen).toEqual(["started 0", "step-started 100", "output 400"]);
    expect(clock.leftMs).toBe(500);
  });

  test("goes back: everything up to there comes again, from `started` on", async () => {
    const { clock, player, seen, over, readings } = play({ fromMs: 1100 });
    await clock.asked;
    expect(seen).toHaveLength(4);
    expect(clock.leftMs).toBe(100);
    player.togglePause();
    player.seek(450);
    player.togglePause();
    await clock.asked;
    expect(readings()).toBe(2);
    expect(seen.slice(4)).toEqual(["started 0", "step-started 100", "output 400"]);
    expect(clock.leftMs).toBe(550);
    player.seek(-1);
    await clock.asked;
    expect(seen.slice(7)).toEqual(["started 0"]);
    player.seek(9999);
    await over;
    expect(seen.at(-1)).toBe("finished 1200");
  });

  test("at once is at once, and an end from outside ends it, in a pause too", async () => {
    const quick = play({ speed: Number.POSITIVE_INFINITY });
    await quick.over;
    expect(quick.seen).toHaveLength(events.length);
    const stop = new AbortController();
    const { clock, player, over } = play({ signal: stop.signal });
    await clock.asked;
    player.togglePause();
    stop.abort();
    await expect(over).rejects.toMatchObject({ code: "cancelled" });
  });
});
