// Builds dist/: declarations by tsc, code by esbuild in few files, as a command that loads a hundred modules is slow to
// start. All files lie flat in dist/, so that a worker is found beside whatever chunk starts it. Packages that are
// loaded only where they are used (dockerode) or that need their own files stay in node_modules.
// Called by `npm ci` (prepare) and `npm run build`.
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { tuiAliases, tuiPlugins } from "./bundle-tui.mjs";

const top = fileURLToPath(new URL("..", import.meta.url));

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
const { status } = spawnSync("tsc", ["-p", "scripts/tsconfig.build.json"], {
  cwd: top,
  stdio: "inherit",
  shell: process.platform === "win32",
});
if (status !== 0) process.exit(status ?? 1);

const options = {
  absWorkingDir: top,
  outdir: "dist",
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node22",
  jsx: "automatic",
  external: ["dockerode", "node"],
  alias: tuiAliases,
  plugins: tuiPlugins,
  define: { "process.env.NODE_ENV": '"production"', __filename: "filenameInBundle", __dirname: "dirnameInBundle" },
  // Some packages are CommonJS: they call require for Node's own modules and ask where they are.
  banner: {
    js: [
      'import { createRequire as createRequireOfBundle } from "node:module";',
      'import { dirname as dirnameOfBundle } from "node:path";',
      'import { fileURLToPath as pathOfBundle } from "node:url";',
      "const require = createRequireOfBundle(import.meta.url);",
      "const filenameInBundle = pathOfBundle(import.meta.url);",
      "const dirnameInBundle = dirnameOfBundle(filenameInBundle);",
    ].join("\n"),
  },
  logLevel: "warning",
};
await build({ ...options, entryPoints: { bin: "cli/bin.ts", index: "lib/index.ts" }, splitting: true });
// A thread starts a quarter sooner from one file than from fifteen.
await build({
  ...options,
  entryPoints: {
    "layer-worker": "lib/layer/layer-worker.ts",
    "content-worker": "lib/content/content-worker.ts",
    "context-worker": "lib/context/context-worker.ts",
    "digest-worker": "lib/layer/digest-worker.ts",
  },
  splitting: false,
});
chmodSync(new URL("../dist/bin.js", import.meta.url), 0o755);
