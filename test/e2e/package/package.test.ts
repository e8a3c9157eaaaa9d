import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anyDriver, busybox, executorFile, missing, skipNote } from "../../integration/build/support.ts";
import { type PackedPackage, packPackage, runProgram, top } from "../../support/packed-package.ts";

// The package as it is published, used by another project: its exports, their types, the examples.

const bin = (name: string) => join(top, "node_modules/.bin", name);
let packed: PackedPackage;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  packed = await packPackage();
  // What vitest tells its own tests would reach the one that is started here.
  const own = Object.entries(process.env).filter(([name]) => !/^(?:VITEST|NODE_ENV|TEST$)/.test(name));
  env = { ...Object.fromEntries(own), NO_COLOR: "1", KANIKO_LAB_CACHE: join(packed.consumer, "kept") };
  await cp(join(top, "scripts/examples"), packed.consumer, { recursive: true });
  const recording = join(packed.consumer, "node_modules/kaniko-lab/workspace/greeter.klab");
  const program = [process.execPath, join(packed.consumer, "node_modules/kaniko-lab/dist/bin.cjs")] as const;
  const imported = await runProgram([...program, "import", recording], { cwd: packed.consumer, env });
  expect(imported).toMatchObject({ status: 0, stderr: "" });
});
afterAll(() => packed?.remove());

const home = () => join(packed.consumer, "home");

/** As a user has it who has set nothing. */
function plainly(command: readonly [string, ...string[]], cwd = packed.consumer) {
  return runProgram(command, { cwd, env: { PATH: process.env.PATH, HOME: home(), NO_COLOR: "1" } });
}

function example(...args: [string, ...string[]]) {
  return runProgram([process.execPath, ...args], { cwd: packed.consumer, env });
}

describe("types", () => {
  test("the examples are right by them, all checks on", async () => {
    const options = ["--strict", "--exactOptionalPropertyTypes", "false", "--skipLibCheck", "false"];
    const checked = await runProgram([bin("tsc"), "-p", ".", ...options], { cwd: packed.consumer, env });
    expect(checked).toMatchObject({ status: 0, stdout: "" });
  });

  test("they need no types of other packages, not even Node's", async () => {
    const text = [
      'import { build, diffSnapshots, explainMiss, openImage, type StepView } from "kaniko-lab";',
      'import { matchers } from "kaniko-lab/vitest";',
      "export const names: readonly string[] = Object.keys(matchers);",
      "export const all = [build, diffSnapshots, explainMiss, openImage];",
      "export const added = (step: StepView): readonly string[] => step.added;",
    ].join("\n");
    await writeFile(join(packed.consumer, "alone.ts"), text);
    const flags = ["--module", "nodenext", "--target", "es2022", "--strict", "--noEmit", "--types", ""];
    const checked = await runProgram([bin("tsc"), ...flags, "--ignoreConfig", "alone.ts"], {
      cwd: packed.consumer,
      env,
    });
    // vitest's own declarations want those of Node: only ours count here.
    expect(checked.stdout.split("\n").filter(line => /^(?:alone|node_modules\/kaniko-lab)/.test(line))).toEqual([]);
  });

  test("a wrong use is refused", async () => {
    const text = [
      'import { openImage } from "kaniko-lab";',
      'import "kaniko-lab/vitest";',
      'import { expect } from "vitest";',
      'const step = await (await openImage("latest")).step(1);',
      "expect(step).toAddOnly(1);",
      'expect(step).toHaveFile("/a", { mode: "755" });',
      "step.added.push();",
    ].join("\n");
    await writeFile(join(packed.consumer, "wrong.ts"), text);
    const flags = ["--module", "nodenext", "--target", "es2022", "--strict", "--noEmit", "--types", "node"];
    const checked = await runProgram([bin("tsc"), ...flags, "--ignoreConfig", "wrong.ts"], {
      cwd: packed.consumer,
      env,
    });
    const lines = checked.stdout.split("\n").flatMap(line => /^wrong\.ts\((\d+),/.exec(line)?.[1] ?? []);
    expect(lines).toEqual(["5", "6", "7"]);
  });

  test("every file that package.json names is in the package", async () => {
    const own = JSON.parse(await readFile(join(top, "package.json"), "utf8"));
    const targets = Object.values(own.exports).flatMap(one =>
      typeof one === "string" ? [one] : Object.values(one as object),
    );
    const named = [...targets, ...Object.values(own.bin)].map(path => String(path).replace(/^\.\//, ""));
    const files = packed.files.map(({ path }) => path);
    expect(named.filter(path => !files.includes(path))).toEqual([]);
  });
});

test("the image starts the program that package.json names", async () => {
  const { bin: programs } = JSON.parse(await readFile(join(top, "package.json"), "utf8"));
  for (const file of ["Dockerfile", "build.mjs"])
    expect(await readFile(join(top, "scripts/image", file), "utf8")).toContain(programs["kaniko-lab"]);
});

describe("examples", () => {
  test("what-came", async () => {
    const { status, stdout } = await example("what-came.ts", "latest", "RUN sort");
    expect(status).toBe(0);
    expect(stdout).toContain("1 added, 0 modified, 1 deleted\n");
    expect(stdout).toMatch(/^\+ \/src\/sorted\.txt \d+ bytes$/m);
  });

  test("compare-builds", async () => {
    const { status, stdout } = await example("compare-builds.ts");
    expect(status).toBe(0);
    expect(stdout).toContain("M /usr/bin/greet content time\n");
  });

  test("why-missed", async () => {
    const { status, stdout } = await example("why-missed.ts");
    expect(status).toBe(1);
    expect(stdout).toMatch(/^line 7: COPY words\.txt \.\n {2}missed: words\.txt /m);
  });

  test("image.test", async () => {
    const { status, stdout } = await runProgram([bin("vitest"), "run", "image.test.ts"], { cwd: packed.consumer, env });
    expect(stdout).toMatch(/Tests +4 passed/);
    expect(status).toBe(0);
  });

  test("build-and-look says what is wrong", async () => {
    const { status, stderr } = await example("build-and-look.ts", "nowhere", process.execPath);
    expect(stderr).toMatch(/^(?:context-not-found|dockerfile-not-found): /);
    expect(status).toBe(2);
  });

  test.skipIf(missing !== "")(`build-and-look${skipNote(missing)}`, async () => {
    const greeter = join(packed.consumer, "node_modules/kaniko-lab/workspace/greeter");
    const args = ["build-and-look.ts", greeter, executorFile("fork"), anyDriver] as const;
    const { status, stdout, stderr } = await runProgram([process.execPath, ...args], {
      cwd: packed.consumer,
      env: { ...env, BASE: busybox },
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^13 \w+ \d.* ms RUN rm \/root\/token$/m);
    expect(stdout).toMatch(/^\d+ paths, \d+ bytes$/m);
  });
});

describe("the program", () => {
  const own = (...args: string[]) =>
    plainly([process.execPath, join(packed.consumer, "node_modules/kaniko-lab/dist/bin.cjs"), ...args]);

  test("finds the user's cache folder where nothing names one", async () => {
    const { status, stderr } = await own("builds");
    expect(stderr).toContain(`no builds in ${join(home(), ".cache/kaniko-lab")}`);
    expect(status).toBe(1);
  });

  test("plays the sample's recording from the package", async () => {
    const { status, stdout } = await own(
      "import",
      join(packed.consumer, "node_modules/kaniko-lab/workspace/greeter.klab"),
    );
    expect(status).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(2);
    expect((await own("steps")).stdout).toContain("RUN rm /root/token");
  });

  test("loads the packages beside it without a word of Node's own", async () => {
    const { stdout, stderr } = await runProgram(
      [process.execPath, join(packed.consumer, "node_modules/kaniko-lab/dist/bin.cjs"), "doctor", "--json"],
      { cwd: packed.consumer, env: { ...env, DOCKER_HOST: "tcp://127.0.0.1:1" } },
    );
    expect(stdout).toContain("127.0.0.1:1");
    expect(stderr).toBe("");
  });

  test("holds what is needed and no more", () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(["README.md", "LICENSE", "dist/kaniko-lab.1", "workspace/greeter.klab"]),
    );
    expect(paths.filter(path => /^(?:test|cli|lib|node_modules|scripts\/pictures)\/|\.svg$/.test(path))).toEqual([]);
    expect(packed.sizeBytes).toBeLessThan(2_000_000);
  });
});

describe("installed by npm", () => {
  /** Where there is neither a registry nor what npm keeps of it, nothing can be installed. */
  async function install(skip: (why: string) => void, ...args: string[]): Promise<void> {
    const npm = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=peer", ...args];
    const { status, stderr } = await plainlyWithCache(["npm", ...npm]);
    if (status !== 0 && /ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH/.test(stderr))
      skip("no registry of packages");
    expect({ status, stderr }).toMatchObject({ status: 0 });
  }

  /** npm's own settings count: they say where packages come from. */
  function plainlyWithCache(command: readonly [string, ...string[]]) {
    return runProgram(command, { cwd: packed.consumer, env });
  }

  test("for all: program, manual page", { timeout: 300_000 }, async ({ skip }) => {
    const prefix = join(packed.consumer, "global");
    await install(skip, "--global", "--prefix", prefix, packed.file);
    for (const name of ["kaniko-lab", "klab"])
      expect(await plainly([join(prefix, "bin", name), "--version"])).toMatchObject({ status: 0, stderr: "" });
    expect(await readFile(join(prefix, "share/man/man1/kaniko-lab.1"), "utf8")).toContain("kaniko\\-lab build");
    const { status, stdout } = await plainly([join(prefix, "bin/kaniko-lab"), "doctor", "--json"]);
    expect([0, 1]).toContain(status);
    expect(JSON.parse(stdout).checks.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(["node", "cache", "docker", "sandbox", "kubernetes", "executor", "screen"]),
    );
  });
});
