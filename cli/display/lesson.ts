/** Lessons to read: a page of each, the list of all, and what a check has found. */

import type { CheckResult } from "../../lib/lessons/check-build.ts";
import type { Lesson } from "../../lib/lessons/course.ts";
import { type LessonProgress, progressWord } from "../../lib/lessons/progress.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { LessonLines } from "../commands/lesson-place.ts";
import { counted } from "./format.ts";
import type { Output } from "./output.ts";
import { tableLines } from "./table.ts";
import { wrappedLines } from "./wrapped-text.ts";

export interface ListedLesson {
  readonly lesson: Lesson;
  readonly progress: LessonProgress;
}

const signs = { done: "✓ done", seen: "· seen", started: "… started", "": "" } as const;

export function lessonTable(lessons: readonly ListedLesson[], output: Output): string[] {
  const rows = lessons.map(({ lesson, progress }) => [
    String(lesson.number),
    signs[progressWord(progress)],
    progress.answer?.isRight ? "✓" : "",
    showText(lesson.title),
  ]);
  const columns = [{ title: "#", align: "right" as const }, { title: "STATE" }, { title: "?" }, { title: "LESSON" }];
  return tableLines(columns, rows, output.columns, output.style.bold);
}

export interface LessonPage {
  readonly lesson: Lesson;
  readonly progress: LessonProgress;
  readonly lines: LessonLines;
  /** How many lessons the course has. */
  readonly of: number;
  /** Words for the learner's builds, or for recorded ones. */
  readonly builds: { readonly build: string; readonly before: string };
}

export function lessonPage({ lesson, progress, lines, of, builds }: LessonPage, output: Output): string[] {
  const { style } = output;
  const read = (text: string, indent = 0) => wrappedLines(shown(lines.fill(text, builds)), output.columns, indent);
  const command = (line: string) => `    ${style.cyan(line)}`;
  const isStarted = progress.folder !== null;
  const page = [style.bold(`Lesson ${lesson.number} of ${of}: ${showText(lesson.title)}`), "", ...read(lesson.text)];
  page.push("", style.bold("Look"), "");
  if (isStarted)
    page.push(
      ...read("Build it as it is, then look at what came out."),
      command(lines.line(`build ${lines.folder}`)),
      "",
    );
  for (const { run, why } of lesson.try)
    page.push(...read(why), command(lines.line(shown(lines.fill(run, builds)))), "");
  page.push(style.bold("Question"), "", ...read(lesson.question.text));
  for (const [letter, text] of Object.entries(lesson.question.choices ?? {}))
    page.push(...read(`${letter}) ${text}`, 2));
  page.push(command(lines.lesson("answer …")), "");
  page.push(style.bold("Change"), "", ...read(lesson.task));
  if (isStarted) page.push(command(lines.line(`build ${lines.folder}`)));
  page.push(command(lines.lesson("check")), "");
  const left = lesson.hints.length - progress.hints;
  if (left > 0) page.push(style.dim(`${counted(left, "hint")} left: ${lines.lesson("hint")}`));
  return page;
}

/** Control characters never reach the terminal; lines stay lines. */
function shown(text: string): string {
  return text.split("\n").map(showText).join("\n");
}

export interface ShownCheck {
  readonly results: readonly CheckResult[];
  readonly lines: LessonLines;
  /** What was checked: `your build 2026…`. */
  readonly title: string;
}

export function checkLines({ results, lines, title }: ShownCheck, output: Output): string[] {
  const { style } = output;
  const all: string[] = [style.bold(title)];
  for (const result of results) {
    const sign = result.passed ? style.green("✓") : style.red("✗");
    all.push(`${sign} ${shown(result.says)}`);
    const found = result.found === null ? "" : `: ${showText(String(result.found))}`;
    const wanted = result.passed ? "" : ` (wanted: ${showText(result.wanted)})`;
    all.push(...wrappedLines(`looked at: ${showText(result.looked)}${found}${wanted}`, output.columns, 2));
    if (result.passed) continue;
    all.push(
      ...wrappedLines(
        `to do: ${shown(lines.fill(result.missing, { build: "latest", before: "previous" }))}`,
        output.columns,
        2,
      ),
    );
    all.push(`  see:   ${style.cyan(lines.line(showText(result.see)))}`);
  }
  return all;
}
