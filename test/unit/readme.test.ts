import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("README's tables of commands and keys are those of the code", () => {
  const script = fileURLToPath(new URL("../../scripts/readme.mjs", import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status, "run: node scripts/readme.mjs").toBe(0);
});
