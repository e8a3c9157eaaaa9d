/** Sums over several builds for one step and one thing to say of it. Pure. */

import type { BuildView } from "../explain/build-view.ts";
import type { Step } from "../model/build.ts";
import type { Advice, AdviceKind } from "./advice.ts";
import { inLatest, type Loss } from "./measured-builds.ts";

interface Total {
  readonly step: Step;
  /** Another step that it is about. */
  readonly other: Step | null;
  readonly names: Set<string>;
  builds: number;
  lostMs: number;
  lostBytes: number;
}

export interface Seen {
  /** The step to change. */
  readonly step: Step;
  readonly other?: Step;
  readonly names: readonly string[];
  readonly loss: Loss;
}

export class Totals {
  readonly #found = new Map<string, Total>();

  add({ step, other, names, loss }: Seen): void {
    const key = [step.stage.name, step.text, other?.text ?? ""].join("\n");
    const known = this.#found.get(key) ?? {
      step,
      other: other ?? null,
      names: new Set(),
      builds: 0,
      lostMs: 0,
      lostBytes: 0,
    };
    known.builds += 1;
    known.lostMs += loss.lostMs;
    known.lostBytes += loss.lostBytes;
    for (const name of names) known.names.add(name);
    this.#found.set(key, known);
  }

  /** Of steps that the latest build still has. */
  advice(
    kind: AdviceKind,
    latest: BuildView,
    words: (names: readonly string[], other: Step | null) => string,
  ): Advice[] {
    return [...this.#found.values()].flatMap(({ step, other, builds, names, lostMs, lostBytes }) => {
      const now = inLatest(latest, step);
      const otherNow = other === null ? null : inLatest(latest, other);
      if (now === null || (other !== null && otherNow === null)) return [];
      const sorted = [...names].sort();
      const sums = { builds, savedMs: lostMs, savedBytes: lostBytes };
      return [{ kind, step: now.number, text: now.text, names: sorted, ...sums, advice: words(sorted, otherNow) }];
    });
  }
}

const mostListed = 4;

export function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostListed).join(", ");
  return names.length > mostListed ? `${shown} and ${names.length - mostListed} more` : shown;
}
