// How code is bundled: the published program by build.mjs, and programs of tests in the same way.
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";

const top = new URL("..", import.meta.url);

/** Packages that are taken from elsewhere than node would. */
const alias = {
  // ink asks for it only in development, and it is not installed.
  "react-devtools-core": fileURLToPath(new URL("scripts/no-devtools.mjs", top)),
  // ink's own copy measures lines that are not plain ASCII three times as slowly.
  "string-width": fileURLToPath(new URL("scripts/lazy-string-width.mjs", top)),
  "node:crypto": fileURLToPath(new URL("scripts/lazy-crypto.mjs", top)),
};

/**
 * ink takes every line apart into styled characters and forgets them after each frame, two thirds of a frame's time. Lines
 * of the frames before are nearly always on the next one, too: they are kept.
 */
const keepStyledLines = {
  name: "keep-styled-lines",
  transform: {
    filter: { id: /[\\/]ink[\\/]build[\\/]output\.js$/ },
    handler(source, file) {
      const perFrame = "caches = new OutputCaches();";
      if (!source.includes(perFrame)) throw new Error(`${file} is not as expected: ${perFrame}`);
      return source.replace(perFrame, "caches = keptCaches();") + keptCaches;
    },
  },
};

const keptCaches = `
let kept = new OutputCaches();
function keptCaches() {
  if (kept.styledChars.size > 2000) kept = new OutputCaches();
  return kept;
}
`;

/**
 * Node's own modules are taken as they are, not as ES modules: for those Node reads every export once, also those that load
 * more when they are touched (streams by `fs`, all of webcrypto by `crypto`), a tenth of what a listing takes. Some packages
 * call what they import `process`: the one that is asked here is then not there yet.
 */
const plainBuiltins = {
  name: "plain-builtins",
  renderChunk(code, { name }) {
    if (runByAnyNode.includes(name)) return null;
    return code.replace(/^import (?!\{ createRequire)([^;"]+) from "([^";]+)";$/gm, (line, what, module) =>
      isBuiltin(module) ? `const ${declared(what, `globalThis.process.getBuiltinModule("${module}")`)};` : line,
    );
  },
};

/** What finds out that this Node is too old, and starts another one. */
const runByAnyNode = ["bin", "pinned-node", "package-root"];

/** `a`, `* as a`, `{ a as b }`, `a, { b as c }` as what follows `const`. */
function declared(what, value) {
  const [, whole, names] = /^(?:(?:\* as )?([\w$]+))?(?:, )?(?:\{(.*)\})?$/.exec(what.trim());
  const fields = `{${names?.replaceAll(" as ", ": ")}}`;
  if (whole === undefined) return `${fields} = ${value}`;
  return names === undefined ? `${whole} = ${value}` : `${whole} = ${value}, ${fields} = ${whole}`;
}

/** Options of rolldown. */
export const bundleOptions = {
  cwd: fileURLToPath(top),
  platform: "node",
  external: ["@kubernetes/client-node", "dockerode", "node", "vitest"],
  resolve: { alias },
  plugins: [keepStyledLines, plainBuiltins],
  transform: {
    target: "node22",
    // Some packages are CommonJS: they ask where they are.
    define: {
      "process.env.NODE_ENV": '"production"',
      __filename: "import.meta.filename",
      __dirname: "import.meta.dirname",
    },
  },
  logLevel: "warn",
  output: { format: "esm" },
};
