import { lintRule, lintRules, type Severity, severities } from "../../lib/analysis/lint/lint-rules.ts";
import { lintTarget } from "../../lib/analysis/lint/lint-target.ts";
import { nameSuggestion } from "../../lib/dockerfile/suggest.ts";
import { LabError } from "../../lib/error.ts";
import type { Command } from "../command.ts";
import { countFindings, countsText, lintDocument, rulesTable, showFindings } from "../display/lint.ts";
import {
  chosenStep,
  noteUnknownLayers,
  openTarget,
  type StepArgs,
  withStepOptions,
  withTarget,
} from "./target-options.ts";

interface Args extends StepArgs {
  readonly target?: string;
  readonly rules?: boolean;
  readonly rule: readonly string[];
  readonly skip: readonly string[];
  readonly failOn: Severity | "never";
  readonly base?: boolean;
  readonly contents: boolean;
  readonly top: number;
}

const ids = lintRules.map(({ id }) => id);

/** @throws LabError `usage` */
function checkIds(given: readonly string[]): void {
  const unknown = given.find(id => !ids.includes(id));
  if (unknown === undefined) return;
  throw new LabError("usage", `there is no rule ${JSON.stringify(unknown)}${nameSuggestion(unknown, ids)}`, {
    hint: "kaniko-lab lint --rules lists them",
  });
}

export const command: Command = {
  examples: [
    ["$0 lint", "secrets and oddities in the latest image; 1 when there is an error"],
    ["$0 lint oci:out --fail-on warning --skip setuid", "for CI"],
    ["$0 lint --rules", "every rule, why it is there and how to mend what it finds"],
  ],
  options: argv =>
    withStepOptions(withTarget(argv))
      .option("rules", { type: "boolean", describe: "List the rules" })
      .option("rule", {
        type: "string",
        array: true,
        nargs: 1,
        default: [],
        describe: "Only this rule (--rules lists them)",
      })
      .option("skip", { type: "string", array: true, nargs: 1, default: [], describe: "Not this rule" })
      .option("fail-on", {
        type: "string",
        choices: [...severities, "never"],
        default: "error",
        describe: "Exit with 1 for findings of this severity and above",
      })
      .option("base", { type: "boolean", describe: "Judge the layers of the base image, too" })
      .option("contents", {
        type: "boolean",
        default: true,
        describe: "Look for secrets in contents (--no-contents: names and config only)",
      })
      .option("top", { type: "number", default: 5, describe: "Show so many findings of a rule in a step" }),
  async run(context, args: Args) {
    const { output } = context;
    checkIds([...args.rule, ...args.skip]);
    if (args.rules) {
      if (output.json) output.document({ rules: lintRules });
      else for (const line of rulesTable(output)) output.line(line);
      return 0;
    }
    const { lab, target, progress } = await openTarget(context, args.target);
    const step = chosenStep(target, args);
    noteUnknownLayers(context, target, step);
    const report = await lintTarget(
      {
        cache: context.cache,
        lab,
        target,
        step,
        withBase: args.base ?? false,
        withContents: args.contents,
        nowSeconds: Date.now() / 1000,
      },
      progress,
    );
    const isWanted = (rule: string) =>
      (args.rule.length === 0 || args.rule.includes(rule)) && !args.skip.includes(rule);
    const view = { ...report, target, findings: report.findings.filter(({ rule }) => isWanted(rule)) };
    const counts = countFindings(view.findings);
    if (output.json) output.document(lintDocument(view));
    else {
      showFindings(view, output, args.top);
      output.note(countsText(counts, view.dropped));
    }
    if (args.failOn === "never") return 0;
    const failing = severities.slice(0, severities.indexOf(args.failOn) + 1);
    return view.findings.some(({ rule }) => failing.includes(lintRule(rule).severity)) ? 1 : 0;
  },
};
