import { kindBits, typeCode } from "../layer/layer-columns.ts";
import { orderOfPaths } from "../layer/path-order.ts";
import { bytesOfPath, pathFromBytes } from "../model/path-text.ts";
import type { LayerView } from "./layer-view.ts";
import type { LayeredSnapshot } from "./layered-snapshot.ts";
import { type Pausing, rowsPerPause } from "./pausing.ts";

/**
 * Entries whose parents are symbolic links. Engines unpack a layer entry by entry and follow such links within the root,
 * so `bin/sh` goes to `usr/bin/sh` where `bin` is a link. Here this is played through by names, in the order of the tar;
 * it is slow, and only done for layers that need it.
 */

/** As Linux: more links than this in one path count as a loop; the path is then taken as it is written. */
const maximumLinks = 40;

/** The view with the paths at which its entries end up, and with the real paths that its hard links name. */
export function* followingLinkedParents(view: LayerView, base: LayeredSnapshot): Pausing<LayerView> {
  const { kinds } = view.columns.data;
  const walk = new ParentWalk(base);
  const paths: Uint8Array[] = [];
  const linkPaths = new Map<number, Uint8Array>();
  const isWhiteout = (entry: number) => {
    const name = kinds[entry]! & kindBits.name;
    return name === kindBits.whiteout || name === kindBits.opaque;
  };
  // Whiteouts concern what is below the layer only, so they come first.
  for (let entry = 0; entry < kinds.length; entry += 1) {
    if (isWhiteout(entry))
      paths[entry] = walk.whiteout(view.columns.path(entry), (kinds[entry]! & kindBits.name) === kindBits.opaque);
    if (entry % rowsPerPause === 0) yield;
  }
  for (let entry = 0; entry < kinds.length; entry += 1) {
    if (entry % rowsPerPause === 0) yield;
    if (isWhiteout(entry)) continue;
    if ((kinds[entry]! & kindBits.name) === kindBits.ignored) {
      paths[entry] = view.columns.pathBytes(entry);
      continue;
    }
    const type = kinds[entry]! & kindBits.type;
    const link = view.columns.linkBytes(entry);
    if (type === typeCode.hardlink && link !== null) linkPaths.set(entry, walk.real(pathFromBytes(link)));
    const symlink = type === typeCode.symlink ? pathFromBytes(link ?? new Uint8Array(0)) : null;
    paths[entry] = walk.put(view.columns.path(entry), type === typeCode.dir, symlink);
  }
  return { ...view, ...poolOf(paths), linkPaths };
}

function poolOf(paths: readonly Uint8Array[]): Pick<LayerView, "pathPool" | "pathStarts" | "order"> {
  const pathStarts = new Uint32Array(paths.length + 1);
  for (const [i, path] of paths.entries()) pathStarts[i + 1] = pathStarts[i]! + path.length + 1;
  const pathPool = new Uint8Array(pathStarts[paths.length]!);
  for (const [i, path] of paths.entries()) pathPool.set(path, pathStarts[i]!);
  return { pathPool, pathStarts, order: orderOfPaths(pathPool, pathStarts) };
}

/** What the layer has made at a path so far. */
interface Made {
  readonly isDir: boolean;
  readonly symlink: string | null;
  /** Nothing of the layers below is seen under this folder. */
  readonly hidesBelow: boolean;
  readonly children: Map<string, Made>;
}

function made(isDir: boolean, symlink: string | null, hidesBelow: boolean): Made {
  return { isDir, symlink, hidesBelow, children: new Map() };
}

class ParentWalk {
  readonly #base: LayeredSnapshot;
  readonly #root = made(true, null, false);
  readonly #removed = new Set<string>();
  readonly #emptied = new Set<string>();

  constructor(base: LayeredSnapshot) {
    this.#base = base;
  }

  /** @returns the real path of a whiteout (or of the folder that it makes opaque). */
  whiteout(path: string, opaque: boolean): Uint8Array {
    const names = this.#realNames(path, opaque);
    (opaque ? this.#emptied : this.#removed).add(names.join("/"));
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
    let folder = this.#root;
    for (const parent of names.slice(0, -1)) folder = this.#folderIn(folder, parent);
    const old = folder.children.get(name);
    if (!(isDir && old?.isDir)) folder.children.set(name, made(isDir, symlink, old !== undefined && !old.isDir));
    return bytesOfPath(names.join("/"));
  }

  #folderIn(folder: Made, name: string): Made {
    const old = folder.children.get(name);
    if (old?.isDir) return old;
    const fresh = made(true, null, old !== undefined);
    folder.children.set(name, fresh);
    return fresh;
  }

  #realNames(path: string, followLast: boolean): string[] {
    const names = namesOf(path);
    const waiting = [...names].reverse();
    const done: string[] = [];
    let links = 0;
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (name === "..") {
        done.pop();
        continue;
      }
      const target = waiting.length > 0 || followLast ? this.#symlinkAt([...done, name]) : null;
      if (target === null) {
        done.push(name);
        continue;
      }
      links += 1;
      if (links > maximumLinks) return names;
      if (target.startsWith("/")) done.length = 0;
      waiting.push(...namesOf(target).reverse());
    }
    return done;
  }

  /** The text of the symbolic link that is at this path now, or null. */
  #symlinkAt(names: readonly string[]): string | null {
    let at: Made | undefined = this.#root;
    let hidden = this.#emptied.has("");
    for (const [depth, name] of names.entries()) {
      at = at?.children.get(name);
      const path = names.slice(0, depth + 1).join("/");
      if (depth === names.length - 1) {
        if (at !== undefined) return at.symlink;
        return hidden || this.#removed.has(path) ? null : this.#symlinkBelow(path);
      }
      const replaced = at !== undefined && (at.hidesBelow || !at.isDir);
      hidden ||= replaced || this.#removed.has(path) || this.#emptied.has(path);
    }
    return null;
  }

  #symlinkBelow(path: string): string | null {
    const index = this.#base.indexOf(path);
    const ref = index < 0 ? null : this.#base.contentRef(index);
    if (ref === null || ref.view.columns.type(ref.entry) !== "symlink") return null;
    return ref.view.columns.linkTarget(ref.entry);
  }
}

function namesOf(path: string): string[] {
  return path.split("/").filter(name => name !== "" && name !== ".");
}
