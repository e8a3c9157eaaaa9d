import { controlParagraphs } from "./control-paragraphs.ts";
import type { Package } from "./package.ts";

/** The metadata of one distribution, as pip and others install it. */
export function parsePythonMetadata(text: string, source: string): Package[] {
  const [fields] = controlParagraphs(text);
  const name = fields?.get("name");
  if (name === undefined || name === "") return [];
  // The folder of the metadata has the version in its name, the one around it is that of all packages.
  const metadata = source.replace(/\/(?:METADATA|PKG-INFO)$/, "");
  const place = metadata.slice(0, Math.max(0, metadata.lastIndexOf("/")));
  const normal = name.toLowerCase().replace(/[-_.]+/g, "-");
  const version = fields?.get("version") ?? "";
  return [{ kind: "python", name, version, sizeBytes: null, source, key: `python ${place} ${normal}` }];
}
