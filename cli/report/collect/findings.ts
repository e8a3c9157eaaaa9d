/** Waste, findings of lint and packages as a report has them: what the commands of these names tell. */

import { mkdir } from "node:fs/promises";
import { lintRule } from "../../../lib/analysis/lint/lint-rules.ts";
import { type LintReport, lintTarget } from "../../../lib/analysis/lint/lint-target.ts";
import type { Package } from "../../../lib/analysis/packages/package.ts";
import { stepPackages } from "../../../lib/analysis/packages/step-packages.ts";
import { efficiency, wasteKinds } from "../../../lib/analysis/waste/find-waste.ts";
import { LabError } from "../../../lib/error.ts";
import type { Step } from "../../../lib/model/build.ts";
import type { Target } from "../../../lib/model/target.ts";
import { judgeWaste } from "../../commands/waste.ts";
import type { CliContext } from "../../context.ts";
import { stepPlace } from "../../display/step-place.ts";
import { ruleLine } from "../../display/waste.ts";
import type { ReportLint, ReportStepPackages, ReportWaste } from "../document.ts";
import type { ReportRequest } from "./request.ts";

/** So many of the largest paths of a finding are listed. */
const topPaths = 20;

export async function collectWaste(
  context: CliContext,
  request: ReportRequest,
  target: Target,
  step: Step,
): Promise<ReportWaste> {
  const noRules = { top: topPaths, ignore: [], allow: [], deny: [] };
  const { view, results } = await judgeWaste(context, { ...request, target }, step, noRules);
  const { layers, total, apart, findings } = view;
  return {
    efficiency: efficiency(total),
    storedBytes: total.storedBytes,
    wastedBytes: total.wastedBytes,
    base: apart,
    findings: findings.map(finding => {
      const kind = wasteKinds.find(known => known.kind === finding.kind);
      return {
        kind: finding.kind,
        title: kind?.title ?? finding.kind,
        hint: kind?.hint ?? "",
        ...stepPlace(target, layers[finding.layer]!.step),
        otherStep: finding.other === null ? null : layers[finding.other]!.step,
        sizeBytes: finding.sizeBytes,
        count: finding.count,
        paths: finding.paths,
      };
    }),
    brokenRules: results.filter(({ passed }) => !passed).map(ruleLine),
  };
}

export async function collectLint(
  { cache, lab, progress }: ReportRequest,
  target: Target,
  step: Step,
): Promise<ReportLint> {
  const request = { cache, lab, target, step, withBase: false, nowSeconds: Date.now() / 1000 };
  try {
    const report = await lintTarget({ ...request, withContents: true }, progress);
    return reportLint(report, target, false);
  } catch (error) {
    // Of a recording without layers there are only listings.
    if (!(error instanceof LabError) || error.code !== "blob-missing") throw error;
    return reportLint(await lintTarget({ ...request, withContents: false }, progress), target, true);
  }
}

function reportLint({ layers, findings, dropped }: LintReport, target: Target, namesOnly: boolean): ReportLint {
  const stepOf = (layer: number | null) => (layer === null ? null : layers[layer]!.step);
  return {
    namesOnly,
    dropped,
    findings: findings.map(finding => {
      const { id, severity, why, hint } = lintRule(finding.rule);
      return {
        rule: id,
        severity,
        ...stepPlace(target, finding.step ?? stepOf(finding.layer)),
        path: finding.path,
        detail: finding.detail,
        why,
        hint,
        gone: finding.gone && { how: finding.gone.how, step: stepOf(finding.gone.layer) },
      };
    }),
  };
}

export async function collectPackages(
  { cache, lab, progress }: ReportRequest,
  target: Target,
): Promise<ReportStepPackages[]> {
  await mkdir(cache.scratch, { recursive: true });
  const steps: ReportStepPackages[] = [];
  for await (const { step, changes } of stepPackages({ lab, target, scratch: cache.scratch }, progress)) {
    if (changes.length === 0) continue;
    steps.push({
      step: step.number,
      isBase: step.baseLayers.length > 0,
      changes: changes.map(({ change, before, after }) => {
        const { kind, name, sizeBytes } = (after ?? before) as Package;
        return { change, kind, name, before: before?.version ?? null, after: after?.version ?? null, sizeBytes };
      }),
    });
  }
  return steps;
}
