import type { Package } from "./package.ts";

/** apk's database of what is installed: paragraphs of lines with one letter and a colon in front. */
export function parseApkDatabase(text: string, source: string): Package[] {
  const packages: Package[] = [];
  for (const paragraph of text.split(/\n\n+/)) {
    // P, V and I stand before the list of files (F, R and others), each once.
    const field = (letter: string) => new RegExp(`^${letter}:(.*)$`, "m").exec(paragraph)?.[1]?.trim();
    const name = field("P");
    if (name === undefined || name === "") continue;
    const sizeBytes = Number(field("I") ?? Number.NaN);
    packages.push({
      kind: "apk",
      name,
      version: field("V") ?? "",
      sizeBytes: Number.isSafeInteger(sizeBytes) ? sizeBytes : null,
      source,
      key: `apk ${name}`,
    });
  }
  return packages;
}
