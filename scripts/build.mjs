// Builds dist/: declarations by tsc, code by rolldown in few files, as a command that loads a hundred modules is slow to
// start. All files lie flat in dist/, so that a worker is found beside whatever chunk starts it. Packages that are
// loaded only where they are used (dockerode) or that need their own files stay in node_modules.
// Called by `npm ci` (prepare) and `npm run build`.
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { bundleOptions } from "./bundle-options.mjs";
import { bundlePage } from "./bundle-page.mjs";

const top = fileURLToPath(new URL("..", import.meta.url));

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
const { status } = spawnSync("tsc", ["-p", "scripts/tsconfig.build.json"], {
  cwd: top,
  stdio: "inherit",
  shell: process.platform === "win32",
});
if (status !== 0) process.exit(status ?? 1);

const modules = (folder, names) => new RegExp(`/${folder}/(${names.join("|")})\\.ts$`.replaceAll("/", "[\\\\/]"));
const output = { ...bundleOptions.output, dir: "dist", entryFileNames: "[name].js" };

await build({
  ...bundleOptions,
  input: { bin: "cli/bin.ts", index: "lib/index.ts" },
  output: {
    ...output,
    chunkFileNames: "[name]-[hash].js",
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
const page = await bundlePage();
writeFileSync(new URL("../dist/report-page.js", import.meta.url), page.script);
writeFileSync(new URL("../dist/report-page.css", import.meta.url), page.style);
chmodSync(new URL("../dist/bin.js", import.meta.url), 0o755);
