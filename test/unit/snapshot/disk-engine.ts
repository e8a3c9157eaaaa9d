import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

/** A tiny engine on a real disk: unpacks entry after entry and follows links within its root, as container engines do. */

export type DiskItem =
  | { readonly kind: "file"; readonly path: string; readonly content: string }
  | { readonly kind: "dir" | "whiteout"; readonly path: string }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string };

export function unpackOnDisk(root: string, items: readonly DiskItem[]): void {
  for (const item of items) {
    if (item.kind === "whiteout") rmSync(path.join(root, item.path), { recursive: true, force: true });
  }
  for (const item of items) if (item.kind !== "whiteout") unpackOne(root, item);
}

function unpackOne(root: string, item: Exclude<DiskItem, { kind: "whiteout" }>): void {
  const place = placeOf(root, item.path);
  makeFolders(root, path.dirname(place));
  const isFolder = isThere(place) && lstatSync(place).isDirectory();
  if (!(item.kind === "dir" && isFolder)) rmSync(place, { recursive: true, force: true });
  if (item.kind === "file") writeFileSync(place, item.content);
  else if (item.kind === "symlink") symlinkSync(item.target, place);
  else if (!isFolder) mkdirSync(place);
}

/** Links among the parents are followed inside of the root; a circle of them is taken as it is written. */
function placeOf(root: string, name: string): string {
  const waiting = name.split("/").reverse();
  const last = waiting.shift() as string;
  let at = root;
  for (let links = 0; waiting.length > 0; ) {
    const part = waiting.pop() as string;
    if (part === "" || part === ".") continue;
    const next = part === ".." ? path.dirname(at) : path.join(at, part);
    if (part === "..") {
      at = at === root ? root : next;
    } else if (isThere(next) && lstatSync(next).isSymbolicLink()) {
      links += 1;
      if (links > 40) return path.join(root, name);
      const target = readlinkSync(next);
      if (target.startsWith("/")) at = root;
      waiting.push(...target.split("/").reverse());
    } else {
      at = next;
    }
  }
  return path.join(at, last);
}

function isThere(place: string): boolean {
  try {
    return lstatSync(place, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // A parent is no folder.
    return false;
  }
}

function makeFolders(root: string, folder: string): void {
  if (folder === root) return;
  makeFolders(root, path.dirname(folder));
  if (isThere(folder) && lstatSync(folder).isDirectory()) return;
  rmSync(folder, { force: true });
  mkdirSync(folder);
}

/** `path dir`, `path -> target`, `path = content`, in the order of walks. */
export function listingOfDisk(root: string, below = ""): string[] {
  const names = readdirSync(path.join(root, below)).sort((one, other) =>
    Buffer.compare(Buffer.from(one), Buffer.from(other)),
  );
  return names.flatMap(name => {
    const inner = below === "" ? name : `${below}/${name}`;
    const place = path.join(root, inner);
    const stats = lstatSync(place);
    if (stats.isDirectory()) return [`${inner} dir`, ...listingOfDisk(root, inner)];
    return stats.isSymbolicLink()
      ? [`${inner} -> ${readlinkSync(place)}`]
      : [`${inner} = ${readFileSync(place, "utf8")}`];
  });
}
