/** Go's `path/filepath` on Unix, as far as Dockerfiles and ignore files depend on it. */

/** filepath.Clean. */
export function cleanGoPath(path: string): string {
  const rooted = path.startsWith("/");
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "" || name === ".") continue;
    if (name !== "..") names.push(name);
    else if (names.length > 0 && names.at(-1) !== "..") names.pop();
    else if (!rooted) names.push("..");
  }
  const joined = names.join("/");
  if (rooted) return `/${joined}`;
  return joined === "" ? "." : joined;
}

/** filepath.Join. */
export function joinGoPath(...parts: readonly string[]): string {
  const filled = parts.filter(part => part !== "");
  return filled.length === 0 ? "" : cleanGoPath(filled.join("/"));
}
