import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { type Lesson, readCourse } from "../../../lib/lessons/course.ts";
import { applyWalkStep } from "../../../lib/lessons/learner-folder.ts";
import { Learner } from "../../support/learner.ts";
import { busybox, executorFile, type Family, skipNote, whyNot, whyNotAgain } from "../build/support.ts";

// Every lesson as a learner does it: start, build what the walk says, check after each build, answer the question.

const lessons = await readCourse(fileURLToPath(new URL("../../../workspace/lessons", import.meta.url)));
const warmer = join(homedir(), ".cache/kaniko-lab-test/warmer");

let learner: Learner;
afterEach(() => learner?.remove());

for (const family of ["fork", "upstream"] as const) {
  describe(`lessons with the ${family} executor`, () => {
    for (const lesson of lessons.filter(({ needs }) => needs !== "cluster")) {
      const reason =
        whyNotAgain("sandbox", family) || (lesson.needs === "warmer" && !existsSync(warmer) ? "no warmer" : "");
      test.skipIf(reason)(`${lesson.name}${skipNote(reason)}`, { timeout: 240_000 }, () => doLesson(lesson, family));
    }
  });
}

async function doLesson(lesson: Lesson, family: Family): Promise<void> {
  learner = await Learner.create();
  const { folder } = learner;
  const word = String(lesson.number);
  await learner.must("lesson", "start", word, "--to", folder, "--base", busybox);
  expect(await learner.run("lesson", "check", word)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("nothing was built"),
  });
  for (const step of lesson.walk) {
    await applyWalkStep(lesson, step.name, folder);
    for (const line of step.before) await learner.must(...line.split(" ").map(filled), "--warmer", warmer);
    const own = ["--driver", "sandbox", "--executor", executorFile(family), "--build-arg", `BASE=${busybox}`];
    await learner.must("build", join(folder, step.context), ...own, ...step.options.map(filled));
    const { status, stdout } = await learner.run("lesson", "check", word, "--json");
    const { checks } = JSON.parse(stdout).builds[0];
    const failing = checks.filter((check: { passed: boolean }) => !check.passed);
    expect({ step: step.name, status, fails: failing.length > 0 }).toEqual({
      step: step.name,
      status: step.passes ? 0 : 1,
      fails: !step.passes,
    });
    for (const check of failing) {
      expect(check.missing).not.toBe("");
      // The line that it names shows something, whatever that is.
      expect([0, 1], check.see).toContain((await learner.run(...wordsOf(check.see))).status);
    }
    if (step.name === (lesson.question.build ?? lesson.walk[0]?.name)) await answer(lesson, family);
  }
  const { lessons: listed } = JSON.parse(await learner.must("lesson", "--json"));
  expect(listed[lesson.number - 1]).toMatchObject({ state: "done", progress: { answer: { isRight: true } } });
}

async function answer({ number, question }: Lesson, family: Family): Promise<void> {
  const right = question.right ?? rightAnswers[family][number];
  expect(right, `the right answer of lesson ${number}`).toBeDefined();
  expect((await learner.run("lesson", "answer", String(number), "nonsense")).status).toBe(1);
  expect((await learner.run("lesson", "answer", String(number), right as string)).status).toBe(0);
}

/** Of questions that the build answers: for the first build of the walk. */
const rightAnswers: Readonly<Record<Family, Readonly<Record<number, string>>>> = {
  fork: { 1: "2", 2: "4", 3: "3", 4: "4", 8: "7", 12: "4" },
  // It makes no empty layers.
  upstream: { 1: "2", 2: "4", 3: "3", 4: "0", 8: "7", 12: "4" },
};

function filled(word: string): string {
  const { folder, cache } = learner;
  const known: Readonly<Record<string, string>> = { folder, cache, base: busybox, driver: "sandbox" };
  return word.replace(/\{(\w+)\}/g, (text, name) => known[name] ?? text);
}

/** `search --content "a b" x` as a shell takes it apart. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(match => match[1] ?? (match[2] as string));
}

const noBuild = whyNot("sandbox");
test.skipIf(noBuild)(
  `the lesson of a cluster says what a build on this machine lacks${skipNote(noBuild)}`,
  async () => {
    learner = await Learner.create();
    await learner.must("lesson", "start", "16", "--to", learner.folder, "--base", busybox);
    await learner.must("build", learner.folder, "--driver", "sandbox", "--executor", executorFile("fork"));
    const { status, stdout } = await learner.run("lesson", "check", "16");
    expect(status).toBe(1);
    expect(stdout).toContain("✗ it was built in a cluster");
    expect(stdout).toContain("sandbox (wanted: kubernetes)");
  },
);
