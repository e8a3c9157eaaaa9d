import { LabError } from "../error.ts";

const defaultUnits = 16 << 20;

/**
 * Bounds what expanding variables may cost: `ARG B=$A$A`, `ARG C=$B$B`, … doubles with every line, and a pattern with many
 * stars is costly on a long value. One unit stands for a character produced.
 */
export class ExpansionBudget {
  #left: number;

  constructor(units: number = defaultUnits) {
    this.#left = units;
  }

  /** @throws LabError `too-large` when more was spent than there was. */
  spend(units: number): void {
    this.#left -= units;
    if (this.#left >= 0) return;
    throw new LabError("too-large", "expanding the variables of the Dockerfile takes too much memory or time", {
      hint: "look for ARG or ENV values that repeat each other",
    });
  }
}
