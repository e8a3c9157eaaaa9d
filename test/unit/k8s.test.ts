import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("the manifests of k8s/ are those that the code writes", () => {
  const script = fileURLToPath(new URL("../../scripts/k8s.mjs", import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status, "run: node scripts/k8s.mjs").toBe(0);
});
