/** Go's `fs.FileMode.String`, which Kaniko hashes: letters for the kind and the special bits, then the nine of permissions. Pure. */

const kinds: ReadonlyMap<number, string> = new Map([
  [0o040000, "d"],
  [0o120000, "L"],
  [0o060000, "D"],
  [0o020000, "Dc"],
  [0o010000, "p"],
  [0o140000, "S"],
]);

/** @param mode of `lstat`, kind included */
export function goFileMode(mode: number): string {
  const kind = kinds.get(mode & 0o170000) ?? "";
  // In the order of Go's "dalTLDpSugct?": the character device's `c` comes behind `u` and `g`.
  const isCharacterDevice = kind === "Dc";
  const special = `${mode & 0o4000 ? "u" : ""}${mode & 0o2000 ? "g" : ""}${isCharacterDevice ? "c" : ""}${mode & 0o1000 ? "t" : ""}`;
  const letters = `${isCharacterDevice ? "D" : kind}${special}`;
  const permissions = [..."rwxrwxrwx"].map((letter, at) => (mode & (0o400 >> at) ? letter : "-")).join("");
  return `${letters === "" ? "-" : letters}${permissions}`;
}
