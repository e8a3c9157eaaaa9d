import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { noSecondEngine, SecondEngine } from "../docker-driver/second-engine.ts";
import {
  answersWithLogin,
  buildArgs,
  busybox,
  type Ended,
  ended,
  executorFile,
  lockedRegistry,
  missing,
  Place,
  registry,
  skipNote,
  whyNot,
  written,
} from "./support.ts";

let place: Place;
beforeEach(async () => {
  place = await Place.create({ Dockerfile: `FROM ${busybox} AS base\nRUN echo one\n` });
});
afterEach(() => place.remove());

/** Runs the same twice, for people and for programs, and checks that both say the same. */
async function refusal(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended & { error: ErrorDocument }> {
  const text = await place.run(args, { env });
  const json = await place.run([...args, "--json"], { env });
  expect(json.status).toBe(text.status);
  const lines = json.stderr.trim().split("\n");
  const { schemaVersion, error } = JSON.parse(lines.at(-1) as string);
  expect(schemaVersion).toBe(1);
  expect(text.stderr).toContain(`error: ${error.message}\n`);
  if (error.hint) expect(text.stderr).toContain(`hint: ${error.hint}\n`);
  expect(text.stderr + json.stderr).not.toContain("\n    at ");
  expect(await place.halfWritten()).toEqual([]);
  return { ...text, error };
}

interface ErrorDocument {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

describe.skipIf(missing)(`what keeps a build from starting${skipNote(missing)}`, () => {
  afterEach(async () => {
    // Nothing of it is kept.
    expect((await place.run(["builds"])).status).toBe(1);
  });

  test("no such context", async () => {
    expect(await refusal(["build", "nowhere"])).toMatchObject({
      status: 2,
      error: { code: "context-not-found", message: `there is no folder ${place.path("nowhere")}` },
    });
  });

  test("no such Dockerfile", async () => {
    expect(await refusal([...buildArgs(), "--dockerfile", "Other"])).toMatchObject({
      status: 2,
      error: {
        code: "dockerfile-not-found",
        message: `there is no Other in ${place.path("context")}`,
        hint: "name another one with --dockerfile FILE (or DOCKER_FILE_NAME); there are: Dockerfile",
      },
    });
  });

  test("a syntax error, with file and line", async () => {
    await place.write({ Dockerfile: `FROM ${busybox}\n\nRUNN echo\n` });
    const { status, error } = await refusal(buildArgs());
    expect(status).toBe(2);
    expect(error).toMatchObject({ code: "dockerfile-syntax", hint: expect.any(String) });
    const file = place.path("context/Dockerfile");
    expect(error.message).toBe(
      `${file}: dockerfile parse error on line 3: unknown instruction: RUNN (did you mean RUN?)`,
    );
  });

  test("an unknown stage", async () => {
    expect(await refusal([...buildArgs(), "--target", "bse"])).toMatchObject({
      status: 2,
      error: {
        code: "unknown-stage",
        message: expect.stringContaining(`"bse"`),
        hint: expect.stringContaining("base"),
      },
    });
  });

  test("no executor at a path", async () => {
    expect(await refusal(["build", "context", "--executor", "./nothing"])).toMatchObject({
      status: 3,
      error: { code: "executor-unavailable", message: `there is no executor at ${place.path("nothing")}` },
    });
  });

  test("no engine where DOCKER_HOST says", async () => {
    const env = { DOCKER_HOST: `unix://${place.path("no.sock")}` };
    expect(await refusal(["build", "context", "--driver", "docker"], env)).toMatchObject({
      status: 3,
      error: {
        code: "engine-unavailable",
        message: `no container engine answers; tried ${place.path("no.sock")} (DOCKER_HOST): not there`,
        hint: expect.stringContaining("--driver sandbox"),
      },
    });
  });

  test("a mistake in kaniko-lab.yaml, with line and column", async () => {
    await place.write({ "kaniko-lab.yaml": "target: base\nbuildArg:\n  A: 1\n" });
    expect(await refusal(buildArgs())).toMatchObject({
      status: 2,
      error: {
        code: "config-invalid",
        message: `${place.path("context/kaniko-lab.yaml")}:2:1: unknown key buildArg (did you mean buildArgs?)`,
        hint: expect.stringContaining("buildArgs"),
      },
    });
  });

  test("a secret, a build argument, credentials that are not there", async () => {
    expect(await refusal([...buildArgs(), "--secret", "id=a,src=nothing"])).toMatchObject({ status: 2 });
    expect(await refusal([...buildArgs(), "--secret", "src=nothing"])).toMatchObject({ status: 2 });
    expect(await refusal([...buildArgs(), "--build-arg", "NOT_SET_ANYWHERE"])).toMatchObject({ status: 2 });
    expect(await refusal([...buildArgs(), "--docker-config", "nothing"])).toMatchObject({ status: 2 });
    expect(await refusal([...buildArgs(), "--cache", "word"])).toMatchObject({ status: 2 });
  });
});

const locked = (await answersWithLogin(lockedRegistry)) ? "" : `no registry with a password at ${lockedRegistry}`;

describe.skipIf(missing)(`what makes a build fail${skipNote(missing)}`, () => {
  async function failing(dockerfile: string, ...more: string[]): Promise<Awaited<ReturnType<typeof refusal>>> {
    await place.write({ Dockerfile: dockerfile });
    const result = await refusal([...buildArgs(), ...more]);
    expect(result.status).toBe(4);
    expect(result.error.code).toBe("build-failed");
    const { builds } = await place.json("builds");
    for (const build of builds)
      expect(build).toMatchObject({ status: "failed", failure: { message: result.error.message } });
    return result;
  }

  test("a RUN that fails: line, exit code, last output; the steps before are kept", async () => {
    // Kaniko puts layers into its cache beside the build: the RUN fails only when the one before is there.
    const { stderr, error } = await failing(
      `FROM ${busybox}\nRUN echo kept > /kept\nRUN echo almost there; \\\n  until grep -q sha256 /cache/*/index.json; do sleep 0.1; done; exit 7\n`,
    );
    expect(error.message).toBe("the command ended with exit status 7");
    expect(stderr).toContain("in step 3 (Dockerfile lines 3-4): RUN echo almost there;");
    expect(stderr).toContain("\n  exit code 7\n");
    expect(stderr).toMatch(/its last output:\n {3}\| almost there\n/);
    const { steps } = await place.json("steps");
    expect(steps.map((step: { status: string }) => step.status)).toEqual([expect.anything(), "cached", "failed"]);
    const later = await place.run(["steps"]);
    expect(later.status).toBe(0);
    expect(later.stderr).toMatch(
      /^error: the command ended with exit status 7\n {2}in step 3 \(Dockerfile lines 3-4\)/m,
    );
    expect(await place.text("cat", "latest", "/kept")).toBe("kept\n");
  });

  test("a RUN that fails at once, while Kaniko still writes the layer before into its cache", async () => {
    const { error } = await failing(`FROM ${busybox}\nRUN head -c 3000000 /dev/urandom > /kept\nRUN exit 7\n`);
    expect(error.message).toBe("the command ended with exit status 7");
  });

  test("a COPY of what is not there", async () => {
    const { error } = await failing(`FROM ${busybox}\nCOPY nothing /\n`);
    expect(error.message).toContain("nothing");
    expect(error.hint).toContain(".dockerignore");
  });

  test("a registry that does not answer", async () => {
    const port = await closedPort();
    const { error } = await failing(`FROM 127.0.0.1:${port}/x/y:1\nRUN true\n`);
    expect(error.message).toContain("connection refused");
    expect(error.message).not.toContain("0 attempts");
    expect(error.hint).toContain("the registry does not answer");
  });

  test("an image that the registry does not have", async () => {
    const { error } = await failing(`FROM ${registry}/no/such:1\nRUN true\n`);
    expect(error.message).toContain("MANIFEST_UNKNOWN");
    expect(error.hint).toContain("there is no such image");
  });

  describe.skipIf(locked)(`a registry with a password${skipNote(locked)}`, () => {
    const config = (login: string) =>
      JSON.stringify({ auths: { [lockedRegistry]: { auth: Buffer.from(login).toString("base64") } } });

    test("no credentials, wrong ones; the password is nowhere to be seen", async () => {
      const dockerfile = `FROM ${lockedRegistry}/base/busybox:1\nRUN true\n`;
      expect((await failing(dockerfile)).error).toMatchObject({
        message: expect.stringContaining("UNAUTHORIZED"),
        hint: expect.stringContaining("--docker-config FILE"),
      });
      await writeFile(place.path("config.json"), config("lab:wrong-password"));
      const { error, stdout, stderr } = await failing(dockerfile, "--docker-config", place.path("config.json"));
      expect(error.hint).toContain("--docker-config FILE");
      expect(stdout + stderr).not.toContain("wrong-password");
    });

    test("a push that is refused", async () => {
      const { error } = await failing(
        `FROM ${busybox}\nRUN true\n`,
        "--destination",
        `${lockedRegistry}/lab/refused:1`,
      );
      expect(error.hint).toContain("--docker-config FILE");
    });
  });

  test("a flag that this executor does not know", async () => {
    const { status, stderr } = await place.run([...buildArgs(), "--", "--no-such-flag"]);
    expect(status).toBe(4);
    expect(stderr).toContain("error: unknown flag: --no-such-flag\n");
    expect(stderr).toContain("hint: this executor does not know that flag");
  });
});

const noEngine = whyNot("docker") || noSecondEngine || "";
describe.skipIf(noEngine)(`an engine that dies in the middle${skipNote(noEngine)}`, () => {
  let engine: SecondEngine;
  let hidden: string;
  beforeAll(async () => {
    hidden = await mkdtemp(join(tmpdir(), "kaniko-lab-hidden-"));
    engine = await SecondEngine.create(hidden);
  });
  afterAll(async () => {
    await engine.remove();
    await rm(hidden, { recursive: true, force: true });
  });

  test("is told, and the build is kept as failed", async () => {
    await place.write({ Dockerfile: `FROM ${busybox}\nRUN echo now-it-runs; sleep 1000\n` });
    const child = place.start(["build", "context", "--driver", "docker", "--executor", executorFile("fork")], {
      env: { DOCKER_HOST: engine.host },
    });
    const result = ended(child);
    await written(child, "| now-it-runs");
    await engine.crash();
    const { status, stderr } = await result;
    expect(status).toBe(3);
    expect(stderr).toMatch(/error: the engine was lost while the container [0-9a-f]{12} ran\b/);
    expect(stderr).toContain("docker rm --force");
    expect(await place.halfWritten()).toEqual([]);
    const { steps, build } = await place.json("steps");
    expect(build).toMatchObject({ status: "failed", failure: { step: 2 } });
    expect(steps.map((step: { status: string }) => step.status)).toEqual(["executed", "failed"]);
  });
});

/** A port where nobody listens: it was free a moment ago. */
function closedPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
