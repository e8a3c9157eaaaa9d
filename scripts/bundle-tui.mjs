// What the bundle of the terminal UI needs besides the options of all code: given to esbuild by build.mjs.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const top = new URL("..", import.meta.url);

/** Packages that are taken from elsewhere than node would. */
export const tuiAliases = {
  // ink asks for it only in development, and it is not installed.
  "react-devtools-core": fileURLToPath(new URL("scripts/no-devtools.mjs", top)),
  // ink's own copy measures lines that are not plain ASCII three times as slowly.
  "string-width": fileURLToPath(new URL("scripts/lazy-string-width.mjs", top)),
};

/**
 * ink takes every line apart into styled characters and forgets them after each frame, two thirds of a frame's time. Lines
 * of the frames before are nearly always on the next one, too: they are kept.
 */
const keepStyledLines = {
  name: "keep-styled-lines",
  setup(build) {
    build.onLoad({ filter: /[\\/]ink[\\/]build[\\/]output\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const perFrame = "caches = new OutputCaches();";
      if (!source.includes(perFrame)) throw new Error(`${path} is not as expected: ${perFrame}`);
      return { contents: source.replace(perFrame, "caches = keptCaches();") + keptCaches };
    });
  },
};

const keptCaches = `
let kept = new OutputCaches();
function keptCaches() {
  if (kept.styledChars.size > 2000) kept = new OutputCaches();
  return kept;
}
`;

export const tuiPlugins = [keepStyledLines];
