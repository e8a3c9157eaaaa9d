import { LabError } from "../error.ts";
import { showText } from "../model/path-text.ts";
import type { ContentRef } from "./layer-view.ts";
import type { LayeredSnapshot } from "./layered-snapshot.ts";
import { missingPathHint } from "./read-node.ts";

/** What an extraction has to write, as positions of nodes. */
export interface ExtractPlan {
  readonly folders: number[];
  /** For each layer with contents to read: entry → node. */
  readonly contents: Map<number, Map<number, number>>;
  /** Files without a stored byte: empty, or one single hole. */
  readonly emptyFiles: number[];
  readonly symlinks: number[];
  /** Further names of a file, each with the node that is written. */
  readonly hardLinks: { readonly index: number; readonly first: number }[];
  readonly skipped: number[];
  fileCount: number;
  sizeBytes: number;
}

/** @throws LabError `not-found` when a path is not in the snapshot. */
export function planExtraction(tree: LayeredSnapshot, paths: readonly string[]): ExtractPlan {
  const plan: ExtractPlan = {
    folders: [],
    contents: new Map(),
    emptyFiles: [],
    symlinks: [],
    hardLinks: [],
    skipped: [],
    fileCount: 0,
    sizeBytes: 0,
  };
  const planner = new Planner(tree, plan);
  for (const [from, to] of chosenRanges(tree, paths)) {
    for (let index = Math.max(1, from); index < to; index += 1) planner.add(index);
  }
  return plan;
}

/** Ranges of nodes, none twice, in order. */
function chosenRanges(tree: LayeredSnapshot, paths: readonly string[]): [number, number][] {
  if (paths.length === 0) return [[0, tree.nodes.count]];
  const starts = paths.map(path => {
    const index = tree.indexOf(path);
    if (index < 0) throw new LabError("not-found", `no such path: /${showText(path)}`, { hint: missingPathHint });
    return index;
  });
  const ranges: [number, number][] = [];
  let end = 0;
  for (const start of starts.sort((one, other) => one - other)) {
    if (start < end) continue;
    end = tree.endOf(start);
    ranges.push([start, end]);
  }
  return ranges;
}

class Planner {
  readonly #tree: LayeredSnapshot;
  readonly #plan: ExtractPlan;
  readonly #layerNumbers: Map<unknown, number>;
  /** Layer and entry of a content → the node that is written. */
  readonly #written = new Map<string, number>();

  constructor(tree: LayeredSnapshot, plan: ExtractPlan) {
    this.#tree = tree;
    this.#plan = plan;
    this.#layerNumbers = new Map(tree.views.map((view, number) => [view, number]));
  }

  add(index: number): void {
    const ref = this.#tree.contentRef(index);
    const type = ref === null ? "dir" : ref.view.columns.type(ref.entry);
    if (ref === null || type === "dir") {
      this.#plan.folders.push(index);
      return;
    }
    if (type === "symlink") this.#plan.symlinks.push(index);
    else if (type === "file") this.#addFile(index, ref);
    else this.#plan.skipped.push(index);
    if (type === "symlink" || type === "file") this.#plan.fileCount += 1;
  }

  #addFile(index: number, ref: ContentRef): void {
    const layer = this.#layerNumbers.get(ref.view)!;
    const key = `${layer} ${ref.entry}`;
    const first = this.#written.get(key);
    if (first !== undefined) {
      this.#plan.hardLinks.push({ index, first });
      return;
    }
    this.#written.set(key, index);
    const { sizes } = ref.view.columns.data;
    this.#plan.sizeBytes += sizes[ref.entry]!;
    if (this.#storedBytes(ref) === 0) this.#plan.emptyFiles.push(index);
    else this.#addContent(layer, ref.entry, index);
  }

  #storedBytes({ view, entry }: ContentRef): number {
    const pieces = view.columns.sparsePieces(entry);
    if (pieces === null) return view.columns.data.sizes[entry]!;
    let sum = 0;
    for (let i = 1; i < pieces.length; i += 2) sum += pieces[i]!;
    return sum;
  }

  #addContent(layer: number, entry: number, index: number): void {
    let entries = this.#plan.contents.get(layer);
    if (entries === undefined) {
      entries = new Map();
      this.#plan.contents.set(layer, entries);
    }
    entries.set(entry, index);
  }
}
