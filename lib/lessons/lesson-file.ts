/** `lesson.yaml`: the text of a lesson, its question, and what is looked at in the learner's build. */

import * as z from "zod/mini";
import { parseYaml, text, textList, type YamlDocument, type YamlPath } from "../ci/yaml-file.ts";
import { suggestion } from "../dockerfile/suggest.ts";
import { LabError } from "../error.ts";
import { type MeasureName, measureNames, missingFor, unusedFor } from "./measure-names.ts";
import { parseStepWords } from "./step-words.ts";

const measure = z.enum(measureNames as unknown as [MeasureName, ...MeasureName[]]);
const filled = z.pipe(
  text,
  z.transform(value => value.trim()),
);

const questionToBuild = {
  measure,
  /** Of which build: the one that is checked, or the one before. */
  of: z._default(z.enum(["latest", "before"]), "latest"),
  step: z.optional(text),
  path: z.optional(text),
  text: z.optional(text),
  name: z.optional(text),
};

const checkShape = z.strictObject({
  ...questionToBuild,
  /** What is wanted, as a sentence. */
  says: filled,
  is: z.optional(text),
  not: z.optional(text),
  atLeast: z.optional(z.number()),
  atMost: z.optional(z.number()),
  /** What to do when it is not so. */
  otherwise: filled,
});

const questionShape = z.strictObject({
  text: filled,
  /** Letters and what they stand for; without them the answer is a word or a number. */
  choices: z.optional(z.record(z.string(), filled)),
  /** The right answer, where it is always the same. */
  right: z.optional(text),
  /** Else it is measured on the build. */
  answer: z.optional(z.strictObject(questionToBuild)),
  /** Which build of the walk it is asked for, where the learner has none. */
  build: z._default(z.nullable(z.string()), null),
  /** Shown with the right answer. */
  because: filled,
});

const walkShape = z.strictObject({
  /** Also the folder below `walk/` whose files are put over those that are there. */
  name: filled,
  says: filled,
  /** Other lines of the program that a learner runs before it: `cache warm …`. */
  before: z._default(textList, []),
  /** Behind `kaniko-lab build FOLDER`. */
  options: z._default(textList, []),
  /** Part of the learner's folder that is the context. */
  context: z._default(z.string(), ""),
  passes: z._default(z.boolean(), false),
});

const tryShape = z.strictObject({ run: filled, why: filled });

const shape = z.strictObject({
  title: filled,
  /** One line for the list. */
  about: filled,
  text: filled,
  try: z._default(z.array(tryShape), []),
  question: questionShape,
  task: filled,
  checks: z.array(checkShape).check(z.minLength(1)),
  hints: z.array(filled).check(z.minLength(1)),
  /** What a learner builds on the way, the last one as it should be; what the recordings are made of. */
  walk: z.array(walkShape).check(z.minLength(1)),
  /** What the machine must have for it, beside an executor: said to the learner. */
  needs: z._default(z.enum(["executor", "warmer", "cluster"]), "executor"),
});

export type LessonFile = z.infer<typeof shape>;
export type LessonCheck = LessonFile["checks"][number];
/** What is asked of a build. */
export type BuildQuestion = z.infer<z.ZodMiniObject<typeof questionToBuild>>;
export type WalkStep = LessonFile["walk"][number];

/** @throws LabError `config-invalid` with file and line. */
export function parseLessonFile(content: string, file: string): LessonFile {
  const [document, second] = parseYaml(content, file);
  if (document === undefined) throw new LabError("config-invalid", `${file} is empty`);
  if (second !== undefined) throw new LabError("config-invalid", `${file} has more than one document`);
  refuseUnknownKeys(document);
  const lesson = document.check(shape);
  for (const [at, check] of lesson.checks.entries()) {
    refuseOddQuestion(document, ["checks", at], check);
    if ([check.is, check.not, check.atLeast, check.atMost].every(value => value === undefined))
      throw document.fault(["checks", at], "a check needs one of is, not, atLeast, atMost");
  }
  checkQuestion(document, lesson.question);
  if (!lesson.walk.at(-1)?.passes)
    throw document.fault(["walk", lesson.walk.length - 1], "the last build of the walk must pass (passes: true)");
  const names = lesson.walk.map(step => step.name);
  const asked = lesson.question.build;
  if (asked !== null && !names.includes(asked))
    throw document.fault(["question", "build"], `${asked} is no build of the walk: ${names.join(", ")}`);
  for (const [at, name] of names.entries()) {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
      throw document.fault(["walk", at, "name"], `${name}: names of builds are lower case letters, digits and -`);
    if (names.indexOf(name) < at) throw document.fault(["walk", at, "name"], `two builds are called ${name}`);
  }
  return lesson;
}

function checkQuestion(document: YamlDocument, question: LessonFile["question"]): void {
  const { choices, right, answer } = question;
  if ((right === undefined) === (answer === undefined))
    throw document.fault(["question"], "a question needs either right or answer");
  if (answer !== undefined) refuseOddQuestion(document, ["question", "answer"], answer);
  if (choices !== undefined && right !== undefined && choices[right] === undefined)
    throw document.fault(["question", "right"], `${right} is none of the choices ${Object.keys(choices).join(", ")}`);
}

function refuseOddQuestion(document: YamlDocument, path: YamlPath, question: BuildQuestion): void {
  const missing = missingFor(question);
  if (missing !== null) throw document.fault(path, `${question.measure} needs ${missing}`);
  const unused = unusedFor(question);
  if (unused !== null) throw document.fault([...path, unused], `${question.measure} has no use for ${unused}`);
  if (question.step === undefined) return;
  const fault = parseStepWords(question.step);
  if (typeof fault === "string") throw document.fault([...path, "step"], fault);
}

/** zod's own words name an unknown key, but not its line. */
function refuseUnknownKeys(document: YamlDocument): void {
  const lists = [
    [[], shape],
    [["question"], questionShape],
    [["question", "answer"], z.strictObject(questionToBuild)],
    ...["checks", "walk", "try"].flatMap(name => {
      const items = document.at([name]);
      const of = name === "checks" ? checkShape : name === "walk" ? walkShape : tryShape;
      return Array.isArray(items) ? items.map((_, at) => [[name, at], of] as const) : [];
    }),
  ] as readonly (readonly [YamlPath, { readonly shape: object }])[];
  for (const [path, of] of lists) {
    const value = document.at(path);
    if (value === null || typeof value !== "object" || Array.isArray(value)) continue;
    const known = Object.keys(of.shape);
    const unknown = Object.keys(value).find(key => !known.includes(key));
    if (unknown === undefined) continue;
    const hint = `known keys: ${known.join(", ")}`;
    throw document.fault([...path, unknown], `unknown key ${unknown}${suggestion(unknown, known, true)}`, hint);
  }
  const questions = [
    ["question", "answer"],
    ...(Array.isArray(document.at(["checks"])) ? (document.at(["checks"]) as unknown[]) : []).map((_, at) => [
      "checks",
      at,
    ]),
  ] as readonly YamlPath[];
  for (const path of questions) {
    const name = document.at([...path, "measure"]);
    if (typeof name !== "string" || (measureNames as readonly string[]).includes(name)) continue;
    const hint = `measures: ${measureNames.join(", ")}`;
    throw document.fault([...path, "measure"], `no measure ${name}${suggestion(name, measureNames, true)}`, hint);
  }
}
