import { afterEach, beforeEach, expect, test } from "vitest";
import { runProgram } from "../../../lib/cluster/run-program.ts";

const before = { ...process.env };
beforeEach(() => {
  process.env.LANG = "de_DE.UTF-8";
  process.env.LANGUAGE = "de";
  process.env.LC_ALL = "de_DE.UTF-8";
});
afterEach(() => {
  process.env = before;
});

test("a program is asked to speak a language that is understood here", async () => {
  const words = ["sh", "-c", 'printf "%s/%s" "$LANGUAGE" "$LC_ALL"'];
  const { stdout, code } = await runProgram(words, { signal: new AbortController().signal });
  expect(stdout).toBe("/C.UTF-8");
  expect(code).toBe(0);
});
