import { checkExecutor } from "../../lib/build/check-executor.ts";
import { type Check, checkMachine } from "../../lib/build/check-machine.ts";
import { chooseDriver } from "../../lib/build/choose-driver.ts";
import { defaultExecutor, executorDrivers } from "../../lib/build/drivers.ts";
import { messageOf } from "../../lib/error.ts";
import { findLeftContainers, removeLeftContainers } from "../../lib/executor/docker/leftovers.ts";
import type { KubernetesOptions } from "../../lib/executor/kubernetes/kubernetes-options.ts";
import { findLeftovers, removeFound } from "../../lib/executor/kubernetes/leftovers.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { programWord } from "../program-word.ts";
import { type ClusterArgs, clusterOptions, withClusterOptions } from "./kubernetes-options.ts";
import { canShowTui } from "./tui.ts";

interface Args extends ClusterArgs {
  readonly fix?: boolean;
}

export const command: Command = {
  examples: [
    ["$0 doctor", "what works here"],
    ["$0 doctor --json", "the same for programs"],
    ["$0 doctor --fix", "remove what builds have left in an engine or a cluster"],
    ["$0 doctor --fix --namespace builds", "the same, of a cluster only in this namespace"],
  ],
  options: argv =>
    withClusterOptions(argv).option("fix", {
      type: "boolean",
      describe: "Remove what --keep and killed builds have left",
    }),
  async run(context, args: Args) {
    const options = clusterOptions(args);
    const drivers = executorDrivers(options);
    const checks = await checkMachine(drivers, context.cache);
    const engine = checks.find(({ name }) => name === "docker");
    if (engine?.works) checks.push(...(await checkContainers(args.fix ?? false, context.signal)));
    const cluster = checks.find(({ name }) => name === "kubernetes");
    if (cluster?.works) checks.push(...(await checkLeftovers(options, args.fix ?? false, context.signal)));
    const chosen = await chooseDriver(drivers, "auto").catch(() => null);
    const driver = chosen?.driver.name ?? null;
    const executor = await checkExecutor({
      sourceName: process.env.KANIKO_LAB_EXECUTOR ?? defaultExecutor,
      driver: driver,
      cache: context.cache,
      workingFolder: context.workingFolder,
      answerMs,
    });
    checks.push(executor, checkScreen(context));
    const canBuild = driver !== null && executor.works;
    if (context.output.json) {
      context.output.document({ checks, driver });
      return canBuild ? 0 : 1;
    }
    for (const check of checks) for (const line of checkLines(check)) context.output.line(line);
    context.output.line("");
    for (const line of summaryLines(driver, executor)) context.output.line(line);
    return canBuild ? 0 : 1;
  },
};

function summaryLines(driver: string | null, executor: Check): string[] {
  const withoutBuilds = `what needs none: ${programWord()} start (plays a recording), import, steps oci:DIR, tui docker-archive:FILE`;
  if (driver === null) return ["nothing here can run Kaniko", withoutBuilds];
  if (executor.works) return [`builds run on: ${driver}`];
  return [`builds would run on ${driver}, but there is no executor`, withoutBuilds];
}

/** That there is none is no fault: lines are shown instead. */
function checkScreen(context: CliContext): Check {
  const name = "screen";
  if (canShowTui(context))
    return { name, works: true, detail: `${process.env.TERM ?? "a terminal"}: the terminal UI can be shown`, hint: "" };
  const why = process.env.CI ? "CI is set" : process.env.TERM === "dumb" ? "TERM is dumb" : "no terminal on both sides";
  return { name, works: true, detail: `plain lines: ${why}`, hint: "" };
}

/** How long the registry of the executor is waited for: a slow one is no missing one. */
const answerMs = 5000;

/** Containers that `--keep` left, or a build that was killed. */
async function checkContainers(fix: boolean, signal: AbortSignal): Promise<Check[]> {
  const name = "containers";
  try {
    const found = await findLeftContainers(signal);
    if (found.length === 0) return [];
    const gone = fix ? await removeLeftContainers(found, signal) : [];
    if (gone.length === found.length) return [{ name, works: true, detail: `removed ${gone.join(", ")}`, hint: "" }];
    const hint = fix ? "docker rm --force says why they stay" : "kaniko-lab doctor --fix removes them";
    return [{ name, works: false, detail: `left by builds: ${found.join(", ")}`, hint }];
  } catch (error) {
    return [{ name, works: false, detail: messageOf(error), hint: "" }];
  }
}

/** Nothing is said where nothing is left. */
async function checkLeftovers(options: KubernetesOptions, fix: boolean, signal: AbortSignal): Promise<Check[]> {
  const name = "leftovers";
  try {
    const found = await findLeftovers(options, signal);
    if (found.length === 0) return [];
    const gone = fix ? await removeFound(options, found) : [];
    const names = found.map(one => `${one.kind.replace(/s$/, "")} ${one.namespace}/${one.name}`).join(", ");
    if (gone.length === found.length) return [{ name, works: true, detail: `removed ${names}`, hint: "" }];
    const hint = fix ? "kubectl delete says why they stay" : "kaniko-lab doctor --fix removes them";
    return [{ name, works: false, detail: `left by builds: ${names}`, hint }];
  } catch (error) {
    return [{ name, works: false, detail: messageOf(error), hint: "" }];
  }
}

function checkLines(check: Check): string[] {
  const head = `${check.works ? "ok  " : "no  "} ${check.name.padEnd(10)} ${check.detail}`;
  return check.works || check.hint === "" ? [head] : [head, `     ${"".padEnd(10)} → ${check.hint}`];
}
