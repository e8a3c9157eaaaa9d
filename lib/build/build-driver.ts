import type { BuildEvent } from "../executor/events.ts";
import type { Availability, ExecutorDriver, ExecutorSource } from "../executor/port.ts";
import type { BuildRecord, DriverName } from "../model/build.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import type { BuildSpec } from "./build-spec.ts";
import { runBuild } from "./run-build.ts";

/** What somebody wants to be built. */
export interface BuildOrder {
  readonly spec: BuildSpec;
  readonly source: ExecutorSource;
  /** As the user named the executor. */
  readonly sourceName: string;
  /** Why this driver; shown to the user. */
  readonly why: string;
  readonly cache: CacheFolder;
  readonly workingFolder: string;
  /** Ends the build: the executor is stopped, the record says cancelled. */
  readonly signal: AbortSignal;
}

/**
 * The port between displays and whoever gives the events of a build. The drivers that run an executor share the way from
 * its lines to events and a record (`runBuild`); the replay has the events of a build that ran before.
 */
export interface BuildDriver {
  readonly name: DriverName | "replay";
  /** Whether this driver could give a build here now. Quick (under a second), changes nothing, never throws. */
  probe(): Promise<Availability>;
  /** The last event is always `finished`. @throws LabError for everything that kept the build from running; `cancelled`. */
  build(order: BuildOrder): AsyncGenerator<BuildEvent, BuildRecord, void>;
}

export interface BuildToRun extends BuildOrder {
  readonly driver: BuildDriver;
}

export function buildsOf(driver: ExecutorDriver): BuildDriver {
  return {
    name: driver.name,
    probe: () => driver.probe(),
    build: order => runBuild({ ...order, driver }),
  };
}
