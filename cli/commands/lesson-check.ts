import { LabError } from "../../lib/error.ts";
import { type CheckResult, checkBuild } from "../../lib/lessons/check-build.ts";
import { changedSince } from "../../lib/lessons/learner-folder.ts";
import { type LessonBuild, lessonBuild } from "../../lib/lessons/lesson-build.ts";
import { recordedBuilds } from "../../lib/lessons/recorded-builds.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { checkLines } from "../display/lesson.ts";
import {
  type LessonArgs,
  type OpenedLesson,
  openLesson,
  ownBuilds,
  startedFolder,
  withLesson,
} from "./lesson-place.ts";
import { labOf, progressOf } from "./target-options.ts";

interface Args extends LessonArgs {
  readonly recorded?: boolean;
}

export const command: Command = {
  examples: [
    ["$0 lesson check 3", "your latest build of the lesson's folder"],
    ["$0 lesson check 3 --recorded", "the builds that come with the lesson, without building anything"],
  ],
  options: argv =>
    withLesson(argv).option("recorded", {
      type: "boolean",
      describe: "Check the recorded builds of the lesson, one after the other",
    }),
  async run(context, args: Args) {
    const opened = await openLesson(context, args);
    return args.recorded ? checkRecorded(context, opened) : checkOwn(context, opened);
  },
};

/** One build with what the checks said of it. */
interface CheckedBuild {
  readonly build: LessonBuild;
  readonly results: readonly CheckResult[];
  readonly passed: boolean;
}

async function checkOwn(context: CliContext, opened: OpenedLesson): Promise<number> {
  const { lesson, progress, store, lines } = opened;
  const folder = startedFolder(lesson, progress);
  const place = { cache: context.cache, lab: labOf(context), progress: progressOf(context), isRecorded: false };
  const build = lessonBuild(await ownBuilds(context, progress), place);
  if (build === null) {
    throw new LabError("not-found", `nothing was built in ${showText(folder)} yet`, {
      hint: `${lines.line(`build ${lines.folder}`)}; where nothing can build: ${lines.lesson("check --recorded")}`,
    });
  }
  const checked = await checkedBuild(opened, build);
  const { record } = build;
  if (checked.passed && progress.done === null)
    await store.change(lesson.name, { done: { build: record.id, at: new Date().toISOString() } });
  show(context, opened, [{ ...checked, title: `Your build ${record.id}` }]);
  const changed = await changedSince(folder, Date.parse(record.startedAt));
  if (changed !== null)
    context.output.note(`\n${showText(changed)} was changed after this build: ${lines.line(`build ${lines.folder}`)}`);
  if (checked.passed && !context.output.json) {
    context.output.note(`\nLesson ${lesson.number} is done.`);
    if (!progress.answer?.isRight) context.output.note(`Its question is open: ${lines.lesson("answer …")}`);
  }
  return checked.passed ? 0 : 1;
}

async function checkRecorded(context: CliContext, opened: OpenedLesson): Promise<number> {
  const { lesson, store } = opened;
  const records = await recordedBuilds(context.cache, lesson, context.signal);
  const place = { cache: context.cache, lab: labOf(context), progress: progressOf(context), isRecorded: true };
  const all: (CheckedBuild & { title: string })[] = [];
  for (const [at, record] of records.entries()) {
    const build = lessonBuild(records.slice(0, at + 1), place) as LessonBuild;
    const says = lesson.walk.find(step => record.name?.endsWith(`-${step.name}`))?.says ?? "";
    const title = `Recorded build ${record.name} (not yours): ${says}`;
    all.push({ ...(await checkedBuild(opened, build)), title });
  }
  const passed = all.at(-1)?.passed ?? false;
  if (passed) await store.change(lesson.name, { seen: true });
  show(context, opened, all);
  return passed ? 0 : 1;
}

async function checkedBuild({ lesson }: OpenedLesson, build: LessonBuild): Promise<CheckedBuild> {
  const results = await checkBuild(lesson, build);
  return { build, results, passed: results.every(result => result.passed) };
}

function show(
  { output }: CliContext,
  { lesson, lines }: OpenedLesson,
  all: readonly (CheckedBuild & { readonly title: string })[],
): void {
  if (output.json) {
    const builds = all.map(({ build, results, passed }) => ({
      build: { id: build.record.id, name: build.record.name, isRecorded: build.isRecorded },
      passed,
      checks: results,
    }));
    output.document({ lesson: { number: lesson.number, name: lesson.name }, builds, passed: all.at(-1)?.passed });
    return;
  }
  for (const [at, { results, title }] of all.entries()) {
    if (at > 0) output.line();
    for (const line of checkLines({ results, lines, title: showText(title) }, output)) output.line(line);
  }
}
