import { recordedBuilds, recordedName } from "../../lib/lessons/recorded-builds.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Command } from "../command.ts";
import { tableLines } from "../display/table.ts";
import { wrappedLines } from "../display/wrapped-text.ts";
import { type LessonArgs, openLesson, withLesson } from "./lesson-place.ts";

export const command: Command = {
  examples: [["$0 lesson look 3", "then for example: kaniko-lab steps 03-before"]],
  options: withLesson,
  async run(context, args: LessonArgs) {
    const { output } = context;
    const { lesson, lines } = await openLesson(context, args);
    const builds = await recordedBuilds(context.cache, lesson, context.signal);
    const says = new Map(lesson.walk.map(step => [recordedName(lesson, step.name), step.says]));
    if (output.json) {
      output.document({ builds: builds.map(({ id, name }) => ({ id, name, says: says.get(name ?? "") })) });
      return 0;
    }
    const rows = builds.map(({ name }) => [showText(name ?? ""), showText(says.get(name ?? "") ?? "")]);
    const columns = [{ title: "RECORDED BUILD" }, { title: "WHAT IT IS" }];
    for (const line of tableLines(columns, rows, output.columns, output.style.bold)) output.line(line);
    const [first, last] = [builds[0]?.name ?? "latest", builds.at(-1)?.name ?? "latest"];
    output.line();
    for (const { run, why } of lesson.try) {
      for (const line of wrappedLines(why, output.columns)) output.line(showText(line));
      const filled = lines.fill(run, { build: run.includes("{before}") ? last : first, before: first });
      output.line(`    ${output.style.cyan(lines.line(showText(filled)))}`);
    }
    if (builds.length > 1) output.note(`the first and the last of them: ${lines.line(`compare ${first} ${last}`)}`);
    output.note(`what the check says of each: ${lines.lesson("check --recorded")}`);
    return 0;
  },
};
