// What the bundle of the terminal UI needs besides the options of all code: given to esbuild by build.mjs.
import { fileURLToPath } from "node:url";

const top = new URL("..", import.meta.url);

/** Packages that are taken from elsewhere than node would. */
export const tuiAliases = {
  // ink asks for it only in development, and it is not installed.
  "react-devtools-core": fileURLToPath(new URL("scripts/no-devtools.mjs", top)),
  // ink's own copy measures lines that are not plain ASCII three times as slowly.
  "string-width": fileURLToPath(new URL("scripts/lazy-string-width.mjs", top)),
};
