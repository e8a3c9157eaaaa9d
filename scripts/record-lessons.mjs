// Builds what a learner builds in each lesson, with the real executor, and writes it down as recording.klab of the lesson.
// node scripts/record-lessons.mjs --base IMAGE [--course DIR] [--only 3] [--driver sandbox] [--executor FILE] [--warmer FILE]
// Lessons that need a cluster are recorded when one is asked for: --driver kubernetes, and its options after --.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readCourse, recordingFile } from "../lib/lessons/course.ts";
import { applyWalkStep, copyLesson } from "../lib/lessons/learner-folder.ts";
import { recordedName } from "../lib/lessons/recorded-builds.ts";

const program = fileURLToPath(new URL("../cli/bin.ts", import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    course: { type: "string" },
    only: { type: "string", multiple: true },
    base: { type: "string" },
    driver: { type: "string", default: "sandbox" },
    executor: { type: "string" },
    warmer: { type: "string" },
  },
});
if (values.base === undefined) throw new Error("--base IMAGE is needed: one that this machine reaches");
if (values.warmer !== undefined) process.env.KANIKO_LAB_WARMER = resolve(values.warmer);
const options = [
  ...["--driver", values.driver, "--build-arg", `BASE=${values.base}`],
  ...(values.executor === undefined
    ? []
    : ["--executor", isFile(values.executor) ? resolve(values.executor) : values.executor]),
  ...positionals,
];
const course = resolve(values.course ?? fileURLToPath(new URL("../workspace/lessons", import.meta.url)));
/** Else it is the name of an image. */
function isFile(name) {
  return /^[./~]/.test(name);
}

for (const lesson of await readCourse(course)) {
  const isWanted = values.only === undefined || values.only.includes(String(lesson.number));
  const isPossible = (lesson.needs === "cluster") === (values.driver === "kubernetes");
  if (isWanted && isPossible) await record(lesson);
}

async function record(lesson) {
  const place = mkdtempSync(join(tmpdir(), "lesson-"));
  const cache = join(place, "cache");
  const run = (...words) => {
    const at = words.indexOf("--");
    const own = at < 0 ? words : words.slice(0, at);
    const { status } = spawnSync(
      process.execPath,
      [program, ...own, "--cache-dir", cache, "-q", ...(at < 0 ? [] : words.slice(at))],
      { cwd: place, stdio: ["ignore", "ignore", "inherit"] },
    );
    if (status !== 0) throw new Error(`${words.join(" ")} ended with ${status}`);
  };
  try {
    const folder = join(place, lesson.name);
    await copyLesson(lesson, folder, { base: "" });
    for (const step of lesson.walk) {
      await applyWalkStep(lesson, step.name, folder);
      for (const words of step.before) run(...fill(words, place, folder).split(" "));
      const own = step.options.map(word => fill(word, place, folder));
      run("build", join(folder, step.context), "--name", recordedName(lesson, step.name), ...options, ...own);
    }
    const file = recordingFile(lesson);
    run("export", ...lesson.walk.map(step => recordedName(lesson, step.name)), "--to", file);
    process.stdout.write(`${lesson.name}: ${lesson.walk.length} builds, ${statSync(file).size} bytes\n`);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function fill(word, place, folder) {
  const known = { folder, cache: join(place, "cache"), base: values.base, driver: values.driver };
  return word.replace(/\{(folder|cache|base|driver)\}/g, (_, name) => known[name]);
}
