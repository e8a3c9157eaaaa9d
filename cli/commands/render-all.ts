/** `render --all DIR --as argo`: every context below a folder as one Workflow. */

import { basename, posix, relative, resolve, sep } from "node:path";
import { type FoundContext, findContexts } from "../../lib/batch/find-contexts.ts";
import { needsOf } from "../../lib/batch/order.ts";
import type { BuildFile } from "../../lib/build/build-file.ts";
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

/** A build, and what its context's own file says besides. */
export interface ReadSource {
  readonly source: BuildSource;
  /** Empty for a build that has none. */
  readonly file: BuildFile;
}

/** @param sourceOf the build of one context. */
export async function renderAll(
  context: CliContext,
  args: RenderArgs,
  sourceOf: (context: CliContext, args: RenderArgs) => Promise<ReadSource>,
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
  const read = await Promise.all(found.map(one => readOne(context, args, one, sourceOf)));
  const needs = needsOf(read.map(({ one, images, destinations }) => ({ name: one.name, images, destinations })));
  const builds = read.map(
    ({ one, build, options }): BuildOfMany => ({
      name: one.name,
      build,
      contextPath: pathOf(relative(top, one.folder), options),
      needs: needs.get(one.name) ?? [],
      options: { ...options, contextFrom: sourceFor(options, top) },
    }),
  );
  return renderBuilds(objectNameOf(basename(top)), builds, jobs);
}

async function readOne(
  context: CliContext,
  args: RenderArgs,
  one: FoundContext,
  sourceOf: (context: CliContext, args: RenderArgs) => Promise<ReadSource>,
) {
  const { source: _, ...own } = argsOf(args, one);
  try {
    const { spec } = await specFor(context, own);
    const { images } = await planBuild(spec, locateContext(spec, context.workingFolder));
    const { source, file } = await sourceOf(context, own);
    const options = renderOptions(args, file);
    return { one, build: readBuild(source), options, images, destinations: spec.destinations };
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
