// Builds dist/: declarations by tsc, code by rolldown in few files, as a command that loads a hundred modules is slow to
// start. All files lie flat in dist/, so that a worker is found beside whatever chunk starts it. Packages that are
// loaded only where they are used (dockerode) or that need their own files stay in node_modules.
// Called by `npm ci` (prepare) and `npm run build`.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { bundleOptions } from "./bundle-options.mjs";
import { bundlePage } from "./bundle-page.mjs";
import { manPage } from "./man.mjs";

const top = fileURLToPath(new URL("..", import.meta.url));

const types = `${top}dist/types/lib`;

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
const { status } = spawnSync("tsc", ["-p", "scripts/tsconfig.build.json"], {
  cwd: top,
  stdio: "inherit",
  shell: process.platform === "win32",
});
if (status !== 0) process.exit(status ?? 1);
keepReachedTypes([`${types}/index.d.ts`, `${types}/vitest/index.d.ts`]);

const modules = (folder, names) => new RegExp(`/${folder}/(${names.join("|")})\\.ts$`.replaceAll("/", "[\\\\/]"));
const output = { ...bundleOptions.output, dir: "dist", entryFileNames: "[name].cjs" };

const { output: files } = await build({
  ...bundleOptions,
  input: { main: "cli/main.ts", index: "lib/index.ts" },
  output: {
    ...output,
    chunkFileNames: "[name]-[hash].cjs",
    codeSplitting: {
      // Modules with all that they import. Left to itself the bundler makes a file for each set of commands that share
      // a module: a listing then loads fifty files, and the time goes into finding and opening them.
      groups: [
        {
          name: "lab",
          test: modules("lib", [
            "lab/open-lab",
            "snapshot/part-of-layers",
            "store/(build-store|cache-folder)",
            "image/platform",
            "compare/layer-sharing",
            "build/settle-abandoned",
            "dockerfile/(go-text|suggest)",
          ]),
          priority: 2,
        },
        { name: "images", test: modules("lib/image", ["open-image", "layout-image"]), priority: 1 },
        { name: "listing", test: modules("cli", ["main", "commands/(builds|steps|layers|ls|tree)"]), priority: 1 },
      ],
    },
  },
});
// A thread starts a quarter sooner from one file than from fifteen.
for (const worker of [
  "layer/layer-worker",
  "layer/digest-worker",
  "content/content-worker",
  "context/context-worker",
]) {
  await build({
    ...bundleOptions,
    input: { [basename(worker)]: `lib/${worker}.ts` },
    output: { ...output, codeSplitting: false },
  });
}
const textHash = createHash("sha256");
for (const { code } of files) textHash.update(code);
await build({
  ...bundleOptions,
  input: { bin: "cli/launch/launch.ts" },
  transform: {
    ...bundleOptions.transform,
    define: { "process.env.KANIKO_LAB_BUILD": `"${textHash.digest("hex").slice(0, 16)}"` },
  },
  output: { ...output, banner: "#!/usr/bin/env node", codeSplitting: false },
});
chmodSync(new URL("../dist/bin.cjs", import.meta.url), 0o755);
// The library as an ES module: CommonJS knows no names of its own, so they are told.
const { exports } = files.find(({ name }) => name === "index");
writeFileSync("dist/index.js", `export { ${exports.join(", ")} } from "./index.cjs";\n`);
// vitest itself can only be imported.
await build({
  ...bundleOptions,
  input: { vitest: "lib/vitest/index.ts" },
  output: { format: "esm", dir: "dist", entryFileNames: "[name].js", codeSplitting: false },
});
const page = await bundlePage();
writeFileSync("dist/report-page.js", page.script);
writeFileSync("dist/report-page.css", page.style);
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
writeFileSync("dist/kaniko-lab.1", await manPage(version));

/** tsc writes declarations of everything; two thirds of them nothing refers to that the package exports. */
function keepReachedTypes(entries) {
  const reached = new Set();
  const visit = file => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const [, path] of readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g))
      visit(resolve(dirname(file), path.replace(/\.[jt]sx?$/, ".d.ts")));
  };
  for (const file of entries) visit(resolve(file));
  for (const name of readdirSync(types, { recursive: true })) {
    const file = resolve(types, name);
    if (file.endsWith(".d.ts") && !reached.has(file)) rmSync(file);
  }
}
