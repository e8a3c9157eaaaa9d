import { LabError } from "../error.ts";
import type { Availability, ExecutorDriver } from "../executor/port.ts";
import type { DriverName } from "../model/build.ts";

export interface ChosenDriver {
  readonly driver: ExecutorDriver;
  /** One line for the user: which one, and why not the others. */
  readonly why: string;
}

/**
 * The driver to use: the named one, or with `auto` the first that works.
 * @param candidates in order of preference.
 * @throws LabError `engine-unavailable` or `sandbox-unavailable` with what is missing.
 */
export async function chooseDriver(
  candidates: readonly ExecutorDriver[],
  wanted: DriverName | "auto",
): Promise<ChosenDriver> {
  if (wanted !== "auto") return chosenByName(candidates, wanted);
  const refused: { driver: ExecutorDriver; availability: Availability }[] = [];
  for (const driver of candidates) {
    const availability = await driver.probe();
    if (availability.available) {
      const others = refused.map(other => `no ${other.driver.name}: ${other.availability.detail}`);
      return { driver, why: [availability.detail, ...others].join("; ") };
    }
    refused.push({ driver, availability });
  }
  throw new LabError("engine-unavailable", `nothing here can run Kaniko: ${refused.map(describe).join("; ")}`, {
    hint: `${refused
      .map(other => other.availability.hint)
      .filter(Boolean)
      .join("; or ")} (kaniko-lab doctor tells more)`,
  });
}

async function chosenByName(candidates: readonly ExecutorDriver[], wanted: DriverName): Promise<ChosenDriver> {
  const driver = candidates.find(candidate => candidate.name === wanted);
  if (!driver) throw new LabError("usage", `there is no driver ${wanted}`);
  const availability = await driver.probe();
  if (availability.available) return { driver, why: availability.detail };
  const code = wanted === "sandbox" ? "sandbox-unavailable" : "engine-unavailable";
  throw new LabError(code, availability.detail, { hint: availability.hint });
}

function describe(refused: { driver: ExecutorDriver; availability: Availability }): string {
  return `${refused.driver.name}: ${refused.availability.detail}`;
}
