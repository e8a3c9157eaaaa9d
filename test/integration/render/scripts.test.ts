// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { program } from "../../support/built-program.ts";
import { busybox, executorFile, skipNote, whyNot } from "../build/support.ts";

// The scripts that `render` writes are run, with values that no shell may touch.

const missing = whyNot("docker");
const hostile = "a b\"c'd$HOME `id` $(id) \\ ${x} # ! * ~\n  second line ";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kaniko-lab-render-"));
  await writeFile(join(folder, "Dockerfile"), "FROM scratch\nARG X\nCOPY Dockerfile /\n");
});
afterAll(() => {
  // The executor's files are root's: the engine removes them.
  spawnSync("docker", ["run", "--rm", "-v", `${folder}:/folder`, busybox, "sh", "-c", "rm -rf /folder/*"]);
  return rm(folder, { recursive: true, force: true });
});

function render(format: string, file: string, ...more: string[]): void {
  const words = [
    "render",
    folder,
    "--as",
    format,
    "--cache",
    "off",
    "--label",
    `hostile=${hostile}`,
    "-o",
    file,
    ...more,
  ];
  execFileSync(process.execPath, [program, ...words], { stdio: "pipe" });
}

/** The labels of the image of a layout. */
function labelsOf(layout: string): Readonly<Record<string, string>> {
  const blob = (digest: string) =>
    JSON.parse(readFileSync(join(layout, "blobs/sha256", digest.replace("sha256:", "")), "utf8"));
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8"));
  return blob(blob(index.manifests[0].digest).config.digest).config.Labels;
}

describe.skipIf(missing)(`scripts${skipNote(missing)}`, () => {
  /** An image of the executor that was built here. */
  const image = "kaniko-lab-render-test";
  beforeAll(() => {
    // As in Kaniko's own images.
    const changes = ["--change", 'ENTRYPOINT ["/kaniko/executor"]', "--change", "ENV USER=root HOME=/root"];
    const made = spawnSync("docker", ["import", ...changes, "-", `${image}:plain`], {
      input: spawnSync(
        "tar",
        ["-C", join(executorFile("fork"), ".."), "--transform", "s,^,kaniko/,", "-c", "executor"],
        {
          maxBuffer: 1 << 28,
        },
      ).stdout,
    });
    expect(made.status, String(made.stderr)).toBe(0);
  });
  afterAll(() => {
    spawnSync("docker", ["rmi", `${image}:plain`]);
  });

  test("docker run", () => {
    const script = join(folder, "docker.sh");
    const output = join(folder, "of docker");
    render("docker", script, "--executor", `${image}:plain`);
    const { status, stderr } = spawnSync(script, [folder, output], { encoding: "utf8" });
    expect(status, stderr).toBe(0);
    expect(labelsOf(join(output, "image"))).toEqual({ hostile });
  });

  test("the executor itself, in a container with a shell", () => {
    const script = join(folder, "shell.sh");
    const output = join(folder, "of-shell");
    render("shell", script);
    const mounts = [`${executorFile("fork")}:/kaniko/executor:ro`, `${folder}:/workspace:ro`, `${output}:/output`];
    const words = [...mounts.flatMap(mount => ["-v", mount]), "-w", "/workspace", busybox, "sh", "/workspace/shell.sh"];
    const { status, stderr } = spawnSync("docker", ["run", "--rm", ...words], { encoding: "utf8" });
    expect(status, stderr).toBe(0);
    expect(labelsOf(join(output, "image"))).toEqual({ hostile });
  });

  test("a context by standard input", () => {
    const script = join(folder, "stdin.sh");
    const output = join(folder, "of-stdin");
    render("docker", script, "--executor", `${image}:plain`, "--context-from", "stdin");
    const input = spawnSync("tar", ["-C", folder, "-cz", "Dockerfile"]).stdout;
    const { status, stderr } = spawnSync(script, [output], { input, encoding: "utf8" });
    expect(status, stderr).toBe(0);
    expect(labelsOf(join(output, "image"))).toEqual({ hostile });
  });

  test("a secret that is not set ends the script before anything runs", () => {
    const script = join(folder, "secret.sh");
    render("docker", script, "--executor", `${image}:plain`, "--build-arg", "MY_TOKEN=x");
    const { status, stderr } = spawnSync(script, [folder], { encoding: "utf8", env: { PATH: process.env.PATH } });
    expect(status).not.toBe(0);
    expect(stderr).toContain("MY_TOKEN: has to be set");
  });
});
