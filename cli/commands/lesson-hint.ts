import { showText } from "../../lib/model/path-text.ts";
import type { Command } from "../command.ts";
import { wrappedLines } from "../display/wrapped-text.ts";
import { type LessonArgs, openLesson, withLesson } from "./lesson-place.ts";

export const command: Command = {
  examples: [["$0 lesson hint 3", "the next one; the last one says how it is done"]],
  options: withLesson,
  async run({ output, ...context }, args: LessonArgs) {
    const { lesson, progress, store, lines } = await openLesson({ output, ...context }, args);
    const shown = Math.min(lesson.hints.length, progress.hints + 1);
    if (shown !== progress.hints) await store.change(lesson.name, { hints: shown });
    const hints = lesson.hints.slice(0, shown).map(hint => lines.fill(hint, { build: "latest", before: "previous" }));
    if (output.json) output.document({ hints, left: lesson.hints.length - shown });
    else {
      for (const [at, hint] of hints.entries()) {
        for (const line of wrappedLines(`${at + 1}. ${hint}`, output.columns)) output.line(showText(line));
      }
      if (shown < lesson.hints.length) output.note(`${lesson.hints.length - shown} more`);
    }
    return 0;
  },
};
