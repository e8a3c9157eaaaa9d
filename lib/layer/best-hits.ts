import { mostPoints } from "./fuzzy-pattern.ts";

/** The best of any number of hits, in memory for twice as many as are kept. */
export class BestHits {
  readonly #most: number;
  readonly #scores: Uint16Array;
  readonly #layers: Uint32Array;
  readonly #positions: Uint32Array;
  #count = 0;
  /** Hits with so many points or fewer come too late. */
  #tooFew = -1;

  constructor(most: number) {
    this.#most = most;
    this.#scores = new Uint16Array(most * 2);
    this.#layers = new Uint32Array(most * 2);
    this.#positions = new Uint32Array(most * 2);
  }

  /** @param layer its place among the layers that are searched. @param position of the entry in its tar. */
  add(score: number, layer: number, position: number): void {
    if (score <= this.#tooFew) return;
    const at = this.#count;
    this.#scores[at] = score;
    this.#layers[at] = layer;
    this.#positions[at] = position;
    this.#count = at + 1;
    if (this.#count === this.#scores.length) this.#drop();
  }

  /** Best first; of equally good ones that which came first. */
  *inOrder(): Generator<{ readonly layer: number; readonly position: number; readonly score: number }, void, void> {
    const order = Array.from({ length: this.#count }, (_, at) => at);
    order.sort((one, other) => this.#scores[other]! - this.#scores[one]! || one - other);
    for (const at of order.slice(0, this.#most))
      yield { layer: this.#layers[at]!, position: this.#positions[at]!, score: this.#scores[at]! };
  }

  /** Half of them go: the worst, of those the ones that came last. */
  #drop(): void {
    const counts = new Uint32Array(mostPoints + 1);
    for (let at = 0; at < this.#count; at += 1) counts[this.#scores[at]!]! += 1;
    let least = mostPoints;
    let better = 0;
    while (better + counts[least]! < this.#most) {
      better += counts[least]!;
      least -= 1;
    }
    let equal = this.#most - better;
    let kept = 0;
    for (let at = 0; at < this.#count; at += 1) {
      const score = this.#scores[at]!;
      if (score < least || (score === least && equal === 0)) continue;
      if (score === least) equal -= 1;
      this.#scores[kept] = score;
      this.#layers[kept] = this.#layers[at]!;
      this.#positions[kept] = this.#positions[at]!;
      kept += 1;
    }
    this.#count = kept;
    this.#tooFew = least;
  }
}
