import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lessonFileName, readCourse } from "../../../lib/lessons/course.ts";
import { Learner } from "../../support/learner.ts";

// The course that comes with the program, on a machine where nothing can be built.

const course = fileURLToPath(new URL("../../../workspace/lessons", import.meta.url));
const lessons = await readCourse(course);
let learner: Learner;
beforeAll(async () => {
  learner = await Learner.create();
});
afterAll(() => learner.remove());

/** The document of a line that must succeed. */
async function json(...words: string[]) {
  return JSON.parse(await learner.must(...words, "--json"));
}

describe("the course", () => {
  test("is whole, and its recorded builds are what the walks say", async () => {
    const report = await json("lesson", "check-course", course);
    expect(report.problems).toEqual([]);
    expect(report.unrecorded).toEqual([]);
    expect(report.builds).toBeGreaterThan(2 * lessons.length - 1);
  });

  test.each(lessons.map(lesson => [lesson.name, lesson] as const))(
    "%s is short enough to be read in a terminal",
    async (name, lesson) => {
      const { stdout, status } = await learner.run("lesson", "show", name);
      expect(status).toBe(0);
      const lines = stdout.split("\n");
      expect(lines.length).toBeLessThanOrEqual(90);
      // Command lines carry this test's own cache folder.
      const prose = lines.filter(line => !line.includes(learner.root));
      expect(prose.filter(line => line.length > 80)).toEqual([]);
      expect(stdout).not.toMatch(/\{(?:folder|build|before)\}/);
      expect(lesson.hints.length).toBeGreaterThanOrEqual(2);
    },
  );
});

describe("a learner without an executor", () => {
  test("has the check run on the recorded builds, which are marked as such", async () => {
    const { status, stdout } = await learner.run("lesson", "check", "3", "--recorded");
    expect(status).toBe(0);
    expect(stdout).toContain("Recorded build 03-before (not yours)");
    expect(stdout).toContain("✗ no layer holds /root/token");
    expect(stdout).toContain("to do: Make the token, use it and remove it within one RUN.");
    expect((await json("lesson")).lessons[2]).toMatchObject({ name: "03-secret", state: "seen" });
  });

  test("answers the question for the recorded build", async () => {
    expect(await learner.run("lesson", "answer", "3", "4")).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("not right"),
    });
    const right = await learner.run("lesson", "answer", "3", "step", "3");
    expect(right).toMatchObject({ status: 0, stdout: expect.stringContaining("on the recorded build") });
    expect((await json("lesson", "show", "3")).progress.answer).toEqual({ given: "step 3", isRight: true });
  });

  test("looks at the recorded builds with the lines that the lesson names", async () => {
    const { stdout } = await learner.run("lesson", "look", "3");
    expect(stdout).toContain("03-after");
    expect((await learner.run("cat", "03-before", "/root/token", "--step", "3")).stdout).toBe("token-4711\n");
  });

  test("is told the way when there is nothing to check yet", async () => {
    expect(await learner.run("lesson", "check", "4")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("lesson 4 is not started yet"),
    });
    await learner.must("lesson", "start", "4", "--to", join(learner.root, "four"));
    const early = await learner.run("lesson", "check", "4");
    expect(early).toMatchObject({ status: 1, stderr: expect.stringContaining("nothing was built in") });
    expect(early.stderr).toContain("--recorded");
  });
});

describe("the learner's copy", () => {
  test("is made once, with another base where one is named, and set aside by reset", async () => {
    const folder = learner.folder;
    expect(
      (await learner.run("lesson", "start", "1", "--to", learner.folder, "--base", "registry.example/busybox:1"))
        .status,
    ).toBe(0);
    expect((await learner.run("lesson", "start", "1", "--to", learner.folder)).stderr).toContain("is there already");
    writeFileSync(join(folder, "Dockerfile"), "FROM scratch\n");
    const { aside } = await json("lesson", "reset", "1");
    expect(aside).toBe(`${folder}.old`);
    expect((await learner.run("lesson", "show", "1", "--json")).stdout).toContain(JSON.stringify(folder));
    expect(readFileSync(join(folder, "Dockerfile"), "utf8")).toContain("ARG BASE=registry.example/busybox:1\n");
    expect(readFileSync(join(aside, "Dockerfile"), "utf8")).toBe("FROM scratch\n");
  });

  test("hints come one by one", async () => {
    expect((await json("lesson", "hint", "2")).hints).toHaveLength(1);
    const { hints, left } = await json("lesson", "hint", "2");
    expect([hints.length, left]).toEqual([2, 1]);
  });

  test("a damaged file of the progress counts as none", async () => {
    mkdirSync(join(learner.cache, "lessons/kaniko"), { recursive: true });
    writeFileSync(join(learner.cache, "lessons/kaniko/05-stages.json"), '{"schemaVersion": 1, "folder"');
    expect((await json("lesson")).lessons[4]).toMatchObject({ name: "05-stages", state: "new" });
  });
});

describe("a course of one's own", () => {
  test("has progress of its own, and is checked with file and line", async () => {
    const own = join(learner.root, "own");
    mkdirSync(own);
    cpSync(join(course, "01-layers"), join(own, "01-first"), { recursive: true });
    expect((await json("lesson", "--course", own)).lessons).toMatchObject([{ name: "01-first", state: "new" }]);
    const file = join(own, "01-first", lessonFileName);
    writeFileSync(file, readFileSync(file, "utf8").replace("atLeast: 3", "atLeast: 30"));
    const wrong = await learner.run("lesson", "check-course", own);
    expect(wrong).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("after should pass: it is a layer more: found 3"),
    });
    writeFileSync(file, readFileSync(file, "utf8").replace("title:", "titel:"));
    expect((await learner.run("lesson", "check-course", own)).stdout).toContain(`${file}:1: unknown key titel`);
    rmSync(own, { recursive: true });
    expect((await learner.run("lesson", "--course", own)).status).toBe(1);
  });
});
