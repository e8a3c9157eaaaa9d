import { isAbsolute, join } from "node:path";
import { openStack } from "../../lib/analysis/layer-stack.ts";
import { findingWaste, sumWaste, wasteKinds } from "../../lib/analysis/waste/find-waste.ts";
import {
  anyGlob,
  checkingRules,
  type RuledLayer,
  type RuleResult,
  type WasteRules,
} from "../../lib/analysis/waste/waste-rules.ts";
import { buildFileName, readBuildFile } from "../../lib/build/build-file.ts";
import { LabError } from "../../lib/error.ts";
import type { Step } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Target } from "../../lib/model/target.ts";
import { inSlices } from "../../lib/pausing.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { ruleLine, showWaste, type WasteView, wasteDocument } from "../display/waste.ts";
import {
  chosenStep,
  noteUnknownLayers,
  type OpenedTarget,
  openTarget,
  type StepArgs,
  withStepOptions,
  withTarget,
} from "./target-options.ts";

export interface WasteArgs extends WasteRules {
  readonly base?: boolean;
  readonly top: number;
  readonly ignore: readonly string[];
}

interface Args extends StepArgs, WasteArgs {
  readonly target?: string;
}

export const command: Command = {
  examples: [
    ["$0 waste", "what the latest image stores without need"],
    ["$0 waste latest --max-waste 5% --max-step-size 200MB --deny '*.pem'", "for CI: exit status 1 when a rule fails"],
    ["$0 waste oci:out --ignore docs --allow 'opt/app/**'", "leave out a kind, and paths that are accepted"],
  ],
  options: argv =>
    withStepOptions(withTarget(argv))
      .option("base", { type: "boolean", describe: "Count the layers of the base image, too" })
      .option("top", { type: "number", default: 3, describe: "Show so many of the largest paths for each finding" })
      .option("ignore", {
        type: "string",
        array: true,
        nargs: 1,
        default: [],
        choices: wasteKinds.map(({ kind }) => kind),
        describe: "A kind that does not count",
      })
      .option("allow", {
        type: "string",
        array: true,
        nargs: 1,
        default: [],
        describe: "Glob of paths that are accepted: they neither count nor break --deny",
      })
      .option("deny", {
        type: "string",
        array: true,
        nargs: 1,
        default: [],
        describe: "Rule: no layer has a path that this glob matches, not even one that is deleted later",
      })
      .option("max-waste", {
        type: "string",
        describe: "Rule: no more wasted bytes than this (20MB), or than this part of all (5%)",
        requiresArg: true,
      })
      .option("max-step-size", {
        type: "string",
        describe: "Rule: no layer is larger than this, as it is stored (200MB)",
        requiresArg: true,
      }),
  async run(context, args: Args) {
    const { lab, target, progress } = await openTarget(context, args.target);
    const step = chosenStep(target, args);
    noteUnknownLayers(context, target, step);
    const { view, results } = await judgeWaste(context, { lab, target, progress }, step, args);
    if (context.output.json) context.output.document(wasteDocument(view, results));
    else showWaste(view, context.output);
    const broken = results.filter(result => !result.passed);
    for (const result of broken) context.output.alert(`broken rule: ${ruleLine(result)}`);
    return broken.length > 0 ? 1 : 0;
  },
};

export interface JudgedWaste {
  readonly view: WasteView;
  readonly results: readonly RuleResult[];
}

/** What the layers up to a step store without need, and the rules for that. */
export async function judgeWaste(
  context: CliContext,
  { lab, target, progress }: OpenedTarget,
  step: Step,
  args: WasteArgs,
): Promise<JudgedWaste> {
  const layers = await openStack(lab, target, step, progress);
  const rules = await withContextRules(context, target, args);
  const finding = findingWaste(layers, {
    isAllowed: rules.allow.length === 0 ? undefined : anyGlob(rules.allow),
    ignoredKinds: new Set(rules.ignore),
    top: args.top,
    onProgress: (done, total) => progress.onProgress?.("looking for waste", done, total, "rows"),
  });
  const waste = await inSlices(finding, context.signal);
  const counted = layers.map(layer => args.base === true || !layer.isBase);
  const view = {
    target,
    layers,
    waste,
    total: sumWaste(waste.layers.filter((_, at) => counted[at])),
    apart: sumWaste(waste.layers.filter((_, at) => !counted[at])),
    findings: waste.findings.filter(finding => counted[finding.layer]),
  };
  const ruled = layers.map((layer, at): RuledLayer => ({ ...layer, ...waste.layers[at]! }));
  const checking = checkingRules(
    rules,
    ruled.filter((_, at) => counted[at]),
    args.top,
  );
  return { view, results: await inSlices(checking, context.signal) };
}

type Rules = WasteRules & Pick<WasteArgs, "ignore">;

/** The rules of the context that was built, where it is still there, and those given as options: they win, lists add up. */
async function withContextRules(context: CliContext, target: Target, args: WasteArgs): Promise<Rules> {
  const folder = target.build?.spec.context ?? "";
  const { waste } = isAbsolute(folder) ? await readBuildFile(folder) : {};
  if (waste === undefined) return args;
  context.output.note(`with the rules of ${showText(join(folder, buildFileName))}`);
  const unknown = waste.ignore?.find(kind => !wasteKinds.some(known => known.kind === kind));
  if (unknown !== undefined) {
    throw new LabError(
      "config-invalid",
      `${buildFileName}: waste.ignore: there is no kind ${JSON.stringify(unknown)}`,
      {
        hint: `kinds: ${wasteKinds.map(({ kind }) => kind).join(", ")}`,
      },
    );
  }
  return {
    maxWaste: args.maxWaste ?? waste.maxWaste,
    maxStepSize: args.maxStepSize ?? waste.maxStepSize,
    deny: [...(waste.deny ?? []), ...args.deny],
    allow: [...(waste.allow ?? []), ...args.allow],
    ignore: [...(waste.ignore ?? []), ...args.ignore],
  };
}
