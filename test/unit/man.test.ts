import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { commandTable } from "../../cli/command-table.ts";
import { manPage } from "../../scripts/man.mjs";
import { hasProgram, skipNote } from "../support/has-program.ts";

const page = await manPage("1.2.3");
const missing = hasProgram("man") ? "" : "no man";

test("every command stands in the manual page", () => {
  const lines = page.split("\n");
  for (const { usage } of commandTable)
    expect(lines).toContain(`.SS kaniko\\-lab ${usage.replaceAll("-", "\\-").replaceAll("\\e", "")}`);
  expect(lines[0]).toContain("1.2.3");
  expect(page).not.toMatch(/undefined|\[object/);
});

test.skipIf(missing !== "")(`man shows it without a complaint${skipNote(missing)}`, () => {
  const { status, stdout, stderr } = spawnSync("man", ["-l", "--warnings=w", "-P", "cat", "-"], {
    input: page,
    encoding: "utf8",
    env: { ...process.env, MANWIDTH: "80", LC_ALL: "C.UTF-8" },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("kaniko-lab explain --against-log ci.log");
  // What troff takes for its own would have been lost.
  expect(stdout).toContain("kaniko-lab build . -- --ignore-path=/product_uuid");
});
