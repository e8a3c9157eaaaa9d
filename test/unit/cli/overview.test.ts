import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nextLines } from "../../../cli/display/next-lines.ts";
import type { BuildRecord } from "../../../lib/model/build.ts";
import { program } from "../../support/built-program.ts";

// What a new user sees who types the program's name and nothing else, in a pipe: where there is no engine, no network.

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "kaniko-lab-overview-"));
});
afterAll(() => rm(root, { recursive: true }));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(cwd: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: {
      PATH: process.env.PATH,
      HOME: join(root, "home"),
      DOCKER_HOST: "tcp://127.0.0.1:1",
      KANIKO_LAB_EXECUTOR: "127.0.0.1:1/executor:none",
      ...env,
    },
  });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", chunk => {
      text[name] += chunk;
    });
  return new Promise(resolve => child.on("close", status => resolve({ status, ...text })));
}

async function folder(name: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = join(root, name);
  await mkdir(path, { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    await mkdir(join(path, file, ".."), { recursive: true });
    await writeFile(join(path, file), text);
  }
  return path;
}

describe("without a command", () => {
  test("an empty folder: what is missing, and the sample", async () => {
    const empty = await folder("empty");
    const { status, stdout, stderr } = await run(empty);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("\nthis folder  no Dockerfile\n");
    expect(stdout).not.toContain("; tried ");
    expect(stdout).toContain(`\nbuilds       none yet in ${join(root, "home/.cache/kaniko-lab")}\n`);
    expect(stdout).toContain("\nexecutor     not to be had: cannot reach the registry 127.0.0.1:1: ");
    expect(stdout).toMatch(/\n {2}kaniko-lab doctor .*\n {2}kaniko-lab start {3}play the recording of a real build/);
    expect(existsSync(join(empty, ".cache"))).toBe(false);
  });

  test("a folder with a Dockerfile, contexts below and CI files", async () => {
    const project = await folder("project", {
      Dockerfile: "FROM base:1 AS one\nRUN a\nFROM one\nFROM other:2\nCOPY --from=one /a /a\n",
      "api/Dockerfile": "FROM x",
      "odd name/Dockerfile": "FROM x",
      "docs/readme": "",
      "lib/dockerfile/parse.ts": "",
      ".gitlab-ci.yml": "build: { script: [/kaniko/executor] }",
      ".github/workflows/test.yml": "jobs: {}",
    });
    const { stdout } = await run(project);
    expect(stdout).toContain(
      "\nthis folder  Dockerfile (5 steps, from base:1, other:2); more in api, odd name; Kaniko in .gitlab-ci.yml\n",
    );
    expect(stdout).toMatch(/\n {2}kaniko-lab render \. --as pod +the build for a cluster/);
    expect(stdout).not.toMatch(/kaniko-lab (?:build|predict|from)/);
  });

  test("a base is named by the defaults of its ARGs, where they have some", async () => {
    const filled = await folder("filled", { Dockerfile: "ARG TAG=1\nFROM base:$TAG AS one\nFROM scratch\n" });
    expect((await run(filled)).stdout).toContain("Dockerfile (2 steps, from base:1, scratch)\n");
    const open = await folder("open", { Dockerfile: "ARG BASE\nFROM $BASE AS one\nFROM one\n" });
    expect((await run(open)).stdout).toContain("Dockerfile (2 steps, from $BASE)\n");
  });

  test("a Dockerfile with a mistake says which", async () => {
    const broken = await folder("broken", { Dockerfile: "FROM a\nRUNN b\n" });
    const { stdout } = await run(broken);
    expect(stdout).toMatch(/\nthis folder {2}Dockerfile, but .*RUNN/);
    expect(stdout).not.toContain("kaniko-lab build");
  });

  test("CI, --json: the same as one document", async () => {
    const { status, stdout } = await run(await folder("empty"), ["--json"], { CI: "true" });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      schemaVersion: 1,
      builds: 0,
      latest: null,
      executor: { works: false },
      next: [
        { line: "kaniko-lab doctor" },
        { line: "kaniko-lab start" },
        { line: "kaniko-lab lesson" },
        { line: "kaniko-lab --help" },
      ],
    });
  });

  test("started by npm, the lines are such that npm finds the program", async () => {
    const { stdout } = await run(await folder("empty"), [], {
      npm_lifecycle_event: "npx",
      npm_lifecycle_script: "'kaniko-lab'",
    });
    expect(stdout).toMatch(/\n {2}npm exec kaniko-lab -- start +play/);
    expect(stdout).not.toMatch(/^ {2}kaniko-lab/m);
    const { stdout: within } = await run(await folder("empty"), [], { npm_lifecycle_event: "test" });
    expect(within).toMatch(/\n {2}kaniko-lab start +play/);
  });

  test("an empty HOME is no reason to write into the folder", async () => {
    const empty = await folder("empty");
    const { status, stdout } = await run(empty, [], { HOME: "" });
    expect(status).toBe(0);
    expect(stdout).toMatch(/\nbuilds {7}(?:none yet in |\d+, )/);
    expect(stdout).not.toContain("none yet in .cache");
    expect(existsSync(join(empty, ".cache"))).toBe(false);
  });

  test("help COMMAND is COMMAND --help", async () => {
    expect((await run(root, ["help", "steps"])).stdout).toContain("kaniko-lab steps [target]\n");
    expect((await run(root, ["help"])).stdout).toContain("kaniko-lab <command> [options]\n");
  });
});

test("doctor: each thing that is missing with what mends it, and what can be done all the same", async () => {
  const { status, stdout } = await run(await folder("empty"), ["doctor"]);
  expect(status).toBe(1);
  expect(stdout).toMatch(/\nno {3}docker .*\n +→ .*unset DOCKER_HOST/);
  expect(stdout).toMatch(/\nno {3}executor .*\n +→ .*--executor FILE/);
  expect(stdout).toMatch(/\nwhat needs none: kaniko-lab start /);
});

test("the executor of a file is there when the file is", async () => {
  const { stdout } = await run(await folder("empty"), ["doctor"], { KANIKO_LAB_EXECUTOR: program });
  expect(stdout).toMatch(/\nok {3}executor .*bin\.cjs\n/);
});

describe("the next line", () => {
  const works = { name: "docker", works: true, detail: "", hint: "" };
  const noFolder = { folder: "/", dockerfile: null, contexts: [], ciFiles: [] };
  const here = { folder: noFolder, builds: [], driver: works, executor: works, hasScreen: false };
  const dockerfile = { name: "Dockerfile", steps: 1, bases: [], problem: null };
  const lines = (more: object) => nextLines({ ...here, ...more }).map(({ line }) => line);

  test("where everything works, a Dockerfile is built", () => {
    expect(lines({ folder: { ...noFolder, dockerfile } })).toEqual([
      "kaniko-lab build .",
      "kaniko-lab predict .",
      "kaniko-lab start",
      "kaniko-lab lesson",
      "kaniko-lab --help",
    ]);
  });

  test("CI files: built here where that works, else written down for elsewhere", () => {
    const ciFolder = { ...noFolder, ciFiles: ["a kaniko.yml"] };
    expect(lines({ folder: ciFolder })[0]).toBe("kaniko-lab from 'a kaniko.yml'");
    expect(lines({ folder: ciFolder, executor: { ...works, works: false } }).slice(0, 2)).toEqual([
      "kaniko-lab doctor",
      "kaniko-lab render 'a kaniko.yml' --as pod",
    ]);
  });

  test("a context below; its name is one word for a shell, and no option", () => {
    expect(lines({ folder: { ...noFolder, contexts: ["a b"] } })[0]).toBe("kaniko-lab build 'a b'");
    expect(lines({ folder: { ...noFolder, contexts: ["-rf", "b"] } }).slice(0, 2)).toEqual([
      "kaniko-lab build ./-rf",
      "kaniko-lab build --all .",
    ]);
    expect(lines({ folder: { ...noFolder, contexts: ["a\u001b[2J"] } })[0]).toBe("kaniko-lab build 'a\\x1b[2J'");
  });

  test("with builds: what to look at", () => {
    const build = { steps: [{ status: "executed" }] } as unknown as BuildRecord;
    expect(lines({ builds: [build, build], hasScreen: true })).toEqual([
      "kaniko-lab tui",
      "kaniko-lab steps",
      "kaniko-lab diff",
      "kaniko-lab explain",
      "kaniko-lab --help",
    ]);
    const empty = { steps: [{ status: "skipped" }] } as unknown as BuildRecord;
    expect(lines({ builds: [empty], driver: null })).toEqual([
      "kaniko-lab doctor",
      "kaniko-lab start",
      "kaniko-lab lesson",
      "kaniko-lab --help",
    ]);
  });
});
