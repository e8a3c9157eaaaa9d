import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseLessonFile } from "../../../lib/lessons/lesson-file.ts";
import { measureTable } from "../../../lib/lessons/measure-names.ts";

const whole = `title: A lesson
about: in short
text: read this
question:
  text: How many?
  answer: { measure: layers }
  because: they are counted
task: do this
checks:
  - says: it is there
    measure: path
    path: /a
    is: file
    otherwise: make it
hints: [do it]
walk:
  - { name: before, says: as it comes }
  - { name: after, says: as it should be, passes: true }
`;

function faultOf(text: string): string {
  try {
    parseLessonFile(text, "lesson.yaml");
  } catch (error) {
    return (error as Error).message;
  }
  return "no fault";
}

describe("lesson.yaml", () => {
  test("a whole one is read, with defaults", () => {
    const lesson = parseLessonFile(whole, "lesson.yaml");
    expect(lesson).toMatchObject({ title: "A lesson", needs: "executor", try: [] });
    expect(lesson.checks[0]).toMatchObject({ measure: "path", of: "latest", is: "file" });
    expect(lesson.walk.map(step => step.passes)).toEqual([false, true]);
  });

  test.each([
    ["a key that is misspelled", ["about:", "abuot:"], "lesson.yaml:2: unknown key abuot (did you mean about?)"],
    ["a key of a check", ["otherwise:", "else:"], "lesson.yaml:14: unknown key else"],
    ["an unknown measure", ["measure: path", "measure: pth"], "lesson.yaml:11: no measure pth (did you mean path?)"],
    ["what a measure needs", ["    path: /a\n", ""], "lesson.yaml:10: path needs path"],
    ["what it has no use for", ["path: /a", "path: /a\n    name: b"], "lesson.yaml:13: path has no use for name"],
    [
      "a check that wants nothing",
      ["    is: file\n", ""],
      "lesson.yaml:10: a check needs one of is, not, atLeast, atMost",
    ],
    [
      "odd words for a step",
      ["{ measure: layers }", "{ measure: added, step: the RUN }"],
      "lesson.yaml:6: the RUN: a step",
    ],
    ["two ways to the answer", ["  because", "  right: 3\n  because"], "lesson.yaml:5: a question needs either"],
    ["a last build that does not pass", [", passes: true", ""], "lesson.yaml:18: the last build of the walk must pass"],
    ["two builds of one name", ["name: after", "name: before"], "lesson.yaml:18: two builds are called before"],
    ["a name that is a path", ["name: before", "name: ../x"], "lesson.yaml:17: ../x: names of builds"],
    ["no hints", ["[do it]", "[]"], "lesson.yaml:15: hints:"],
    ["YAML that is none", ["title: A", "title: [A"], "lesson.yaml:2:"],
  ])("%s is told with its line", (_name, [from, to], message) => {
    expect(faultOf(whole.replace(from as string, () => to as string))).toContain(message);
  });

  test("an empty file and two documents are refused", () => {
    expect(faultOf("")).toBe("lesson.yaml is empty");
    expect(faultOf(`${whole}---\n${whole}`)).toContain("more than one document");
  });
});

test("the measures are described for those who write lessons", () => {
  const readme = readFileSync(new URL("../../../workspace/lessons/README.md", import.meta.url), "utf8");
  const rows = Object.entries(measureTable).map(
    ([name, { needs, value }]) => `| \`${name}\` | ${needs.map(need => `\`${need}\``).join(", ")} | ${value} |`,
  );
  const table = readme.slice(readme.indexOf("<!-- measures -->"), readme.indexOf("<!-- measures end -->"));
  expect(table.split("\n").filter(line => line.startsWith("| `"))).toEqual(rows);
});
