/** Which file of a build's context became which path of the image, in which step, and which files nothing used. */

import { parseDockerfile } from "../dockerfile/parse.ts";
import { layerIsUnknown, stepBefore } from "../lab/chain.ts";
import type { Lab, ProgressOptions } from "../lab/lab.ts";
import type { BuildRecord, Step } from "../model/build.ts";
import type { ImageConfig } from "../model/image.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Target } from "../model/target.ts";
import { resolvePath } from "../snapshot/resolve-path.ts";
import type { ContextEntry, ContextListing } from "./context-listing.ts";
import { type ContextReader, contextReaders } from "./context-readers.ts";
import { ContextTree, type NamedSource } from "./context-tree.ts";
import type { StageStart } from "./stage-variables.ts";

/**
 * What the step's layer says: the path has this very content (or link) · it has another one · it is not there · it cannot
 * be told, as the layer or the file's digest is not known · the file is an archive that ADD unpacked · a RUN had it mounted.
 */
export type UseState = "same" | "differs" | "missing" | "unchecked" | "unpacked" | "mounted";

export interface ContextUse {
  readonly step: Step;
  readonly entry: ContextEntry;
  /** Clean path in the image; of an unpacked archive the folder; null for a mount. */
  readonly imagePath: string | null;
  readonly state: UseState;
}

export interface ContextReport {
  readonly listing: ContextListing;
  /** In the order of the steps; a file that several steps took comes several times. */
  readonly uses: readonly ContextUse[];
  /** Files and links that no step took; Dockerfile and ignore file are not among them. */
  readonly unused: readonly ContextEntry[];
  /** Steps whose files could not be told for certain, with the variables that are not known. */
  readonly uncertain: readonly { readonly step: Step; readonly variables: readonly string[] }[];
}

export interface ContextQuestion {
  readonly target: Target & { readonly build: BuildRecord };
  readonly listing: ContextListing;
  /** The Dockerfile as it was built. */
  readonly dockerfile: string;
  readonly config: ImageConfig | null;
}

/** @throws LabError `dockerfile-syntax` and what reading layers can throw */
export async function contextUse(
  lab: Lab,
  question: ContextQuestion,
  progress: ProgressOptions,
): Promise<ContextReport> {
  const { target, listing } = question;
  const { build } = target;
  const tree = new ContextTree(listing.entries);
  const readers = contextReaders(parseDockerfile(question.dockerfile), build.steps, {
    buildArgs: build.spec.buildArgs,
    target: build.spec.target,
    argsFirst: build.executor.family !== "upstream",
    finalStart: startOf(question.config, build.steps),
  });
  const uses: ContextUse[] = [];
  for (const reader of readers) {
    const destinations = await StepDestinations.of(lab, target, reader, progress);
    for (const source of tree.sources(reader.sources)) uses.push(...destinations.usesOf(source));
  }
  const used = new Set(uses.map(use => use.entry));
  return {
    listing,
    uses,
    unused: listing.entries.filter(entry => entry.type !== "dir" && !used.has(entry) && !isOfBuild(entry, listing)),
    uncertain: readers
      .filter(({ unknownVariables }) => unknownVariables.length > 0)
      .map(({ step, unknownVariables }) => ({ step, variables: unknownVariables })),
  };
}

/** Kaniko itself reads these. */
function isOfBuild({ path }: ContextEntry, { dockerfile, ignoreFile }: ContextListing): boolean {
  return path === dockerfile || path === ignoreFile;
}

/** The image's config has what its base had, too; of other stages' bases nothing is known. */
function startOf(config: ImageConfig | null, steps: readonly Step[]): StageStart {
  const env = (config?.env ?? []).map(variable => {
    const equals = variable.indexOf("=");
    return equals < 0 ? ([variable, ""] as const) : ([variable.slice(0, equals), variable.slice(equals + 1)] as const);
  });
  const isOwn = steps.some(({ instruction }) => instruction === "WORKDIR");
  return { env: new Map(env), workdir: isOwn ? "" : (config?.workingDir ?? "") };
}

/** Where one instruction puts its files, as the file systems before and after it tell. */
class StepDestinations {
  readonly #reader: ContextReader;
  readonly #before: Snapshot | null;
  /** Null when the step's layer is not known. */
  readonly #after: Snapshot | null;

  static async of(
    lab: Lab,
    target: Target,
    reader: ContextReader,
    progress: ProgressOptions,
  ): Promise<StepDestinations> {
    if (reader.kind === "mount") return new StepDestinations(reader, null, null);
    const above = stepBefore(target.steps, reader.step);
    const before = above === null ? null : await lab.snapshotAt(target, above, progress);
    const isKnown = reader.step.layer !== null && !layerIsUnknown(reader.step);
    const after = isKnown ? await lab.snapshotAt(target, reader.step, progress) : null;
    return new StepDestinations(reader, before, after);
  }

  private constructor(reader: ContextReader, before: Snapshot | null, after: Snapshot | null) {
    this.#reader = reader;
    this.#before = before;
    this.#after = after;
  }

  usesOf(source: NamedSource): ContextUse[] {
    const { step, kind, destination } = this.#reader;
    const files = source.entries.filter(entry => entry.type !== "dir");
    if (kind === "mount" || destination === null)
      return files.map(entry => ({ step, entry, imagePath: null, state: "mounted" }));
    const top = this.#topOf(source, destination);
    return files.map(entry => {
      const below = source.isFolder ? entry.path.slice(source.path === "" ? 0 : source.path.length + 1) : "";
      const imagePath = [top, below].filter(part => part !== "").join("/");
      const state = this.#stateOf(entry, imagePath);
      const isArchive = kind === "ADD" && !source.isFolder && state !== "same" && archiveName.test(entry.path);
      return isArchive
        ? { step, entry, imagePath: this.#real(clean(destination)), state: "unpacked" }
        : { step, entry, imagePath, state };
    });
  }

  /** Mirrors Kaniko's `DestinationFilepath` and `resolveIfSymlink`. */
  #topOf(source: NamedSource, destination: string): string {
    const path = clean(destination);
    if (source.isFolder || !this.#isFolder(path, destination)) return this.#real(path);
    const name = source.path.slice(source.path.lastIndexOf("/") + 1);
    return this.#real(path === "" ? name : `${path}/${name}`);
  }

  #isFolder(path: string, destination: string): boolean {
    if (path === "") return true;
    const real = this.#before === null ? null : resolvePath(this.#before, path);
    const node = real === null ? null : (this.#before?.node(real) ?? null);
    return node === null ? destination.endsWith("/") : node.type === "dir";
  }

  /** Links among the folders above are followed, the path itself is replaced. */
  #real(path: string): string {
    const before = this.#before;
    if (before === null || path === "") return path;
    const isLink = before.node(path)?.type === "symlink";
    let [head, tail] = isLink ? splitLast(path) : [path, ""];
    while (head !== "") {
      const real = resolvePath(before, head);
      if (real !== null) return [real, tail].filter(part => part !== "").join("/");
      const [above, name] = splitLast(head);
      [head, tail] = [above, tail === "" ? name : `${name}/${tail}`];
    }
    return tail;
  }

  #stateOf(entry: ContextEntry, imagePath: string): UseState {
    if (this.#after === null) return "unchecked";
    const node = this.#after.node(imagePath);
    if (node === null) return "missing";
    if (entry.type === "symlink") return node.linkTarget === entry.linkTarget ? "same" : "differs";
    if (entry.contentDigest === null) return "unchecked";
    return node.contentDigest === entry.contentDigest ? "same" : "differs";
  }
}

const archiveName = /\.(?:tar|tgz|tbz2?|txz|gz|bz2|xz|zst)$/i;

/** `/app/` → `app`. */
function clean(destination: string): string {
  return destination.replace(/^\/+|\/+$/g, "");
}

function splitLast(path: string): [above: string, name: string] {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? ["", path] : [path.slice(0, slash), path.slice(slash + 1)];
}
