/** A watching program and the JSON lines that it writes. */

import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import { buildArgs, type Ended, ended, type Place } from "../build/support.ts";

// biome-ignore lint/suspicious/noExplicitAny: each type of event has fields of its own
export type Line = any;

export interface Watching {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  /** The next event that fits, after those that were waited for before. Rejects when the program ends before. */
  next(fits: (line: Line) => boolean): Promise<Line>;
  /** The next event of a type. */
  type(type: string): Promise<Line>;
  /** The next prediction after a change of all these paths; on a busy machine they may be told one by one. */
  changed(...paths: string[]): Promise<Line>;
  /** Everything so far. */
  readonly all: readonly Line[];
}

export function startWatching(place: Place, ...more: string[]): Watching {
  const [, ...args] = buildArgs({ driver: "sandbox" });
  return watchingOf(place.start(["watch", ...args, "--json", ...more]));
}

export function watchingOf(child: ChildProcessWithoutNullStreams): Watching {
  const all: Line[] = [];
  let read = 0;
  let wake = Promise.withResolvers<void>();
  let isOver = false;
  createInterface({ input: child.stdout }).on("line", line => {
    all.push(JSON.parse(line));
    wake.resolve();
  });
  const end = ended(child);
  void end.then(() => {
    isOver = true;
    wake.resolve();
  });
  const next = async (fits: (line: Line) => boolean): Promise<Line> => {
    for (;;) {
      while (read < all.length) {
        const line = all[read];
        read += 1;
        if (fits(line)) return line;
      }
      if (isOver) throw new Error(`ended before: ${(await end).stderr}`);
      await wake.promise;
      wake = Promise.withResolvers<void>();
    }
  };
  const hasAll = (line: Line, paths: readonly string[]) =>
    paths.every(path => line.changes.some((change: Line) => change.path === path));
  return {
    child,
    ended: end,
    all,
    next,
    type: type => next(line => line.type === type),
    changed: (...paths) => next(line => line.type === "predicted" && hasAll(line, paths)),
  };
}

/** What a prediction says that a change invalidates: each step with the files it is by, or the step it comes after. */
export function invalidatedBy({ invalidated }: Line): unknown[] {
  return invalidated.map(({ number, files, after }: Line) => [number, after ?? files]);
}
