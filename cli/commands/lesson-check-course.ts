import { resolve } from "node:path";
import { checkCourse } from "../../lib/lessons/check-course.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Command } from "../command.ts";
import { counted } from "../display/format.ts";
import { labOf, progressOf } from "./target-options.ts";

export const command: Command = {
  examples: [["$0 lesson check-course my-course", "what is wrong in it, with file and line"]],
  options: argv => argv.positional("folder", { type: "string", demandOption: true, describe: "Folder of the course" }),
  async run(context, args: { folder: string }) {
    const { output, cache } = context;
    const course = resolve(context.workingFolder, args.folder);
    const report = await checkCourse(course, { cache, lab: labOf(context), progress: progressOf(context) });
    output.status("");
    if (output.json) output.document({ course, ...report });
    else {
      for (const { lesson, message } of report.problems) output.line(`${lesson}: ${showText(message)}`);
      for (const lesson of report.unrecorded) output.note(`${lesson}: no recorded builds: they need a cluster`);
      const found = report.problems.length === 0 ? "nothing wrong" : counted(report.problems.length, "problem");
      output.note(`${counted(report.lessons.length, "lesson")}, ${counted(report.builds, "recorded build")}: ${found}`);
    }
    return report.problems.length === 0 ? 0 : 1;
  },
};
