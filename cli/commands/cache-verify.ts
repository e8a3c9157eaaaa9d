import { chooseDriver } from "../../lib/build/choose-driver.ts";
import { executorDrivers, parseExecutorSource } from "../../lib/build/drivers.ts";
import type { BuildEvent } from "../../lib/executor/events.ts";
import { readUses } from "../../lib/kaniko-cache/list-caches.ts";
import { findVerifiable, type Verifiable } from "../../lib/kaniko-cache/verify/find-verifiable.ts";
import { type Verification, verifyEntry } from "../../lib/kaniko-cache/verify/verify-entry.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { verificationDocument, verificationLines } from "../display/verification.ts";
import { pairs } from "./name-value.ts";
import { labOf, progressOf } from "./target-options.ts";

interface VerifyArgs {
  readonly entry?: string;
  readonly step?: number;
  readonly buildArg?: readonly string[];
  readonly secret?: readonly string[];
  readonly dockerConfig?: string;
  readonly executor?: string;
  readonly driver?: "docker" | "sandbox";
}

export const command: Command = {
  examples: [
    ["$0 cache verify 126e725e", "run the step of an entry again and compare"],
    ["$0 cache verify latest --step 5", "the entry of a step"],
  ],
  options: argv =>
    argv
      .positional("entry", { type: "string", describe: "An entry, as of cache show; with --step a build" })
      .option("step", { type: "number", requiresArg: true, describe: "A step of the build (default: the latest)" })
      .option("build-arg", {
        type: "string",
        array: true,
        nargs: 1,
        describe: "NAME=VALUE of a secret argument, as it is not recorded",
      })
      .option("secret", { type: "string", array: true, nargs: 1, describe: "Secrets that the build had" })
      .option("docker-config", { type: "string", requiresArg: true, describe: "config.json with credentials" })
      .option("executor", { type: "string", requiresArg: true, describe: "Default: that of the build" })
      .option("driver", { choices: ["docker", "sandbox"] as const, describe: "Default: that of the build" }),
  async run(context, args: VerifyArgs) {
    const { cache, output, signal, workingFolder } = context;
    const uses = await readUses(cache);
    const options = { uses, workingFolder, signal };
    const found = await findVerifiable(cache, args.entry ?? null, args.step ?? null, options);
    const verification = await verify(context, found, args);
    output.status("");
    if (output.json) output.document(verificationDocument(found, verification));
    else for (const line of verificationLines(found, verification, output.style)) output.line(line);
    return verification.verdict === "same" || verification.verdict === "times" ? 0 : 1;
  },
};

async function verify(context: CliContext, found: Verifiable, args: VerifyArgs): Promise<Verification> {
  const { build, step, entry, source } = found;
  const sourceName = args.executor ?? build.executor.source;
  const executor = parseExecutorSource(sourceName, context.workingFolder);
  const { driver, why } = await chooseDriver(executorDrivers(), args.driver ?? build.driver);
  return verifyEntry({
    cache: context.cache,
    lab: labOf(context),
    build,
    step,
    target: entry.target,
    source,
    given: {
      buildArgs: pairs("--build-arg", args.buildArg),
      secrets: args.secret ?? [],
      dockerConfigFile: args.dockerConfig ?? null,
    },
    executor: { source: executor, sourceName, driver, why },
    signal: context.signal,
    onEvent: event => context.output.status(statusOf(event) ?? ""),
    progress: progressOf(context),
  });
}

/** What happens, as far as somebody who waits wants to know. */
function statusOf(event: BuildEvent): string | null {
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
