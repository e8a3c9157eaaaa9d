// Bundles the program of the report's page: by build.mjs into dist/, and by `report` itself where it runs from the sources.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const page = new URL("../cli/report/page/", import.meta.url);

/** @returns {Promise<{ script: string, style: string }>} */
export async function bundlePage() {
  const bundle = await rolldown({
    input: fileURLToPath(new URL("main.ts", page)),
    platform: "browser",
    logLevel: "warn",
    transform: { target: "es2023" },
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  return { script: forElement(output[0].code), style: await readFile(new URL("page.css", page), "utf8") };
}

/** A script element ends at the first of these, wherever it stands. */
function forElement(code) {
  return code.replace(/<(?=\/script|!--|script)/gi, "\\x3c");
}
