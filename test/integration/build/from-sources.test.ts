import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { busybox, type Driver, executorFile, hasProgram, Place, sh, skipNote, whyNot } from "./support.ts";

// Knative's sources, run here as CI runs them: git first, then a container that works on what is there.

const dockerfile = `FROM ${busybox}\nCOPY list /list\n`;

let place: Place;
let daemon: ChildProcess | null = null;

beforeEach(async () => {
  place = await Place.create({ Dockerfile: dockerfile });
});
afterEach(async () => {
  daemon?.kill();
  daemon = null;
  await place.remove();
});

const build = (sources: string) => `apiVersion: build.knative.dev/v1alpha1
kind: Build
metadata: { name: image }
spec:
  sources:
${sources}
  steps:
    - { name: build, image: gcr.io/kaniko-project/executor, args: [--no-push] }
`;
const container = (command: string) =>
  `    - custom: { image: "${busybox}", command: [sh, -c], args: [${JSON.stringify(command)}], env: [{ name: WORD, value: curl }] }`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** Serves the context as a repository. @returns its address. */
async function serveContext(): Promise<string> {
  const [from, bare] = [place.path("context"), place.path("repository.git")];
  sh("git", "-C", from, "init", "--quiet");
  sh("git", "-C", from, "add", ".");
  sh("git", "-C", from, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "x");
  sh("git", "-C", from, "tag", "v1.2");
  sh("git", "clone", "--quiet", "--bare", from, bare);
  const port = await freePort();
  const args = ["daemon", `--base-path=${place.root}`, "--export-all", "--listen=127.0.0.1", `--port=${port}`];
  daemon = spawn("git", [...args, "--verbose"], { stdio: ["ignore", "ignore", "pipe"] });
  await new Promise(resolve => daemon?.stderr?.once("data", resolve));
  return `git://127.0.0.1:${port}/repository.git`;
}

async function from(driver: Driver, sources: string, ...more: string[]) {
  await writeFile(place.path("build.yaml"), build(sources));
  const executor = ["--driver", driver, "--executor", executorFile("fork")];
  return place.run(["from", "build.yaml", "--sources-to", "filled", ...executor, ...more]);
}

for (const driver of ["sandbox", "docker"] as const) {
  const reason = whyNot(driver) || (hasProgram("git") ? "" : "no git");
  describe.skipIf(reason)(`sources in ${driver}${skipNote(reason)}`, () => {
    test("fill the folder in their order, and the build takes it", async () => {
      const git = `    - git: { url: "${await serveContext()}", revision: v1.2 }`;
      const sources = [git, container("test -f Dockerfile && echo $WORD > /workspace/list")].join("\n");
      const { status, stderr } = await from(driver, sources);
      expect(stderr).toContain("built ");
      expect(status).toBe(0);
      // What has been run here is not told as something that only CI has.
      expect(stderr).not.toContain("--sources-to DIR");
      expect(await place.text("cat", "latest", "/list")).toBe("curl\n");
      expect(await readFile(place.path("filled/list"), "utf8")).toBe("curl\n");
      // Once more into the same folder is refused before anything runs.
      const again = await from(driver, sources);
      expect(again.status).toBe(2);
      expect(again.stderr).toContain("is not empty");
    });

    test("a checkout can stand for the git source, and is not written to", async () => {
      const git = `    - git: { url: "https://git.example.com/x.git" }`;
      const sources = [git, container("echo $WORD > /workspace/list")].join("\n");
      expect((await from(driver, sources, "--context", "context")).status).toBe(0);
      expect(existsSync(place.path("context/list"))).toBe(false);
    });

    test("a container that fails ends it, with what it printed", async () => {
      const { status, stderr } = await from(driver, container("echo no such luck; exit 3"));
      expect(status).toBe(4);
      expect(stderr).toContain("ended with exit status 3");
      expect(stderr).toContain("it printed: no such luck");
    });
  });
}

describe("sources that are refused before anything runs", () => {
  const missing = whyNot("sandbox");
  test.skipIf(missing).each([
    [`    - git: { url: "file:///etc" }`, "is no address of a repository"],
    [`    - git: { url: "ext::sh -c true" }`, "is no address of a repository"],
    [`    - git: { url: "--upload-pack=true" }`, "is no address of a repository"],
    [`    - git: { url: "https://git.example.com/x", revision: "--force" }`, "is no revision"],
    [`    - gcs: { location: "gs://bucket/x.tar.gz" }`, "cannot be fetched here"],
    [
      `    - custom: { image: a, command: [b], env: [{ name: TOKEN, valueFrom: { secretKeyRef: { name: s, key: k } } }] }`,
      "TOKEN",
    ],
  ])("%s", async (source, said) => {
    const { status, stderr } = await from("sandbox", source);
    expect(status).toBe(2);
    expect(stderr).toContain(said);
  });

  test.skipIf(missing)("a later source goes through no link of an earlier one", async () => {
    await mkdir(place.path("elsewhere"));
    await symlink(place.path("elsewhere"), place.path("context/out"));
    const sources = [
      `    - git: { url: "https://git.example.com/x" }`,
      `    - { targetPath: out, git: { url: "https://git.example.com/y" } }`,
    ].join("\n");
    const { status, stderr } = await from("sandbox", sources, "--context", "context");
    expect(status).toBe(5);
    expect(stderr).toContain("is no folder");
    expect(existsSync(place.path("elsewhere/.git"))).toBe(false);
  });
});
