import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { executorRequest, locateContext } from "../../lib/build/executor-request.ts";
import { findCheckout } from "../../lib/build/find-checkout.ts";
import { chooseBuild } from "../../lib/ci/choose-build.ts";
import { LabError } from "../../lib/error.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Rendered } from "../../lib/render/format.ts";
import { withOwnFlags } from "../../lib/render/own-flags.ts";
import { type BuildSource, readBuild } from "../../lib/render/read-build.ts";
import { type RenderFormat, renderBuild } from "../../lib/render/render.ts";
import { objectName } from "../../lib/render/render-options.ts";
import { ciSource, ownSource, recordSource } from "../../lib/render/sources.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import { findBuild } from "../../lib/store/find-build.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { isStdin, readFiles } from "./from.ts";
import { specFor } from "./order-build.ts";
import { type ReadSource, renderAll } from "./render-all.ts";
import { baseClaimFlags, ownFlags, type RenderArgs, renderOptions, withRenderOptions } from "./render-args.ts";

export const command: Command = {
  examples: [
    ["$0 render . --as pod -o build.yaml", "a Pod that builds what `build .` builds"],
    ["$0 render latest --as argo --context-from git:github.com/me/app", "the last build as a WorkflowTemplate"],
    ["$0 render knative.yaml --as tekton --job python-image", "a build of a CI file as Task and TaskRun"],
    ["$0 render . --as gitlab -d registry.example/app:1", "with the options of build"],
    [
      '$0 render --all images --as argo -d "registry.example/team/{name}:1" -o all.yaml',
      "every context below a folder as one Workflow",
    ],
  ],
  options: withRenderOptions,
  async run(context, args: RenderArgs) {
    const { text, notes } = args.all ? await renderAll(context, args, contextSource) : await renderOne(context, args);
    if (args.output === undefined || isStdin(args.output)) {
      if (context.output.json) context.output.document({ format: args.as, text, notes });
      else await context.output.bytes(Buffer.from(text));
      return 0;
    }
    const file = resolve(context.workingFolder, args.output);
    await writeFile(file, text, isScript(args.as));
    if (context.output.json) context.output.document({ format: args.as, file, notes });
    else for (const note of [...notes, `written: ${file}`]) context.output.note(showText(note));
    return 0;
  },
};

async function renderOne(context: CliContext, args: RenderArgs): Promise<Rendered> {
  if (args.jobs !== undefined) throw new LabError("usage", "--jobs goes with --all");
  const { source, file } = await sourceOf(context, args);
  return renderBuild(readBuild(source), args.as, renderOptions(args, file));
}

function isScript(format: RenderFormat): boolean {
  return format === "docker" || format === "shell";
}

async function writeFile(file: string, text: string, isExecutable: boolean): Promise<void> {
  try {
    await writeFileAtomic(file, text, isExecutable ? { mode: 0o755 } : {});
  } catch (error) {
    throw new LabError("usage", `cannot write ${file}`, { cause: error });
  }
}

/** A folder or an address is a context, a file is CI's, everything else a build. */
async function sourceOf(context: CliContext, args: RenderArgs): Promise<ReadSource> {
  const { source } = args;
  if (source === undefined || /^[a-z0-9]+:\/\//.test(source)) return contextSource(context, args);
  if (isStdin(source)) return { source: await fileSource(context, args, source), file: {} };
  const found = await stat(resolve(context.workingFolder, source)).catch(() => null);
  if (found?.isDirectory()) return contextSource(context, args);
  if (found !== null) return { source: await fileSource(context, args, source), file: {} };
  const build = await findBuild(new BuildStore(context.cache), source);
  if (build === null) {
    throw new LabError("unknown-target", `${source} is no folder, no file and no build`, {
      hint: "kaniko-lab builds lists the builds",
    });
  }
  refuseOptions(args, build.id);
  const result = recordSource(build, findCheckout(build.spec.context));
  const named = args.name === undefined ? result : { ...result, name: objectName("--name", args.name) };
  return { source: named, file: {} };
}

/** A build is what it was: other options make another one. */
function refuseOptions(args: RenderArgs, id: string): void {
  const given = ownFlags(args);
  if (given.length === 0) return;
  throw new LabError("usage", `${given[0]}: build ${id} was made as it was`, {
    hint: "name its context folder instead, and give the options that it had",
  });
}

async function contextSource(context: CliContext, args: RenderArgs): Promise<ReadSource> {
  const { spec, sourceName, file } = await specFor(
    context,
    args.source === undefined ? args : { ...args, context: args.source },
  );
  const location = locateContext(spec, context.workingFolder);
  const { args: flags, env } = executorRequest(spec, location);
  const source = ownSource({
    flags: [...flags, ...baseClaimFlags(args)],
    environment: env,
    ...location,
    checkout: location.folder === null ? null : findCheckout(location.folder),
    name: spec.name,
    hasLogin: spec.dockerConfigFile !== null,
    executor: { source: sourceName, version: "", family: "unknown" },
  });
  return { source, file };
}

async function fileSource(context: CliContext, args: RenderArgs, file: string): Promise<BuildSource> {
  const read = await readFiles(context, { ...args, file });
  const build = chooseBuild(read.builds, args);
  read.given.refuseUnused(file);
  const image = args.executor ?? build.image;
  return ciSource({ ...build, image }, read.unknowns, args.name ?? null, withOwnFlags(build.args, ownFlags(args)));
}
