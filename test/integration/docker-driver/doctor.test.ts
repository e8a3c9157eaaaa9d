import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ended, Place, seen } from "../build/support.ts";
import { noSecondEngine, SecondEngine } from "./second-engine.ts";
import { busybox, docker, executorFile, missing, registry } from "./support.ts";

// In an engine of its own: in a shared one the next build of anybody removes what a killed program left.
const reason = missing || noSecondEngine;

describe.skipIf(reason)(`containers of a killed program${reason ? ` (skipped: ${reason})` : ""}`, () => {
  let hidden: string;
  let engine: SecondEngine;
  beforeAll(async () => {
    hidden = await mkdtemp(join(tmpdir(), "kaniko-lab-docker-hidden-"));
    engine = await SecondEngine.create(hidden);
  });
  afterAll(async () => {
    await engine.remove();
    await rm(hidden, { recursive: true, force: true });
  });

  test("doctor names them, and removes them with --fix", async () => {
    const place = await Place.create({ Dockerfile: `FROM ${busybox}\nRUN echo now-it-runs; sleep 1000\n` });
    const options = { env: { DOCKER_HOST: engine.host } };
    try {
      const words = ["build", "context", "--driver", "docker", "--executor", executorFile("fork"), "--plain"];
      const child = place.start([...words, "--insecure-registry", registry], options);
      const whole = ended(child);
      await seen(child, "now-it-runs");
      const names = () => docker(engine.host, "ps", "--all", "--format", "{{.Names}}").trim().split("\n");
      const [name = ""] = names();
      expect(name).toMatch(new RegExp(`^kaniko-lab-${child.pid}-`));
      // Of a program that lives, it is nobody else's business.
      expect((await place.run(["doctor"], options)).stdout).not.toContain(name);
      child.kill("SIGKILL");
      await whole;
      expect(names()).toEqual([name]);
      const found = await place.run(["doctor"], options);
      expect(found.stdout).toContain(name);
      expect(found.stdout).toContain("kaniko-lab doctor --fix removes them");
      expect(names()).toEqual([name]);
      expect((await place.run(["doctor", "--fix"], options)).stdout).toMatch(new RegExp(`removed .*${name}`));
      expect(names()).toEqual([""]);
    } finally {
      await place.remove();
    }
  });
});
