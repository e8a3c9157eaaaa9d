import { LabError } from "../../lib/error.ts";
import { copyLesson, setAside } from "../../lib/lessons/learner-folder.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Command } from "../command.ts";
import { type LessonArgs, openLesson, withLesson } from "./lesson-place.ts";

export const command: Command = {
  examples: [["$0 lesson reset 3", "the files as they came; yours are kept beside them"]],
  options: withLesson,
  async run(context, args: LessonArgs) {
    const { lesson, progress, store, lines } = await openLesson(context, args);
    const { folder, base } = progress;
    if (folder === null)
      throw new LabError("not-found", `lesson ${lesson.number} is not started yet`, { hint: lines.lesson("start") });
    const aside = await setAside(folder);
    await copyLesson(lesson, folder, { base });
    await store.forget(lesson.name);
    await store.change(lesson.name, { folder, base, startedAt: new Date().toISOString() });
    if (context.output.json) context.output.document({ folder, aside });
    else {
      context.output.line(`${showText(folder)} is as it was at the start`);
      if (aside !== null) context.output.note(`what you had: ${showText(aside)}`);
    }
    return 0;
  },
};
