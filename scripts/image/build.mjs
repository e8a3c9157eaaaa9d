// Builds kaniko-lab's own image with kaniko-lab. Packs the package, installs it as npm would elsewhere (its dependencies
// come from your registry of packages), and builds scripts/image/Dockerfile on that. Arguments go to `kaniko-lab build`:
//
//     npm run build && node scripts/image/build.mjs --destination registry.example/kaniko-lab:1
//
// With KANIKO_LAB_PACKAGE=FILE a tarball that is there already is taken.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const top = fileURLToPath(new URL("../..", import.meta.url));
const context = mkdtempSync(join(tmpdir(), "kaniko-lab-image-"));
try {
  const tarball = process.env.KANIKO_LAB_PACKAGE ? resolve(process.env.KANIKO_LAB_PACKAGE) : pack();
  const folder = join(context, "package");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  // The image has a Node of its own: the one that npm would bring is not fetched (its scripts are not run).
  run(
    "npm",
    ["install", "--omit=dev", "--omit=peer", "--ignore-scripts", "--no-package-lock", "--prefer-offline", tarball],
    folder,
  );
  rmSync(join(folder, "node_modules/node"), { recursive: true, force: true });
  copyFileSync(join(top, "scripts/image/Dockerfile"), join(context, "Dockerfile"));
  const args = [join(top, "dist/bin.cjs"), "build", context, "--name", "kaniko-lab-image", ...process.argv.slice(2)];
  run(process.execPath, args, process.cwd());
} finally {
  rmSync(context, { recursive: true, force: true });
}

function pack() {
  run("npm", ["pack", "--ignore-scripts", "--pack-destination", context], top);
  return join(context, `kaniko-lab-${process.env.npm_package_version ?? version()}.tgz`);
}

function version() {
  const { stdout } = spawnSync(process.execPath, [join(top, "dist/bin.cjs"), "--version"], { encoding: "utf8" });
  return stdout.trim();
}

function run(command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) {
    rmSync(context, { recursive: true, force: true });
    process.exit(status ?? 1);
  }
}
