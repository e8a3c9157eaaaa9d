/** `build --all DIR`: every context below a folder. */

import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { relative, resolve } from "node:path";
import { type FoundContext, findContexts } from "../../lib/batch/find-contexts.ts";
import { junitXml } from "../../lib/batch/junit.ts";
import { needsOf, type Orderable } from "../../lib/batch/order.ts";
import { type BatchItem, runBatch } from "../../lib/batch/run-batch.ts";
import type { BuildDriver } from "../../lib/build/build-driver.ts";
import { readBuildFile } from "../../lib/build/build-file.ts";
import { buildDrivers } from "../../lib/build/drivers.ts";
import { credentialMount, locateContext } from "../../lib/build/executor-request.ts";
import { planBuild } from "../../lib/build/plan-build.ts";
import { LabError } from "../../lib/error.ts";
import type { KubernetesOptions } from "../../lib/executor/kubernetes/kubernetes-options.ts";
import type { CliContext } from "../context.ts";
import { BatchDisplay, batchDocument } from "../display/batch.ts";
import { argsOf, refuseOdd } from "./all-contexts.ts";
import type { BuildArgs } from "./build-options.ts";
import { orderFrom } from "./order-build.ts";
import { BatchScreen } from "./show-batch.ts";

export interface BatchArgs extends BuildArgs {
  readonly jobs?: number;
  readonly junit?: string;
}

/** @returns the exit status: 0, 4 when a build failed, 130 when it was interrupted. */
export async function buildAll(context: CliContext, args: BatchArgs): Promise<number> {
  const jobs = args.jobs ?? availableParallelism();
  const { tui = context.host !== undefined, ...rest } = args;
  refuseOdd(rest, jobs);
  // One file for all: without it each would fail by itself.
  if (args.dockerConfig !== undefined) credentialMount(args.dockerConfig);
  const top = resolve(context.workingFolder, args.context ?? ".");
  const found = await findContexts(top, context.cache.root);
  const items = await itemsOf(context, args, found);
  const display = tui ? new BatchScreen(context, items, jobs) : new BatchDisplay(context.output, items, jobs);
  const outcomes = await runBatch(items, {
    jobs,
    signal: display instanceof BatchScreen ? display.signal : context.signal,
    onEvent: (one, event) => display.event(one, event),
    onEnd: outcome => display.end(outcome),
  }).finally(() => display.close());
  if (args.junit !== undefined)
    await writeFile(
      resolve(context.workingFolder, args.junit),
      junitXml(relative(context.workingFolder, top) || ".", outcomes),
    );
  if (context.output.json) context.output.document(batchDocument(top, outcomes));
  else display.summary(outcomes);
  if (context.signal.aborted) return 130;
  return outcomes.every(outcome => outcome.status === "succeeded") ? 0 : 4;
}

async function itemsOf(context: CliContext, args: BatchArgs, found: readonly FoundContext[]): Promise<BatchItem[]> {
  const items: { context: FoundContext; order: BatchItem["order"]; images: readonly string[] }[] = [];
  const drivers = sharedDrivers(context);
  for (const one of found) {
    const own = argsOf(args, one);
    try {
      const order = await orderFrom(context, own, await readBuildFile(one.folder), drivers);
      const plan = await planBuild(order.spec, locateContext(order.spec, context.workingFolder));
      items.push({ context: one, order, images: plan.images });
    } catch (error) {
      // Without a driver nothing can be built at all.
      if (!(error instanceof LabError) || error.exitStatus === 3) throw error;
      items.push({ context: one, order: error, images: [] });
    }
  }
  const needs = needsOf(items.map(orderable));
  return items.map(({ context: one, order }) => ({ context: one, order, needs: needs.get(one.name) ?? [] }));
}

/** Each driver is asked once whether it can build here, not once for each context. */
function sharedDrivers(context: CliContext): (options: KubernetesOptions) => readonly BuildDriver[] {
  const made = new Map<string, readonly BuildDriver[]>();
  return options => {
    const key = JSON.stringify(options);
    const drivers = made.get(key) ?? buildDrivers(context.cache, options).map(askedOnce);
    made.set(key, drivers);
    return drivers;
  };
}

function askedOnce(driver: BuildDriver): BuildDriver {
  let answer: ReturnType<BuildDriver["probe"]> | null = null;
  const probe = () => {
    answer ??= driver.probe();
    return answer;
  };
  return { name: driver.name, probe, build: order => driver.build(order) };
}

function orderable({ context, order, images }: Omit<BatchItem, "needs"> & { images: readonly string[] }): Orderable {
  return { name: context.name, images, destinations: order instanceof LabError ? [] : order.spec.destinations };
}
