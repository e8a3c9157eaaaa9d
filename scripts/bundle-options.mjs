// How code is bundled: the published program by build.mjs, and programs of tests in the same way.
// As CommonJS, since of that V8 can keep what it compiled (cli/launch/code-cache.ts), and Node links it sooner.
import { fileURLToPath } from "node:url";

const top = new URL("..", import.meta.url);

/** Packages that are taken from elsewhere than node would. */
const alias = {
  // ink asks for it only in development, and it is not installed.
  "react-devtools-core": fileURLToPath(new URL("scripts/no-devtools.mjs", top)),
  // ink's own copy measures lines that are not plain ASCII three times as slowly.
  "string-width": fileURLToPath(new URL("scripts/lazy-string-width.mjs", top)),
};

/** Text of packages that is replaced; a package that no longer has it fails the build. */
const replacements = [
  {
    // ink takes every line apart into styled characters and forgets them after each frame, two thirds of a frame's time.
    // Lines of the frames before are nearly always on the next one, too: they are kept.
    file: /[\\/]ink[\\/]build[\\/]output\.js$/,
    pairs: [["caches = new OutputCaches();", "caches = keptCaches();"]],
    added: `
let kept = new OutputCaches();
function keptCaches() {
  if (kept.styledChars.size > 2000) kept = new OutputCaches();
  return kept;
}
`,
  },
  {
    // Development only. CommonJS cannot wait while it loads.
    file: /[\\/]ink[\\/]build[\\/]reconciler\.js$/,
    pairs: [
      ["import.meta.resolve('react-devtools-core')", "undefined"],
      ["await import('./devtools.js')", "undefined"],
      ["await loadPackageJson()", "{}"],
    ],
  },
  {
    // The same: yoga's 70 kB of WebAssembly are compiled at once rather than waited for.
    file: /[\\/]yoga-layout[\\/]dist[\\/]src[\\/]index\.js$/,
    pairs: [
      [
        "const Yoga = wrapAssembly(await loadYoga());",
        "const yoga = {}; loadYoga(yoga); const Yoga = wrapAssembly(yoga);",
      ],
    ],
  },
  {
    file: /[\\/]yoga-wasm-base64-esm\.js$/,
    pairs: [
      [
        "if(h.instantiateWasm)try{return h.instantiateWasm(",
        `h.instantiateWasm=(imports,receive)=>{
  const program=new WebAssembly.Module(Buffer.from(H.slice(H.indexOf(",")+1),"base64"));
  receive(new WebAssembly.Instance(program,imports));
  return {};
};if(h.instantiateWasm)try{return h.instantiateWasm(`,
      ],
    ],
  },
  {
    // For forwarding to Services and Deployments, which is not used: the API's models are 6 MB.
    file: /[\\/]client-node[\\/]dist[\\/]portforward\.js$/,
    pairs: [["import { AppsV1Api, CoreV1Api } from './gen/index.js';", "let AppsV1Api, CoreV1Api;"]],
  },
  {
    // Asked only by `extends` in a yargs configuration, which is not used.
    file: /[\\/]yargs[\\/]build[\\/]lib[\\/]utils[\\/]apply-extends\.js$/,
    pairs: [["import.meta.resolve(config.extends)", "undefined"]],
  },
];

const replacePlugins = replacements.map(({ file, pairs, added = "" }) => ({
  name: "replace",
  transform: {
    filter: { id: file },
    handler(source, id) {
      return (
        pairs.reduce((text, [from, to]) => {
          if (!text.includes(from)) throw new Error(`${id} is not as expected: ${from}`);
          return text.replace(from, () => to);
        }, source) + added
      );
    },
  },
}));

/**
 * Node's own modules are loaded when something of them is first used: `zlib`, `crypto` and `stream` at the start of each
 * file that may need them are a tenth of what a listing takes.
 */
const lazyBuiltins = {
  name: "lazy-builtins",
  renderChunk(code) {
    return [...code.matchAll(/^let (node_\w+) = require\("(node:[^"]+)"\);$/gm)].reduce(
      (text, [line, name, module]) => {
        // A module that is also taken as a whole (`import *`) is wrapped, and so loaded, where the file starts.
        if (text.includes(`\n${name} = `)) return text;
        const lazy = `let ${name}_loaded; const ${name} = { get module() { return ${name}_loaded ??= require("${module}"); } };`;
        return text.replaceAll(new RegExp(`\\b${name}\\.`, "g"), `${name}.module.`).replace(line, () => lazy);
      },
      code,
    );
  },
};

/** Options of rolldown. */
export const bundleOptions = {
  cwd: fileURLToPath(top),
  platform: "node",
  external: ["dockerode", "node", "vitest", /bundle-page\.mjs$/],
  resolve: { alias },
  plugins: [...replacePlugins, lazyBuiltins],
  // Its files only define things, but do not say so; what is not used of them is 17 MB.
  treeshake: { moduleSideEffects: [{ test: /[\\/]@kubernetes[\\/]client-node[\\/]/, sideEffects: false }] },
  transform: {
    target: "node22",
    define: { "process.env.NODE_ENV": '"production"' },
  },
  logLevel: "warn",
  // What stays outside is loaded by `require`, of ES modules too: Node warns of an `import()` in code that it has not loaded itself.
  output: { format: "cjs", dynamicImportInCjs: false, minify: { compress: false, mangle: false } },
};
