/** What is kept in an engine: only the items of this test are removed, others may be in use. */

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createDockerDriver } from "../../../lib/executor/docker/docker-driver.ts";
import { findEngineItems, removeEngineItems } from "../../../lib/executor/docker/prune-engine.ts";

const { available, detail } = await createDockerDriver().probe();
const missing = available ? (hasDocker() ? "" : "no docker command") : detail;
const { signal } = new AbortController();

function hasDocker(): boolean {
  try {
    docker("version");
    return true;
  } catch {
    return false;
  }
}

function docker(...args: string[]): string {
  return execFileSync("docker", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

test.skipIf(missing !== "")(
  `old volumes and images of this program are found and removed${missing && ` (skipped: ${missing})`}`,
  async () => {
    const name = `kaniko-lab-test-${randomBytes(6).toString("hex")}`;
    const image = `kaniko-lab/executor:${name}`;
    docker("volume", "create", "--label", "kaniko-lab=1", name);
    docker("volume", "create", `${name}-foreign`);
    try {
      execFileSync("docker", ["import", "-", image], {
        input: Buffer.alloc(1024),
        stdio: ["pipe", "ignore", "ignore"],
      });
      const later = Date.now() + 60_000;
      const found = (await findEngineItems(later, signal)).filter(item => item.name.includes(name));
      expect(found.map(item => [item.kind, item.name]).sort()).toEqual([
        ["image", image],
        ["volume", name],
      ]);
      const before = await findEngineItems(Date.now() - 3_600_000, signal);
      expect(before.filter(item => item.name.includes(name))).toEqual([]);
      const { removed, kept } = await removeEngineItems(found, signal);
      expect([removed, kept]).toEqual([found, []]);
      expect(docker("volume", "ls", "-q", "--filter", `name=${name}`)).toBe(`${name}-foreign`);
      expect(docker("images", "-q", image)).toBe("");
      expect(await removeEngineItems(found, signal)).toEqual({ removed: [], kept: [] });
    } finally {
      docker("volume", "rm", "-f", name, `${name}-foreign`);
    }
  },
);
