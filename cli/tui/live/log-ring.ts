/** The last lines that a build printed, kept per step. Older lines go when there are too many. */

const mostLines = 50_000;
const longestLine = 4000;

/** Lines that came before any step. */
export const noStep = 0;

export class LogRing {
  readonly #lines = new Map<number, StepLines>();
  /** The step of every kept line, oldest first; read from `#first` on. */
  #order: number[] = [];
  #first = 0;
  readonly #capacity: number;

  constructor(capacity = mostLines) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#order.length - this.#first;
  }

  push(step: number, text: string): void {
    const line = text.length > longestLine ? `${text.slice(0, longestLine)} ..` : text;
    let lines = this.#lines.get(step);
    if (!lines) {
      lines = { kept: [], dropped: 0, first: 0 };
      this.#lines.set(step, lines);
    }
    lines.kept.push(line);
    this.#order.push(step);
    if (this.size > this.#capacity) this.#dropOldest();
  }

  /** Number of kept lines of a step. */
  count(step: number): number {
    const lines = this.#lines.get(step);
    return lines ? lines.kept.length - lines.first : 0;
  }

  /** Lines of a step that are no longer kept. */
  dropped(step: number): number {
    return this.#lines.get(step)?.dropped ?? 0;
  }

  /** Lines `start` up to `end` (left out) of the kept lines of a step. */
  slice(step: number, start: number, end: number): readonly string[] {
    const lines = this.#lines.get(step);
    return lines ? lines.kept.slice(lines.first + start, lines.first + end) : [];
  }

  #dropOldest(): void {
    const step = this.#order[this.#first] as number;
    this.#first += 1;
    if (this.#first > this.#capacity) {
      this.#order = this.#order.slice(this.#first);
      this.#first = 0;
    }
    const lines = this.#lines.get(step) as StepLines;
    lines.first += 1;
    lines.dropped += 1;
    // Shifting an array for every line would cost its length each time.
    if (lines.first > 1000 && lines.first * 2 > lines.kept.length) {
      lines.kept = lines.kept.slice(lines.first);
      lines.first = 0;
    }
  }
}

interface StepLines {
  kept: string[];
  first: number;
  dropped: number;
}
