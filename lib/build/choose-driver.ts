import { LabError } from "../error.ts";
import type { Availability } from "../executor/port.ts";
import type { BuildDriver } from "./build-driver.ts";

/** Whoever can be asked whether it could build here. */
export type Candidate = Pick<BuildDriver, "name" | "probe">;

export interface ChosenDriver<Driver extends Candidate> {
  readonly driver: Driver;
  /** One line for the user: which one, and why not the others. */
  readonly why: string;
}

/**
 * The driver to use: the named one, or with `auto` the first that works and runs an executor.
 * @param candidates in order of preference.
 * @throws LabError `engine-unavailable` or `sandbox-unavailable` with what is missing.
 */
export async function chooseDriver<Driver extends Candidate>(
  candidates: readonly Driver[],
  wanted: BuildDriver["name"] | "auto",
): Promise<ChosenDriver<Driver>> {
  if (wanted !== "auto") return chosenByName(candidates, wanted);
  const refused: Refused[] = [];
  for (const driver of candidates.filter(candidate => isAutomatic(candidate.name))) {
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

/** Nobody is to be shown an old build, or to find Pods in a cluster, who did not ask for that. */
function isAutomatic(name: BuildDriver["name"]): boolean {
  return name !== "replay" && name !== "kubernetes";
}

async function chosenByName<Driver extends Candidate>(
  candidates: readonly Driver[],
  wanted: BuildDriver["name"],
): Promise<ChosenDriver<Driver>> {
  const driver = candidates.find(candidate => candidate.name === wanted);
  if (!driver) throw new LabError("usage", `there is no driver ${wanted}`);
  const availability = await driver.probe();
  if (availability.available) return { driver, why: availability.detail };
  throw new LabError(unavailable[wanted], availability.detail, { hint: availability.hint });
}

const unavailable = {
  docker: "engine-unavailable",
  sandbox: "sandbox-unavailable",
  kubernetes: "engine-unavailable",
  replay: "not-found",
} as const;

interface Refused {
  readonly driver: Candidate;
  readonly availability: Availability;
}

function describe(refused: Refused): string {
  return `${refused.driver.name}: ${refused.availability.detail}`;
}
