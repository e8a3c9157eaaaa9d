/**
 * Plays the events of a recorded build: at any speed, with pauses, from any time on. Events are read as they are played, so
 * that a long build needs no memory; going back reads them from the start again.
 */

import { setTimeout as delay } from "node:timers/promises";
import { LabError } from "../error.ts";
import type { BuildEvent } from "../executor/events.ts";

export interface PlayerOptions {
  /** 1: as fast as it was; 10: ten times as fast; Infinity: at once. */
  readonly speed: number;
  /** Events up to this time of the build come at once. @defaultValue 0 */
  readonly fromMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @defaultValue that of this machine */
  readonly clock?: PlayerClock | undefined;
}

export interface PlayerClock {
  nowMs(): number;
  /** @throws when the signal fires before. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export interface PlayerPosition {
  /** Time of the build, in milliseconds since it began. */
  readonly atMs: number;
  readonly speed: number;
  readonly isPaused: boolean;
}

/** What a display can do to a replay while it is shown. */
export interface ReplayControls {
  readonly position: PlayerPosition;
  togglePause(): void;
  /** To another time of the build. Going back gives its events from the start again, beginning with `started`. */
  seek(toMs: number): void;
  setSpeed(speed: number): void;
}

const machineClock: PlayerClock = {
  nowMs: () => performance.now(),
  wait: (ms, signal) => delay(ms, undefined, { signal }),
};

export class ReplayPlayer implements ReplayControls {
  readonly #read: () => AsyncIterable<BuildEvent>;
  readonly #signal: AbortSignal | undefined;
  readonly #clock: PlayerClock;
  #speed: number;
  #isPaused = false;
  /** Time of the build when `#sinceMs` was taken. */
  #atMs: number;
  /** Null while the build's time stands still. */
  #sinceMs: number | null = null;
  #isRewound = false;
  #changed = new AbortController();

  /** @param read gives all events, each time from the first. */
  constructor(
    read: () => AsyncIterable<BuildEvent>,
    { speed, fromMs = 0, signal, clock = machineClock }: PlayerOptions,
  ) {
    this.#read = read;
    this.#speed = speed;
    this.#atMs = fromMs;
    this.#signal = signal;
    this.#clock = clock;
  }

  get position(): PlayerPosition {
    return { atMs: this.#nowMs(), speed: this.#speed, isPaused: this.#isPaused };
  }

  togglePause(): void {
    this.#change(() => {
      this.#isPaused = !this.#isPaused;
    });
  }

  seek(toMs: number): void {
    this.#change(() => {
      this.#isRewound ||= toMs < this.#atMs;
      this.#atMs = Math.max(0, toMs);
    });
  }

  setSpeed(speed: number): void {
    this.#change(() => {
      this.#speed = speed;
    });
  }

  /** @throws what reading throws, and LabError `cancelled`. */
  async *play(): AsyncGenerator<BuildEvent, void, void> {
    do {
      this.#isRewound = false;
      for await (const event of this.#read()) {
        await this.#until(event.atMs);
        if (this.#isRewound) break;
        yield event;
        if (this.#isRewound) break;
      }
    } while (this.#isRewound);
  }

  /** Returns when the build's time has come to `atMs`, or when it went back. */
  async #until(atMs: number): Promise<void> {
    for (;;) {
      this.#throwIfAborted();
      if (this.#isRewound || atMs <= this.#atMs) return;
      const waitMs = (atMs - this.#atMs) / this.#speed;
      if (!this.#isPaused && !(waitMs >= 1)) {
        this.#atMs = atMs;
        return;
      }
      const isOver = await this.#wait(this.#isPaused ? null : waitMs);
      if (!isOver) continue;
      this.#atMs = atMs;
      this.#sinceMs = null;
    }
  }

  /** @param ms null: until something changes. @returns whether the time has passed. */
  async #wait(ms: number | null): Promise<boolean> {
    const signals = [this.#changed.signal, ...(this.#signal ? [this.#signal] : [])];
    const signal = AbortSignal.any(signals);
    if (ms === null) {
      await new Promise<void>(resolve => {
        // A pause keeps no process alive by itself: the screen does.
        if (signal.aborted) resolve();
        else signal.addEventListener("abort", () => resolve(), { once: true });
      });
      return false;
    }
    this.#sinceMs = this.#clock.nowMs();
    try {
      await this.#clock.wait(ms, signal);
      return true;
    } catch (error) {
      if (!signal.aborted) throw error;
      return false;
    }
  }

  #nowMs(): number {
    return this.#sinceMs === null ? this.#atMs : this.#atMs + (this.#clock.nowMs() - this.#sinceMs) * this.#speed;
  }

  #change(change: () => void): void {
    this.#atMs = this.#nowMs();
    this.#sinceMs = null;
    change();
    const changed = this.#changed;
    this.#changed = new AbortController();
    changed.abort();
  }

  #throwIfAborted(): void {
    if (this.#signal?.aborted) throw new LabError("cancelled", "interrupted", { cause: this.#signal.reason });
  }
}
