import { LabError, messageOf } from "../../error.ts";
import { layersOfStep, stepBefore } from "../../lab/chain.ts";
import type { Lab, ProgressOptions } from "../../lab/lab.ts";
import type { LayerColumns } from "../../layer/layer-columns.ts";
import { readContents } from "../../layer/read-content.ts";
import type { Step } from "../../model/build.ts";
import type { BlobLocation } from "../../model/layer-index.ts";
import type { Change, Snapshot, TreeNode } from "../../model/snapshot.ts";
import type { Target } from "../../model/target.ts";
import { rowsPerPause, Slices } from "../../pausing.ts";
import { layered } from "../../snapshot/layered-snapshot.ts";
import { openStack, type StackLayer } from "../layer-stack.ts";
import { folderOfNpmPackage } from "./npm.ts";
import type { Package } from "./package.ts";
import { type PackageChange, packageChanges } from "./package-changes.ts";
import { type PackageSource, packageSourceOf } from "./package-sources.ts";
import { readRpmDatabase } from "./rpm-database.ts";

/** What a step did to the packages of its file system. */
export interface StepPackages {
  readonly step: Step;
  readonly changes: readonly PackageChange[];
  /** Files of package managers that could not be read, with the reason. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
}

export interface PackagesRequest {
  readonly lab: Lab;
  readonly target: Target;
  /** A folder for copies of databases. */
  readonly scratch: string;
  /** Steps after this one are not looked at. */
  readonly upTo?: Step | undefined;
}

/** Packages by the file that tells of them. */
type Sources = ReadonlyMap<string, readonly Package[]>;

/** One after the other: every step with a layer that has something of a package manager. @throws LabError `damaged`, `blob-missing`, `cancelled`. */
export async function* stepPackages(
  request: PackagesRequest,
  options: ProgressOptions,
): AsyncGenerator<StepPackages, void, void> {
  const { target } = request;
  const after = new Map<number, Sources>();
  for (const step of target.steps) {
    if (request.upTo !== undefined && step.number > request.upTo.number) return;
    const below = stepBefore(target.steps, step);
    const known: Sources = (below && after.get(below.number)) ?? new Map();
    const found = layersOfStep(step).length === 0 ? null : await changesOfSources(request, step, options);
    after.set(step.number, found === null ? known : withChanges(known, found.changed));
    if (found === null || (found.changed.size === 0 && found.unreadable.length === 0)) continue;
    const paths = [...found.changed.keys()];
    const before = paths.flatMap(path => known.get(path) ?? []);
    const now = [...found.changed.values()].flat();
    yield { step, changes: packageChanges(before, now), unreadable: found.unreadable };
  }
}

function withChanges(known: Sources, changed: Sources): Sources {
  const all = new Map([...known, ...changed]);
  for (const [path, packages] of changed) if (packages.length === 0) all.delete(path);
  return all;
}

/** More files of package managers in one step are not read. */
const maximumSources = 200_000;

interface ChangedSources {
  readonly changed: Map<string, readonly Package[]>;
  readonly unreadable: { path: string; reason: string }[];
}

interface WantedSource {
  readonly path: string;
  readonly source: PackageSource;
}

async function changesOfSources(
  { lab, target, scratch }: PackagesRequest,
  step: Step,
  options: ProgressOptions,
): Promise<ChangedSources> {
  const found: ChangedSources = { changed: new Map(), unreadable: [] };
  const wanted = new Map<string, PackageSource>();
  const slices = new Slices(options.signal);
  const changes = await lab.changesOf(target, step, options);
  for (let at = 0; at < changes.length; at += 1) {
    if (at % rowsPerPause === 0 && slices.isOver) {
      options.onProgress?.("looking for packages", at, changes.length, "rows");
      await slices.next();
    }
    const { pool, from, to } = changes.pathSlice(at);
    const source = packageSourceOf(pool.subarray(from, to));
    if (source === null) continue;
    const change = changes.at(at);
    if (!isOtherContent(change)) continue;
    found.changed.set(change.path, []);
    if (change.after === null || !isFile(change.after)) continue;
    const reason =
      source.unreadable ??
      (change.after.sizeBytes > source.maximumBytes ? "it is larger than such a file can be" : null);
    if (reason === null && wanted.size < maximumSources) wanted.set(change.path, source);
    else found.unreadable.push({ path: change.path, reason: reason ?? "there are too many of them" });
  }
  if (wanted.size === 0) return found;
  const snapshot = await lab.snapshotAt(target, step, options);
  const layers = await openStack(lab, target, step, options);
  for await (const { path, bytes } of readFiles(snapshot, layers, [...wanted.keys()], options)) {
    try {
      const packages = await parse({ path, source: wanted.get(path) as PackageSource }, bytes, scratch);
      found.changed.set(
        path,
        packages.map(each => withFolderSize(each, snapshot)),
      );
    } catch (error) {
      if (error instanceof LabError) throw error;
      found.unreadable.push({ path, reason: messageOf(error) });
    }
  }
  return found;
}

function isOtherContent({ before, after }: Change): boolean {
  return (
    before === null || after === null || before.contentDigest === null || before.contentDigest !== after.contentDigest
  );
}

function isFile({ type }: TreeNode): boolean {
  return type === "file" || type === "hardlink";
}

async function parse({ path, source }: WantedSource, bytes: Buffer, scratch: string): Promise<readonly Package[]> {
  return source.parse === null ? readRpmDatabase(bytes, path, scratch) : source.parse(bytes.toString("utf8"), path);
}

/** npm does not say how large a package is: its folder does, without the packages in it. */
function withFolderSize(each: Package, snapshot: Snapshot): Package {
  if (each.kind !== "npm") return each;
  const folder = folderOfNpmPackage(each.source);
  const all = snapshot.node(folder)?.treeBytes ?? 0;
  return { ...each, sizeBytes: all - (snapshot.node(`${folder}/node_modules`)?.treeBytes ?? 0) };
}

/** The contents of files of a snapshot, each layer read once. */
async function* readFiles(
  snapshot: Snapshot,
  layers: readonly StackLayer[],
  paths: readonly string[],
  options: ProgressOptions,
): AsyncGenerator<{ readonly path: string; readonly bytes: Buffer }, void, void> {
  const tree = layered(snapshot);
  const byLayer = new Map<number, Map<number, string[]>>();
  for (const path of paths) {
    const ref = tree.contentRef(tree.indexOf(path));
    if (ref === null || ref.view.columns.type(ref.entry) !== "file") continue;
    const layer = tree.views.indexOf(ref.view);
    const entries = byLayer.get(layer) ?? new Map<number, string[]>();
    byLayer.set(layer, entries.set(ref.entry, [...(entries.get(ref.entry) ?? []), path]));
  }
  for (const [position, entries] of byLayer) {
    const { blob, columns } = layers[position]!;
    if (blob === null) throw listingOnly(columns.digest);
    for await (const { entry, bytes } of wholeContents(blob, columns, [...entries.keys()], options))
      for (const path of entries.get(entry) ?? []) yield { path, bytes };
  }
}

/** One content at a time, in the order of the tar: all together could be more than memory. */
async function* wholeContents(
  blob: BlobLocation,
  columns: LayerColumns,
  entries: readonly number[],
  options: ProgressOptions,
): AsyncGenerator<{ readonly entry: number; readonly bytes: Buffer }, void, void> {
  let entry = -1;
  let content = Buffer.alloc(0);
  for await (const { position, bytes, offset } of readContents(blob, columns, entries, options)) {
    if (entry !== position) {
      if (entry >= 0) yield { entry, bytes: content };
      entry = position;
      content = Buffer.alloc(columns.data.sizes[position]!);
    }
    content.set(bytes, offset);
  }
  if (entry >= 0) yield { entry, bytes: content };
}

function listingOnly(digest: string): LabError {
  return new LabError("blob-missing", `of layer ${digest} only the listing is here`, {
    hint: "build again, or import a full export of the build",
  });
}
