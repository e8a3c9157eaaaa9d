// Bundles the program of the report's page: by build.mjs into dist/, and by `report` itself where it runs from the sources.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const page = new URL("../cli/report/page/", import.meta.url);

/** Later ones win. */
const styles = [
  ...["base", "frame", "overview", "sections", "tables", "badges", "steps", "time-line", "step-colours", "treemap"],
  ...["rows", "findings", "narrow", "print"],
];

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
  const texts = await Promise.all(styles.map(name => readFile(new URL(`style/${name}.css`, page), "utf8")));
  return { script: forElement(output[0].code), style: texts.join("") };
}

/** A script element ends at the first of these, wherever it stands. */
function forElement(code) {
  return code.replace(/<(?=\/script|!--|script)/gi, "\\x3c");
}
