/** The page's program and style: beside the program in dist/, or made from the sources where those are run. */

import { readFile } from "node:fs/promises";
import { packageFile } from "../package-root.ts";

export interface PageAsset {
  readonly script: string;
  readonly style: string;
}

export async function readPageAsset(): Promise<PageAsset> {
  if (import.meta.filename.endsWith(".ts")) return bundledNow();
  const [script, style] = await Promise.all(
    ["report-page.js", "report-page.css"].map(name => readFile(packageFile("dist", name), "utf8")),
  );
  return { script: script as string, style: style as string };
}

/** The bundler is there wherever the sources are run; its name is not to be found by it itself. */
async function bundledNow(): Promise<PageAsset> {
  const bundler = "../../scripts/bundle-page.mjs";
  const { bundlePage } = await import(bundler);
  return bundlePage();
}
