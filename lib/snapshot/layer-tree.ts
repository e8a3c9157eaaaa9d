import { LabError } from "../error.ts";
import { GrowingNumbers } from "../layer/growing.ts";
import { kindBits, typeCode } from "../layer/layer-columns.ts";
import { type Pausing, rowsPerPause } from "../pausing.ts";
import { isDirEntry, isSymlinkEntry, type LayerView } from "./layer-view.ts";

/**
 * What one layer says about each path, in the order of paths: the entry that counts, folders that are only implied, and
 * what it takes away from the layers below. The order of the tar matters only between entries of one path and between a
 * path and its parents: the later one wins.
 */

/**
 * The bits of `LayerTree.flags`. An item without any is a parent of a whiteout: it makes nothing, but when it is a symbolic
 * link below, the whiteout goes where the link leads.
 */
export const item = {
  /** There is a node at this path after the layer: an entry or an implied folder. */
  node: 1,
  /** A whiteout removes what is below this layer at this path. */
  removeSelf: 2,
  /** Nothing of a folder of the layers below stays under this path. */
  clearBelow: 4,
  /** An implied folder that takes the place of whatever is there, since the layer first had something else here. */
  fresh: 8,
} as const;

/** Implied folders of hostile paths could be many more than entries. */
export const maximumNodes = 2 ** 26;

/** Folders without an entry of their own that a layer may have: a few deep paths take no more room in a tar than flat ones. */
const impliedAtLeast = 2 ** 20;
const impliedPerEntry = 8;

export interface LayerTree {
  readonly view: LayerView;
  readonly count: number;
  /** The entry that counts; for implied folders and whiteouts an entry whose path starts with theirs. */
  readonly entries: Uint32Array;
  /** 0 for entries; for implied folders the length of their path plus 1. */
  readonly implied: Uint32Array;
  readonly flags: Uint8Array;
  /** Whether every item is a node: then the layer takes nothing away. */
  readonly allNodes: boolean;
  /** Whether an entry may have a parent that was a symbolic link when its turn came: it has to be played through. */
  readonly throughSymlink: boolean;
}

/** Folds the entries of a layer. The first item is always the root. */
export function foldingLayer(view: LayerView): Pausing<LayerTree> {
  return new LayerFold(view).run();
}

/** End of the path of an item or node: the whole path of its entry, or a part of it for implied folders. */
export function pathEnd(view: LayerView, entry: number, implied: number): number {
  return implied > 0 ? view.pathStarts[entry]! + implied - 1 : view.pathStarts[entry + 1]! - 1;
}

function allHave(flag: number, flags: Uint8Array): boolean {
  for (let index = 0; index < flags.length; index += 1) if ((flags[index]! & flag) === 0) return false;
  return true;
}

/** What the entries of one path come to. */
interface Group {
  /** The last entry that is no whiteout and was not removed again, or -1. */
  ordinary: number;
  /** The last one of them that is no folder, or -1. */
  nonFolder: number;
  /** Any whiteout entry, or -1. */
  whiteout: number;
  opaque: number;
  /** Whether any entry, also one that was replaced again, is a symbolic link. */
  symlink: boolean;
}

class LayerFold {
  readonly #view: LayerView;
  readonly #entries: GrowingNumbers<Uint32Array>;
  readonly #implied: GrowingNumbers<Uint32Array>;
  readonly #flags: GrowingNumbers<Uint8Array>;
  /** Items that are parents of the path at hand, outermost first, each with the position up to which entries below it are gone. */
  readonly #stack: number[] = [];
  readonly #goneUpTo: number[] = [];
  /** Of the innermost parent; arrays that are made shorter and longer for every entry would cost half of the time. */
  #depth = -1;
  /** Bytes that the path at hand has in common with the next one in the order. */
  #commonWithNext = 0;
  #throughSymlink = false;
  #impliedCount = 0;
  /** Folders that were symbolic links earlier in the layer. */
  readonly #onceSymlinks = new Set<number>();

  constructor(view: LayerView) {
    this.#view = view;
    // Most layers have a folder or two without an entry; memory that is used for the first time costs more than the work.
    const capacity = view.order.length + 64;
    this.#entries = new GrowingNumbers(length => new Uint32Array(length), capacity);
    this.#implied = new GrowingNumbers(length => new Uint32Array(length), capacity);
    this.#flags = new GrowingNumbers(length => new Uint8Array(length), capacity);
  }

  *run(): Pausing<LayerTree> {
    this.#push(0, 1, item.node, -1);
    const { order } = this.#view;
    for (let i = 0, pauseAt = 0; i < order.length; ) {
      const common = this.#commonWithNext;
      const end = this.#groupEnd(i);
      this.#readGroup(i, end, common);
      i = end;
      if (i < pauseAt) continue;
      yield;
      pauseAt = i + rowsPerPause;
    }
    const flags = this.#flags.view();
    return {
      view: this.#view,
      count: this.#entries.length,
      entries: this.#entries.view(),
      implied: this.#implied.view(),
      flags,
      allNodes: allHave(item.node, flags),
      throughSymlink: this.#throughSymlink,
    };
  }

  /** Where the entries of one path end. */
  #groupEnd(from: number): number {
    const { order } = this.#view;
    const first = order[from]!;
    const length = this.#pathLength(first);
    let end = from + 1;
    for (; end < order.length; end += 1) {
      const next = order[end]!;
      this.#commonWithNext = this.#commonLength(first, next);
      if (this.#commonWithNext < length || this.#pathLength(next) > length) break;
    }
    return end;
  }

  #commonLength(one: number, other: number): number {
    const { pathPool, pathStarts } = this.#view;
    const oneStart = pathStarts[one]!;
    const otherStart = pathStarts[other]!;
    const most = Math.min(this.#pathLength(one), this.#pathLength(other));
    let common = 0;
    while (common < most && pathPool[oneStart + common] === pathPool[otherStart + common]) common += 1;
    return common;
  }

  /** @param common how many bytes its path has in common with the path before */
  #readGroup(from: number, end: number, common: number): void {
    const { pathStarts } = this.#view;
    const first = this.#view.order[from]!;
    const isRoot = pathStarts[first + 1]! - 1 === pathStarts[first]!;
    if (isRoot) this.#depth = 0;
    else this.#popToParentOf(first, common);
    const gone = isRoot ? -1 : this.#goneUpTo[this.#depth]!;
    const group = this.#groupOf(from, end, gone);
    const entry = group.ordinary >= 0 ? group.ordinary : Math.max(group.opaque, group.whiteout);
    if (entry < 0) return;
    if (isRoot) this.#setRoot(group);
    else this.#addItem(entry, group, gone);
  }

  #groupOf(from: number, end: number, gone: number): Group {
    const { order, columns } = this.#view;
    const { kinds } = columns.data;
    const group: Group = { ordinary: -1, nonFolder: -1, whiteout: -1, opaque: -1, symlink: false };
    for (let i = from; i < end; i += 1) {
      const entry = order[i]!;
      const kind = kinds[entry]!;
      const name = kind & kindBits.name;
      if (name === kindBits.whiteout) group.whiteout = entry;
      else if (name === kindBits.opaque) group.opaque = entry;
      else if (name === 0 && entry <= gone) {
        // It went away when a parent was replaced; until then that may have been a link of the layers below.
        this.#throughSymlink = true;
      } else if (name === 0) {
        group.ordinary = entry;
        if ((kind & kindBits.type) === typeCode.symlink) group.symlink = true;
        if ((kind & kindBits.type) !== typeCode.dir) group.nonFolder = entry;
      }
    }
    return group;
  }

  #setRoot(group: Group): void {
    if (group.ordinary >= 0) {
      this.#entries.set(0, group.ordinary);
      this.#implied.set(0, 0);
    }
    if (group.opaque >= 0) this.#flags.set(0, item.node | item.clearBelow);
  }

  #addItem(entry: number, group: Group, gone: number): void {
    const isNode = group.ordinary >= 0;
    if (isNode) this.#makeParentsFolders();
    this.#addParents(entry, isNode ? item.node : 0, gone);
    const cleared = group.opaque >= 0 || group.nonFolder >= 0 ? item.clearBelow : 0;
    const flags = (isNode ? item.node : 0) | (group.whiteout >= 0 ? item.removeSelf : 0) | cleared;
    if (group.symlink && group.nonFolder !== entry) this.#onceSymlinks.add(this.#entries.length);
    this.#push(entry, isNode ? 0 : this.#pathLength(entry) + 1, flags, Math.max(gone, group.nonFolder));
  }

  #pathLength(entry: number): number {
    return this.#view.pathStarts[entry + 1]! - 1 - this.#view.pathStarts[entry]!;
  }

  /** An entry makes folders of all its parents, innermost first, up to the first that is one already. */
  #makeParentsFolders(): void {
    for (let depth = this.#depth; depth >= 0; depth -= 1) {
      const parent = this.#stack[depth]!;
      if (this.#onceSymlinks.has(parent)) this.#throughSymlink = true;
      if (this.#isFolder(parent)) return;
      this.#becomeFolder(parent);
    }
  }

  #isFolder(index: number): boolean {
    if ((this.#flags.at(index) & item.node) === 0) return false;
    return this.#implied.at(index) > 0 || isDirEntry(this.#view, this.#entries.at(index));
  }

  #becomeFolder(index: number): void {
    const flags = this.#flags.at(index);
    const entry = this.#entries.at(index);
    const wasOther = (flags & item.node) !== 0;
    if (wasOther && isSymlinkEntry(this.#view, entry)) this.#throughSymlink = true;
    this.#implied.set(index, this.#itemPathLength(index) + 1);
    this.#flags.set(index, flags | item.node | (wasOther ? item.fresh | item.clearBelow : 0));
  }

  /** Adds the parents between the innermost one that is known and the entry. */
  #addParents(entry: number, flags: number, gone: number): void {
    const { pathPool, pathStarts } = this.#view;
    const start = pathStarts[entry]!;
    let at = start + this.#itemPathLength(this.#stack[this.#depth]!);
    if (at > start) at += 1;
    const end = pathStarts[entry + 1]! - 1;
    for (; at < end; at += 1) {
      if (pathPool[at] === 0x2f) this.#push(entry, at - start + 1, flags, gone);
    }
  }

  #itemPathLength(index: number): number {
    const implied = this.#implied.at(index);
    return implied > 0 ? implied - 1 : this.#pathLength(this.#entries.at(index));
  }

  /** The parents at hand are those of the path before: a parent of this path, too, is one that both have in common. */
  #popToParentOf(entry: number, common: number): void {
    const { pathPool, pathStarts } = this.#view;
    const start = pathStarts[entry]!;
    const length = this.#pathLength(entry);
    for (; this.#depth > 0; this.#depth -= 1) {
      const folder = this.#itemPathLength(this.#stack[this.#depth]!);
      if (folder <= common && folder < length && pathPool[start + folder] === 0x2f) return;
    }
  }

  #countImplied(): void {
    this.#impliedCount += 1;
    const most = impliedAtLeast + impliedPerEntry * this.#view.order.length;
    if (this.#impliedCount <= most) return;
    throw new LabError(
      "too-large",
      `layer ${this.#view.columns.digest}: more than ${most} folders that are only named by what is in them`,
      {
        hint: "tools write folders down before what is in them; such a layer is not read further",
      },
    );
  }

  #push(entry: number, implied: number, flags: number, goneUpTo: number): void {
    if (implied > 0) this.#countImplied();
    if (this.#entries.length >= maximumNodes) {
      throw new LabError("too-large", `more than ${maximumNodes} paths in one layer`);
    }
    this.#depth += 1;
    this.#stack[this.#depth] = this.#entries.length;
    this.#goneUpTo[this.#depth] = goneUpTo;
    this.#entries.push(entry);
    this.#implied.push(implied);
    this.#flags.push(flags);
  }
}
