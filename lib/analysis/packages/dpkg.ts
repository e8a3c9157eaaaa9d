import { controlParagraphs } from "./control-paragraphs.ts";
import type { Package } from "./package.ts";

/** dpkg's status file: one paragraph for each package that was ever there. */
export function parseDpkgStatus(text: string, source: string): Package[] {
  const packages: Package[] = [];
  for (const fields of controlParagraphs(text)) {
    const name = fields.get("package");
    const status = fields.get("status");
    // "want flag status"; files of status.d have none.
    const isInstalled = status === undefined || status.split(/\s+/)[2] === "installed";
    if (name === undefined || !isInstalled) continue;
    const kibibytes = Number(fields.get("installed-size") ?? Number.NaN);
    packages.push({
      kind: "dpkg",
      name,
      version: fields.get("version") ?? "",
      sizeBytes: Number.isSafeInteger(kibibytes * 1024) ? kibibytes * 1024 : null,
      source,
      key: `dpkg ${name}:${fields.get("architecture") ?? ""}`,
    });
  }
  return packages;
}
