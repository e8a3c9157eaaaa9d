/** `render --all DIR --as argo`: every context below a folder as one Workflow. */

import { basename, posix, relative, resolve, sep } from "node:path";
import { type FoundContext, findContexts } from "../../lib/batch/find-contexts.ts";
import { needsOf } from "../../lib/batch/order.ts";
import { locateContext } from "../../lib/build/executor-request.ts";
import { planBuild } from "../../lib/build/plan-build.ts";
import { LabError } from "../../lib/error.ts";
import type { Rendered } from "../../lib/render/format.ts";
import { type BuildSource, readBuild } from "../../lib/render/read-build.ts";
import { type BuildOfMany, renderBuilds } from "../../lib/render/render.ts";
import type { ContextSource, RenderOptions } from "../../lib/render/render-options.ts";
import { objectNameOf } from "../../lib/render/sources.ts";
import type { CliContext } from "../context.ts";
import { argsOf, refuseOdd } from "./all-contexts.ts";
import { specFor } from "./order-build.ts";
import { type RenderArgs, renderOptions } from "./render-args.ts";

const usualJobs = 4;

/** @param sourceOf the build of one context. */
export async function renderAll(
  context: CliContext,
  args: RenderArgs,
  sourceOf: (context: CliContext, args: RenderArgs) => Promise<BuildSource>,
): Promise<Rendered> {
  const jobs = args.jobs ?? usualJobs;
  refuseOdd(args, jobs);
  if (args.as !== "argo") {
    throw new LabError("usage", `--all: only a Workflow of Argo can hold many builds, --as ${args.as} holds one`, {
      hint: "--as argo, or each context by itself",
    });
  }
  const top = resolve(context.workingFolder, args.source ?? ".");
  const found = await findContexts(top, context.cache.root);
  const options = renderOptions(args);
  const read = await Promise.all(found.map(one => readOne(context, args, one, sourceOf)));
  const needs = needsOf(read.map(({ one, images, destinations }) => ({ name: one.name, images, destinations })));
  const builds = read.map(
    ({ one, build }): BuildOfMany => ({
      name: one.name,
      build,
      contextPath: pathOf(relative(top, one.folder), options),
      needs: needs.get(one.name) ?? [],
    }),
  );
  return renderBuilds(objectNameOf(basename(top)), builds, jobs, { ...options, contextFrom: sourceFor(options, top) });
}

async function readOne(
  context: CliContext,
  args: RenderArgs,
  one: FoundContext,
  sourceOf: (context: CliContext, args: RenderArgs) => Promise<BuildSource>,
) {
  const { source: _, ...own } = argsOf(args, one);
  try {
    const { spec } = await specFor(context, own);
    const { images } = await planBuild(spec, locateContext(spec, context.workingFolder));
    const build = readBuild(await sourceOf(context, own));
    return { one, build, images, destinations: spec.destinations };
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    throw new LabError(error.code, `${one.name}: ${error.message}`, { hint: error.hint, cause: error });
  }
}

/** Whoever brings the contexts brings the whole folder; a repository has it where it has it. */
function pathOf(below: string, { contextFrom, contextPath }: RenderOptions): string | null {
  if (contextFrom?.kind === "git" && contextPath === null) return null;
  return posix.join(contextPath ?? "", below.split(sep).join("/"));
}

function sourceFor({ contextFrom }: RenderOptions, top: string): ContextSource | null {
  return contextFrom?.kind === "host" && contextFrom.path === null ? { kind: "host", path: top } : contextFrom;
}
