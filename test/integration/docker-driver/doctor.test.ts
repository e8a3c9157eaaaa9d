import { describe, expect, test } from "vitest";
import { ended, Place, seen } from "../build/support.ts";
import { busybox, docker, executorFile, missing, registry } from "./support.ts";

describe.skipIf(missing)(`containers of a killed program${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("doctor names them, and removes them with --fix", async () => {
    const place = await Place.create({ Dockerfile: `FROM ${busybox}\nRUN echo now-it-runs; sleep 1000\n` });
    try {
      const words = ["build", "context", "--driver", "docker", "--executor", executorFile("fork"), "--plain"];
      const child = place.start([...words, "--insecure-registry", registry]);
      const whole = ended(child);
      await seen(child, "now-it-runs");
      const names = () => docker("", "ps", "--all", "--format", "{{.Names}}").split("\n");
      const left = () => names().filter(name => name.startsWith(`kaniko-lab-${child.pid}-`));
      const [name = ""] = left();
      // Of a program that lives, it is nobody else's business.
      expect((await place.run(["doctor"])).stdout).not.toContain(name);
      child.kill("SIGKILL");
      await whole;
      expect(left()).toEqual([name]);
      const found = await place.run(["doctor"]);
      expect(found.stdout).toContain(name);
      expect(found.stdout).toContain("kaniko-lab doctor --fix removes them");
      expect(left()).toEqual([name]);
      expect((await place.run(["doctor", "--fix"])).stdout).toMatch(new RegExp(`removed .*${name}`));
      expect(left()).toEqual([]);
    } finally {
      await place.remove();
    }
  });
});
