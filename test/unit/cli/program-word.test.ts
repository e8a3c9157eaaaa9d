import { expect, test } from "vitest";
import { inProgramWords, programWord } from "../../../cli/program-word.ts";

const inClone = "npm exec kaniko-lab --";

test("lines in a hint are as they are typed in a clone; the name in a sentence stays", () => {
  const hint = "this is a bug in kaniko-lab; kaniko-lab builds lists them, or: kaniko-lab layers latest";
  expect(inProgramWords(hint, inClone)).toBe(
    `this is a bug in kaniko-lab; ${inClone} builds lists them, or: ${inClone} layers latest`,
  );
  expect(inProgramWords("the kaniko-lab project, ~/kaniko-lab/x", inClone)).toBe(
    "the kaniko-lab project, ~/kaniko-lab/x",
  );
});

test("an installed program's hints stay as they are", () => {
  expect(inProgramWords("kaniko-lab builds", "kaniko-lab")).toBe("kaniko-lab builds");
});

test.each([
  ["npx", "'kaniko-lab'", inClone],
  ["npx", "klab builds", inClone],
  ["start", "node dist/bin.cjs start", inClone],
  ["npx", "'vitest' 'run'", "kaniko-lab"],
  ["test", "vitest run", "kaniko-lab"],
  [undefined, undefined, "kaniko-lab"],
])("started by npm's %s of %s: %s", (npm_lifecycle_event, npm_lifecycle_script, word) => {
  expect(programWord({ npm_lifecycle_event, npm_lifecycle_script })).toBe(word);
});
