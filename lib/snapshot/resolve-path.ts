import type { Snapshot } from "../model/snapshot.ts";

/** As Linux: more links than this in one path count as a loop. */
export const maximumLinks = 40;

/**
 * The path that remains when every symbolic link in `path` (the last name included) is followed inside the tree; absolute
 * links start at its root, and `..` never leaves it. Null when something is missing or links go round in a circle.
 */
export function resolvePath(snapshot: Snapshot, path: string): string | null {
  const waiting = namesOf(path).reverse();
  const done: string[] = [];
  let links = 0;
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (name === "..") {
      done.pop();
      continue;
    }
    const node = snapshot.node([...done, name].join("/"));
    if (node === null) return null;
    if (node.type !== "symlink" || node.linkTarget === null) {
      done.push(name);
      continue;
    }
    links += 1;
    if (links > maximumLinks) return null;
    if (node.linkTarget.startsWith("/")) done.length = 0;
    waiting.push(...namesOf(node.linkTarget).reverse());
  }
  return done.join("/");
}

/**
 * Where a path leads when its first symbolic link (the last name counts, too) is followed; the path itself when none is
 * on the way. Null when something is missing, or when that takes more than names to tell.
 */
export function followOneLink(snapshot: Snapshot, path: string): string | null {
  const names = namesOf(path);
  for (const at of names.keys()) {
    const node = snapshot.node(names.slice(0, at + 1).join("/"));
    if (node === null) return null;
    if (node.type !== "symlink" || node.linkTarget === null) continue;
    const done = node.linkTarget.startsWith("/") ? [] : names.slice(0, at);
    const target = namesOf(node.linkTarget);
    for (; target[0] === ".."; target.shift()) done.pop();
    const rest = [...target, ...names.slice(at + 1)];
    // What lies before it may be a link, too.
    return rest.includes("..") ? null : [...done, ...rest].join("/");
  }
  return names.join("/");
}

function namesOf(path: string): string[] {
  return path.split("/").filter(name => name !== "" && name !== ".");
}
