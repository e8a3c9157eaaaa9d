import { LabError } from "../error.ts";
import { kindBits, typeCode } from "../layer/layer-columns.ts";
import { bytesOfPath, pathFromBytes } from "../model/path-text.ts";
import type { LayeredSnapshot } from "./layered-snapshot.ts";

/** As Linux: more links than this in one path count as a loop; the path is then taken as it is written. */
const maximumLinks = 40;

/** Names that the paths of one layer may lead through, those of links included. */
const maximumSteps = 2 ** 28;

/** A name of the layers below, kept only where it leads to a symbolic link or to what the layer at hand takes away. */
interface Below {
  symlink: string | null;
  /** A whiteout of this very path. */
  removed: boolean;
  /** An opaque folder. */
  emptied: boolean;
  readonly children: Map<string, Below>;
}

/** What the layer has made at a path so far. */
interface Made {
  readonly isDir: boolean;
  readonly symlink: string | null;
  /** Nothing of the layers below is seen under this folder. */
  readonly hidesBelow: boolean;
  readonly children: Map<string, Made>;
}

/** Where a walk along names has come to. */
interface Place {
  readonly name: string;
  readonly made: Made | undefined;
  readonly below: Below | undefined;
  /** Whether what the layers below have here, and further down, is not seen. */
  readonly hidden: boolean;
}

function below(): Below {
  return { symlink: null, removed: false, emptied: false, children: new Map() };
}

function made(isDir: boolean, symlink: string | null, hidesBelow: boolean): Made {
  return { isDir, symlink, hidesBelow, children: new Map() };
}

/**
 * Follows the symbolic links among the parents of paths, upon a snapshot and what a layer has changed in it so far. Each
 * name is looked at once, however deep it lies.
 */
export class ParentWalk {
  readonly #below = below();
  readonly #made = made(true, null, false);
  #steps = 0;

  constructor(base: LayeredSnapshot) {
    for (const [path, target] of symlinksOf(base)) this.#belowAt(namesOf(path)).symlink = target;
  }

  /** @returns the real path of a whiteout (or of the folder that it makes opaque). */
  whiteout(path: string, opaque: boolean): Uint8Array {
    const names = this.#realNames(path, opaque);
    const place = this.#belowAt(names);
    if (opaque) place.emptied = true;
    else place.removed = true;
    return bytesOfPath(names.join("/"));
  }

  /** The path with its parents' links followed; the last name is taken as it is. */
  real(path: string): Uint8Array {
    return bytesOfPath(this.#realNames(path, false).join("/"));
  }

  /** Notes that an entry comes to be; its parents become folders. @returns its real path. */
  put(path: string, isDir: boolean, symlink: string | null): Uint8Array {
    const names = this.#realNames(path, false);
    const name = names.at(-1);
    if (name === undefined) return new Uint8Array(0);
    let folder = this.#made;
    for (const parent of names.slice(0, -1)) folder = folderIn(folder, parent);
    const old = folder.children.get(name);
    if (!(isDir && old?.isDir)) folder.children.set(name, made(isDir, symlink, old !== undefined && !old.isDir));
    return bytesOfPath(names.join("/"));
  }

  #belowAt(names: readonly string[]): Below {
    let at = this.#below;
    for (const name of names) {
      let child = at.children.get(name);
      if (child === undefined) {
        child = below();
        at.children.set(name, child);
      }
      at = child;
    }
    return at;
  }

  #realNames(path: string, followLast: boolean): string[] {
    const names = namesOf(path);
    const waiting = [...names].reverse();
    const done: Place[] = [];
    let links = 0;
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      this.#countStep();
      if (name === "..") {
        done.pop();
        continue;
      }
      const place = this.#placeIn(done.at(-1), name);
      const target = waiting.length > 0 || followLast ? symlinkAt(place) : null;
      if (target === null) {
        done.push(place);
        continue;
      }
      links += 1;
      if (links > maximumLinks) return names;
      if (target.startsWith("/")) done.length = 0;
      waiting.push(...namesOf(target).reverse());
    }
    return done.map(place => place.name);
  }

  #placeIn(folder: Place | undefined, name: string): Place {
    const isInRoot = folder === undefined;
    const folderMade = isInRoot ? this.#made : folder.made;
    const folderBelow = isInRoot ? this.#below : folder.below;
    const replaced = folderMade !== undefined && (folderMade.hidesBelow || !folderMade.isDir);
    const taken = folderBelow !== undefined && (folderBelow.removed || folderBelow.emptied);
    return {
      name,
      made: folderMade?.children.get(name),
      below: folderBelow?.children.get(name),
      hidden: (folder?.hidden ?? false) || replaced || taken,
    };
  }

  #countStep(): void {
    this.#steps += 1;
    if (this.#steps > maximumSteps) {
      throw new LabError(
        "too-large",
        `more than ${maximumSteps} names in the paths of one layer that leads through links`,
      );
    }
  }
}

/** The text of the symbolic link that is here now, or null. */
function symlinkAt({ made, below, hidden }: Place): string | null {
  if (made !== undefined) return made.symlink;
  return hidden || below === undefined || below.removed ? null : below.symlink;
}

function folderIn(folder: Made, name: string): Made {
  const old = folder.children.get(name);
  if (old?.isDir) return old;
  const fresh = made(true, null, old !== undefined);
  folder.children.set(name, fresh);
  return fresh;
}

function* symlinksOf(base: LayeredSnapshot): Generator<[path: string, target: string], void, void> {
  const { nodes, views } = base;
  for (let index = 0; index < nodes.count; index += 1) {
    if (nodes.implied[index] !== 0) continue;
    const type = views[nodes.views[index]!]!.columns.data.kinds[nodes.entries[index]!]! & kindBits.type;
    if (type !== typeCode.symlink && type !== typeCode.hardlink) continue;
    const ref = base.contentRef(index);
    const target = ref?.view.columns.type(ref.entry) === "symlink" ? ref.view.columns.linkTarget(ref.entry) : null;
    if (target === null) continue;
    const { pool, from, to } = base.pathSlice(index);
    yield [pathFromBytes(pool.subarray(from, to)), target];
  }
}

function namesOf(path: string): string[] {
  return path.split("/").filter(name => name !== "" && name !== ".");
}
