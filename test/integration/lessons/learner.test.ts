import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { readCourse } from "../../../lib/lessons/course.ts";
import { applyWalkStep } from "../../../lib/lessons/learner-folder.ts";
import { busybox, executorFile, type Family, Place, skipNote, whyNot } from "../build/support.ts";

// Every lesson as a learner does it: start, build what the walk says, check after each build, answer the question.

const lessons = await readCourse(fileURLToPath(new URL("../../../workspace/lessons", import.meta.url)));
const warmer = join(homedir(), ".cache/kaniko-lab-test/warmer");

let place: Place | undefined;
afterEach(() => place?.remove());

for (const family of ["fork", "upstream"] as const) {
  describe(`lessons with the ${family} executor`, () => {
    for (const lesson of lessons.filter(({ needs }) => needs !== "cluster")) {
      const reason = whyNot("sandbox", family) || (lesson.needs === "warmer" && !existsSync(warmer) ? "no warmer" : "");
      test.skipIf(reason)(`${lesson.name}${skipNote(reason)}`, { timeout: 240_000 }, () => doLesson(lesson, family));
    }
  });
}

async function doLesson(lesson: (typeof lessons)[number], family: Family): Promise<void> {
  place = await Place.create();
  const word = String(lesson.number);
  const folder = place.path("mine");
  await place.text("lesson", "start", word, "--to", folder, "--base", busybox);
  expect(await place.run(["lesson", "check", word])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("nothing was built"),
  });
  for (const step of lesson.walk) {
    await applyWalkStep(lesson, step.name, folder);
    for (const line of step.before) await place.text(...line.split(" ").map(filled), "--warmer", warmer);
    const own = ["--driver", "sandbox", "--executor", executorFile(family), "--build-arg", `BASE=${busybox}`];
    await place.text("build", join(folder, step.context), ...own, ...step.options.map(filled), "-q");
    const { status, stdout, stderr } = await place.run(["lesson", "check", word, "--json"]);
    const { builds } = JSON.parse(stdout);
    const failing = builds[0].checks.filter((check: { passed: boolean }) => !check.passed);
    expect({ step: step.name, status, failing: failing.length > 0, stderr }).toEqual({
      step: step.name,
      status: step.passes ? 0 : 1,
      failing: !step.passes,
      stderr: "",
    });
    for (const check of failing) expect(check.missing).not.toBe("");
    // The line that it names shows something, whatever that is.
    if (failing.length > 0) expect([0, 1]).toContain((await place.run(wordsOf(failing[0].see))).status);
    if (step.name === (lesson.question.build ?? lesson.walk[0]?.name)) await answer(word, family);
  }
  expect((await place.json("lesson")).lessons[lesson.number - 1]).toMatchObject({ state: "done" });
}

async function answer(word: string, family: Family): Promise<void> {
  const { question } = lessons.find(({ number }) => String(number) === word) as (typeof lessons)[number];
  const right = question.right ?? rightAnswers[family][word];
  expect(right, `the right answer of lesson ${word}`).toBeDefined();
  expect((await place?.run(["lesson", "answer", word, "nonsense"]))?.status).toBe(1);
  expect((await place?.run(["lesson", "answer", word, right as string]))?.status).toBe(0);
}

/** Of questions that the build answers: for the first build of the walk. */
const rightAnswers: Readonly<Record<Family, Readonly<Record<string, string>>>> = {
  fork: { "1": "2", "2": "4", "3": "3", "4": "4", "8": "7", "12": "4" },
  // It makes no empty layers.
  upstream: { "1": "2", "2": "4", "3": "3", "4": "0", "8": "7", "12": "4" },
};

function filled(word: string): string {
  const known: Readonly<Record<string, string>> = {
    folder: place?.path("mine") ?? "",
    cache: place?.cache ?? "",
    base: busybox,
    driver: "sandbox",
  };
  return word.replace(/\{(\w+)\}/g, (text, name) => known[name] ?? text);
}

/** `search --content "a b" x` as a shell takes it apart. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(match => match[1] ?? (match[2] as string));
}

const cluster = lessons.find(({ needs }) => needs === "cluster");
const noCluster = whyNot("sandbox") || (cluster === undefined ? "no such lesson" : "");
test.skipIf(noCluster)(
  `the lesson of a cluster says what is missing in a build on this machine${skipNote(noCluster)}`,
  async () => {
    place = await Place.create();
    await place.text("lesson", "start", "16", "--to", place.path("mine"), "--base", busybox);
    await place.text("build", place.path("mine"), "--driver", "sandbox", "--executor", executorFile("fork"), "-q");
    const { status, stdout } = await place.run(["lesson", "check", "16"]);
    expect(status).toBe(1);
    expect(stdout).toContain("✗ it was built in a cluster");
    expect(stdout).toContain("sandbox (wanted: kubernetes)");
  },
);
