import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import { chooseDriver } from "../../lib/build/choose-driver.ts";
import { buildDrivers, executorDrivers } from "../../lib/build/drivers.ts";
import { dockerfileIn, type FoundContext, guessContext } from "../../lib/build/find-ci-context.ts";
import { credentialVariables } from "../../lib/build/passed-environment.ts";
import { chooseBuild } from "../../lib/ci/choose-build.ts";
import type { CiBuild } from "../../lib/ci/ci-build.ts";
import { fetchedFolder, isRemote } from "../../lib/ci/ci-context.ts";
import { pathBelow } from "../../lib/ci/ci-path.ts";
import { type LocalBuild, localBuild, type Need, type OwnOptions } from "../../lib/ci/local-build.ts";
import { type CiFile, type CiSource, maxCiFileBytes, readCiFile } from "../../lib/ci/read-ci-file.ts";
import { runSources, workspacePath } from "../../lib/ci-sources/run-sources.ts";
import { errnoOf, LabError } from "../../lib/error.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { buildsDocument, type CiView, ciDocument, showCiBuild, showCiList } from "../display/ci-build.ts";
import { runOrder } from "./build.ts";
import { type BuildArgs, repeatedOptions, withBuildOptions } from "./build-options.ts";
import { kubernetesOptions } from "./kubernetes-options.ts";
import { orderFrom } from "./order-build.ts";

interface Args extends BuildArgs {
  readonly file: string;
  readonly list?: boolean;
  readonly dryRun?: boolean;
  readonly job?: string;
  readonly template?: string;
  readonly param?: readonly string[];
  readonly with?: readonly string[];
  readonly push?: boolean;
  readonly useCiCache?: boolean;
  readonly sourcesTo?: string;
}

export const command: Command = {
  examples: [
    ["$0 from .gitlab-ci.yml --list", "which builds with Kaniko are in a CI file"],
    ["$0 from ci/template.yaml --template build --param service=api --dry-run", "the command line that does the same"],
    ["$0 from k8s/build-pod.yaml", "build it here; nothing is pushed"],
    ["$0 from build.yaml --sources-to ./workspace", "Knative's git and custom sources fill the folder first"],
    ["$0 from .gitlab-ci.yml --job image --context . --cache off", "options of build win over the file's"],
  ],
  options: argv =>
    withBuildOptions(
      argv
        .positional("file", { type: "string", demandOption: true, describe: "CI file or shell script; - for stdin" })
        .option("list", { type: "boolean", describe: "List the builds in the file" })
        .option("dry-run", { alias: "print", type: "boolean", describe: "Say what would be built, and how" })
        .option("job", { type: "string", requiresArg: true, describe: "Which build: its job, container or object" })
        .option("template", { type: "string", requiresArg: true, describe: "Which build: its Argo template" })
        .option("param", {
          alias: "p",
          type: "string",
          array: true,
          nargs: 1,
          describe: "NAME=VALUE of a parameter or variable that CI gives",
        })
        .option("with", {
          type: "string",
          array: true,
          nargs: 1,
          describe: "Another file, with templates or tasks that the first refers to",
        })
        .option("context", { type: "string", requiresArg: true, describe: "Folder that stands for CI's context" })
        .option("push", { type: "boolean", describe: "Push where CI pushes (default: nothing is pushed)" })
        .option("sources-to", {
          type: "string",
          requiresArg: true,
          describe: "Fetch and run the file's sources into a new folder, and build that (Knative)",
          conflicts: ["dry-run", "list"],
        })
        .option("use-ci-cache", { type: "boolean", describe: "Read CI's layer cache; nothing is written to it" }),
    ),
  async run(context, args: Args) {
    const read = await readFiles(context, args);
    if (args.list) {
      if (context.output.json) context.output.document(buildsDocument(read));
      else showCiList(read, context.output);
      return 0;
    }
    const build = chooseBuild(read.builds, args);
    read.given.refuseUnused(args.file);
    const placed = args.sourcesTo === undefined ? args : await fillContext(context, args, args.sourcesTo, build, read);
    const view = viewOf(context, placed, build, read);
    if (args.dryRun) {
      if (context.output.json) context.output.document(ciDocument(view));
      else showCiBuild(view, context.output);
      return view.local.needs.length > 0 ? 1 : 0;
    }
    if (view.local.needs.length > 0) throw missing(args.file, view.local.needs);
    if (!context.output.json) showCiBuild(view, { ...context.output, line: (text = "") => context.output.note(text) });
    return runIt(context, placed, view);
  },
};

/** The options that say which CI files are read, and which of their builds is meant. */
export interface CiFileArgs {
  readonly file: string;
  readonly param?: readonly string[];
  readonly with?: readonly string[];
}

export async function readFiles(context: CliContext, args: CiFileArgs): Promise<CiFile> {
  const [first, ...others] = await Promise.all(
    [args.file, ...(args.with ?? [])].map(file => readSource(context, file)),
  );
  return readCiFile(first as CiSource, paramsOf(args.param ?? []), others);
}

/** yargs makes an empty text of a dash that stands alone. */
export function isStdin(word: string): boolean {
  return word === "-" || word === "";
}

/** @throws LabError `config-invalid`, `too-large` */
async function readSource(context: CliContext, word: string): Promise<CiSource> {
  const file = isStdin(word) ? "/dev/stdin" : resolve(context.workingFolder, word);
  try {
    const { size } = await stat(file);
    if (size > maxCiFileBytes) throw new LabError("too-large", `${word} has ${size} bytes: that is no CI file`);
    return { content: await readFile(file, "utf8"), file: word || "-" };
  } catch (error) {
    if (error instanceof LabError) throw error;
    const why = { EISDIR: ": it is a folder", ENOENT: ": there is no such file" }[errnoOf(error) ?? ""] ?? "";
    throw new LabError("config-invalid", `cannot read ${word}${why}`, { cause: error });
  }
}

function paramsOf(words: readonly string[]): Map<string, string> {
  return new Map(
    words.map(word => {
      const at = word.indexOf("=");
      if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
      throw new LabError("usage", `--param takes NAME=VALUE, not ${JSON.stringify(word)}`);
    }),
  );
}

const scalarOptions = [
  ["dockerfile", "dockerfile"],
  ["name", "name"],
  ["target", "target"],
  ["snapshotMode", "snapshot-mode"],
  ["useNewRun", "use-new-run"],
  ["singleSnapshot", "single-snapshot"],
  ["reproducible", "reproducible"],
  ["compression", "compression"],
  ["platform", "platform"],
  ["cache", "cache"],
  ["cacheCopyLayers", "cache-copy-layers"],
  ["dockerConfig", "docker-config"],
  ["executor", "executor"],
  ["context", "context"],
] as const;

function ownOptions(args: Args): OwnOptions {
  return {
    names: new Set(scalarOptions.filter(([key]) => args[key] !== undefined).map(([, name]) => name)),
    context: args.context ?? null,
    buildArgs: new Set((args.buildArg ?? []).map(word => word.split("=")[0] as string)),
    secrets: new Set((args.secret ?? []).map(word => /(?:^|,)id=([^,]*)/.exec(word)?.[1] ?? word)),
  };
}

function viewOf(context: CliContext, args: Args, build: CiBuild, { unknowns }: CiFile): CiView {
  const choices = { push: args.push ?? false, useCiCache: args.useCiCache ?? false, own: ownOptions(args) };
  const local = localBuild(build, choices, unknowns);
  const { context: folder, dockerfile, needs } = place(context, args, local);
  // Sources that have been run here are no longer CI's alone.
  const references = local.references.filter(({ kind }) => kind !== "source" || args.sourcesTo === undefined);
  const merged: Record<string, unknown> = { context: folder };
  if (dockerfile !== null) merged.dockerfile = dockerfile;
  for (const [key, name] of scalarOptions) {
    const own = args[key];
    const value = own ?? local.options.findLast(option => option.name === name)?.value;
    if (value !== undefined && key !== "context" && merged[key] === undefined) merged[key] = value;
  }
  for (const [key, name] of repeatedOptions) {
    const values = local.options.filter(option => option.name === name).map(option => String(option.value));
    const all = [...values, ...(args[key] ?? [])];
    if (all.length > 0) merged[key] = all;
  }
  const flags = [...local.flags, ...(args["--"] ?? [])];
  const buildArgs = { ...args, ...merged, "--": flags } as BuildArgs;
  const options = [...scalarOptions, ...repeatedOptions].map(([key, name]) => ({ name, value: merged[key] }));
  return {
    build,
    unknowns,
    local: { ...local, references, needs: [...local.needs, ...needs] },
    options: options as CiView["options"],
    flags,
    buildArgs,
  };
}

/** Runs what fills CI's `/workspace`. @returns the arguments with the context in it. */
async function fillContext(
  context: CliContext,
  args: Args,
  into: string,
  build: CiBuild,
  { unknowns }: CiFile,
): Promise<Args> {
  const { sources = [] } = build;
  if (sources.length === 0)
    throw new LabError("usage", `--sources-to: ${args.file} has no sources that fill a folder`, {
      hint: "sources are Knative's; elsewhere --context DIR says where the files are",
    });
  const { cache, workingFolder, output, signal } = context;
  const folder = resolve(workingFolder, into);
  const choices = { push: args.push ?? false, useCiCache: args.useCiCache ?? false, own: ownOptions(args) };
  const ci = localBuild(build, choices, unknowns).context;
  const below = ci.kind === "folder" ? pathBelow(workspacePath, ci.folder) : null;
  if (below === null)
    throw new LabError("usage", `--sources-to: the build of ${args.file} takes nothing from ${workspacePath}`);
  if (args.driver === "replay") throw new LabError("usage", "--driver replay runs no sources");
  const { driver } = await chooseDriver(
    executorDrivers(kubernetesOptions(args, {}, workingFolder)),
    args.driver ?? "auto",
  );
  await cache.create();
  await runSources({
    sources,
    folder,
    checkout: args.context === undefined ? null : resolve(workingFolder, args.context),
    driver,
    cache,
    dockerConfigFile: args.dockerConfig ?? null,
    insecureRegistries: args.insecureRegistry ?? [],
    signal,
    onProgress: text => output.note(`   ${output.style.dim("|")} ${showText(text)}`),
  });
  return { ...args, context: join(folder, below) };
}

interface Place {
  /** As it is given to `build`; null where it is not known. */
  readonly context: string | null;
  readonly dockerfile: string | null;
  readonly needs: readonly Need[];
}

/** Where CI's context and Dockerfile are on this machine. */
function place({ workingFolder }: CliContext, args: Args, local: LocalBuild): Place {
  const { context } = local;
  const named = args.context;
  if (named !== undefined && isRemote(named)) return { context: named, dockerfile: null, needs: [] };
  if (named === undefined && context.kind === "remote") return remotePlace(context.address);
  // What is missing is said already.
  if (named === undefined && context.kind === "unknown") return { context: null, dockerfile: null, needs: [] };
  const file = isStdin(args.file) ? join(workingFolder, "stdin") : resolve(workingFolder, args.file);
  try {
    const found = locate(context, file, workingFolder, args);
    const short = (path: string, from: string) => {
      const below = relative(from, path);
      return below === "" ? "." : below.startsWith("..") || isAbsolute(below) ? path : below;
    };
    const dockerfile = found.dockerfile === null ? null : short(found.dockerfile, found.folder);
    return { context: short(found.folder, workingFolder), dockerfile, needs: [] };
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return { context: null, dockerfile: null, needs: [{ what: error.message, line: null, give: error.hint ?? "" }] };
  }
}

type Located = Omit<FoundContext, "dockerfile"> & { readonly dockerfile: string | null };

function locate(context: LocalBuild["context"], file: string, workingFolder: string, args: Args): Located {
  if (args.context !== undefined) {
    const named = resolve(workingFolder, args.context.replace(/^dir:\/\//, ""));
    const folder = context.kind === "folder" ? named : join(named, resolve("/", context.below));
    // The user's own Dockerfile is looked for as `build` looks for it.
    if (args.dockerfile !== undefined) return { folder, dockerfile: null };
    return { folder, dockerfile: dockerfileIn(context.kind === "folder" ? context : fetchedFolder(context), folder) };
  }
  const found = guessContext(context as Extract<typeof context, { kind: "folder" }>, file, workingFolder);
  return args.dockerfile === undefined ? found : { ...found, dockerfile: null };
}

/** The executor would send the user's credentials to where the file says: the user says so, too. */
function remotePlace(address: string): Place {
  const names = credentialVariables(address, process.env);
  if (names.length === 0) return { context: address, dockerfile: null, needs: [] };
  const what = `the executor would get ${names.join(", ")} of your environment for ${address}`;
  return { context: address, dockerfile: null, needs: [{ what, line: null, give: `--context ${address}` }] };
}

function missing(file: string, needs: readonly Need[]): LabError {
  const all = needs.map(({ what, line }) => (line === null ? what : `${what} (line ${line})`)).join("; ");
  return new LabError("usage", `${file} does not tell all that the build needs: ${all}`, {
    hint: [...new Set(needs.map(({ give }) => give).filter(Boolean))].join(" "),
  });
}

async function runIt(context: CliContext, args: Args, view: CiView): Promise<number> {
  // `kaniko-lab.yaml` says how its context is built here, not how CI builds it.
  const order = await orderFrom(context, view.buildArgs, {}, options => buildDrivers(context.cache, options));
  const { environment } = view.local;
  return runOrder(context, { ...order, spec: { ...order.spec, environment, origin: view.build.origin } }, args);
}
