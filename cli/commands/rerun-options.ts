/** The options of commands that run a recorded build again. */

import type { Argv } from "yargs";
import { chooseDriver } from "../../lib/build/choose-driver.ts";
import { executorDrivers, parseExecutorSource } from "../../lib/build/drivers.ts";
import type { BuildRequest } from "../../lib/build/run-build.ts";
import type { BuildEvent } from "../../lib/executor/events.ts";
import type { GivenAgain } from "../../lib/kaniko-cache/verify/rerun-spec.ts";
import type { BuildRecord } from "../../lib/model/build.ts";
import type { CliContext } from "../context.ts";
import { pairs } from "./name-value.ts";

export interface RerunArgs {
  readonly buildArg?: readonly string[];
  readonly secret?: readonly string[];
  readonly dockerConfig?: string;
  readonly executor?: string;
  readonly driver?: "docker" | "sandbox";
}

export function withRerunOptions(argv: Argv): Argv {
  return argv
    .option("build-arg", {
      type: "string",
      array: true,
      nargs: 1,
      describe: "NAME=VALUE of a secret argument, as it is not recorded",
    })
    .option("secret", { type: "string", array: true, nargs: 1, describe: "Secrets that the build had" })
    .option("docker-config", { type: "string", requiresArg: true, describe: "config.json with credentials" })
    .option("executor", { type: "string", requiresArg: true, describe: "Default: that of the build" })
    .option("driver", { choices: ["docker", "sandbox"] as const, describe: "Default: that of the build" });
}

interface Rerun {
  readonly given: GivenAgain;
  readonly executor: Pick<BuildRequest, "source" | "sourceName" | "driver" | "why">;
}

/** @throws LabError `usage`, `engine-unavailable`, `sandbox-unavailable` */
export async function rerunOf({ workingFolder }: CliContext, args: RerunArgs, build: BuildRecord): Promise<Rerun> {
  const sourceName = args.executor ?? build.executor.source;
  const source = parseExecutorSource(sourceName, workingFolder);
  const { driver, why } = await chooseDriver(executorDrivers(), args.driver ?? build.driver);
  return {
    given: {
      buildArgs: pairs("--build-arg", args.buildArg),
      secrets: args.secret ?? [],
      dockerConfigFile: args.dockerConfig ?? null,
    },
    executor: { source, sourceName, driver, why },
  };
}

/** What happens, as far as somebody who waits wants to know. */
export function rerunStatus(event: BuildEvent): string | null {
  switch (event.type) {
    case "preparing":
      return event.what;
    case "pulling":
      return `fetching ${event.reference}`;
    case "step-started":
      return `step ${event.step}`;
    case "output":
      return event.text;
    case "collecting":
      return "reading layers";
    default:
      return null;
  }
}
