// Compiles cli/ and lib/ to dist/ and bundles the terminal UI. Called by `npm ci` (prepare) and `npm run build`.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const top = fileURLToPath(new URL("..", import.meta.url));
const run = (command, args) => {
  const { status } = spawnSync(command, args, { cwd: top, stdio: "inherit", shell: process.platform === "win32" });
  if (status !== 0) process.exit(status ?? 1);
};

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
run("tsc", ["-p", "scripts/tsconfig.build.json"]);
if (existsSync(new URL("bundle-tui.mjs", import.meta.url))) run("node", ["scripts/bundle-tui.mjs"]);
chmodSync(new URL("../dist/cli/bin.js", import.meta.url), 0o755);
