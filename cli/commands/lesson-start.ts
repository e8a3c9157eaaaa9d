import { resolve } from "node:path";
import { copyLesson, defaultFolder } from "../../lib/lessons/learner-folder.ts";
import type { Command } from "../command.ts";
import { text } from "./build-options.ts";
import { type LessonArgs, openLesson, withLesson } from "./lesson-place.ts";
import { showLesson } from "./lesson-show.ts";

interface Args extends LessonArgs {
  readonly to?: string;
  readonly base?: string;
}

export const command: Command = {
  examples: [
    ["$0 lesson start 1", "into lessons/01-… of this folder"],
    ["$0 lesson start 1 --base registry.example/busybox:1", "with a base image from your own registry"],
  ],
  options: argv =>
    withLesson(argv)
      .option("to", text("Folder for your copy (default: lessons/NAME)"))
      .option("base", text("Base image of the lesson (default: busybox from Docker Hub; or KANIKO_LAB_LESSON_BASE)")),
  async run(context, args: Args) {
    const { lesson, store } = await openLesson(context, args);
    const folder =
      args.to === undefined ? defaultFolder(context.workingFolder, lesson) : resolve(context.workingFolder, args.to);
    const base = args.base ?? process.env.KANIKO_LAB_LESSON_BASE ?? "";
    await copyLesson(lesson, folder, { base });
    await store.change(lesson.name, { folder, base, startedAt: new Date().toISOString(), done: null });
    return showLesson(context, args, [`your copy: ${folder}`]);
  },
};
