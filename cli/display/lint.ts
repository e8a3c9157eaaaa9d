/** Findings of `lint` as text and as JSON. */

import type { StackLayer } from "../../lib/analysis/layer-stack.ts";
import type { Finding } from "../../lib/analysis/lint/finding.ts";
import { type LintRule, lintRule, lintRules, type Severity, severities } from "../../lib/analysis/lint/lint-rules.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Target } from "../../lib/model/target.ts";
import { wrapText } from "../tui/text/cells.ts";
import type { Output } from "./output.ts";
import { stepPlace } from "./step-place.ts";
import type { Style } from "./style.ts";
import { cutTo, tableLines } from "./table.ts";

export interface LintView {
  readonly target: Target;
  readonly layers: readonly StackLayer[];
  readonly findings: readonly Finding[];
  readonly dropped: number;
}

/** Findings of one rule in one step stand together; the severest first. */
export function showFindings(view: LintView, output: Output, top: number): void {
  const groups = [...Map.groupBy(view.findings, finding => `${finding.rule} ${stepOf(finding, view.layers)}`).values()];
  const rank = ([first]: readonly Finding[]) => severities.indexOf(lintRule((first as Finding).rule).severity);
  const hinted = new Set<string>();
  for (const group of groups.sort((one, other) => rank(one) - rank(other))) {
    const first = group[0] as Finding;
    const rule = lintRule(first.rule);
    output.line(
      `${paintOf(rule.severity, output.style)(rule.severity.padEnd(7))}  ${placeText(first, view)}  ${output.style.bold(rule.id)}`,
    );
    for (const finding of group.slice(0, top)) {
      for (const line of findingLines(finding, view, output.columns - 9))
        output.line(cutTo(`         ${line}`, output.columns));
    }
    if (group.length > top) output.line(output.style.dim(`         and ${group.length - top} more`));
    if (hinted.has(rule.id)) continue;
    hinted.add(rule.id);
    for (const line of explanation(rule, output.columns - 9)) output.line(output.style.dim(`         ${line}`));
  }
}

/** Why a rule is there, and how to mend what it finds. */
function explanation({ why, hint }: LintRule, width: number): string[] {
  return [...wrapText(why, width), ...wrapText(`hint: ${hint}`, width)];
}

function stepOf({ step, layer }: Finding, layers: readonly StackLayer[]): number | null {
  return step ?? (layer === null ? null : layers[layer]!.step);
}

function placeText(finding: Finding, { target, layers }: LintView): string {
  const { step, line } = stepPlace(target, stepOf(finding, layers));
  if (step === null) return "config";
  return `step ${step}${line === null ? "" : ` (line ${line})`}`;
}

function findingLines({ path, detail, gone }: Finding, { layers }: LintView, width: number): string[] {
  const words = [path === null ? "" : `/${showText(path)}`, showText(detail)].filter(word => word !== "");
  const joined = words.join("  ");
  const lines = joined.length <= width ? [joined] : words.map((word, at) => (at === 0 ? word : `  ${word}`));
  if (gone === null) return lines;
  return [...lines, `  ${gone.how} by step ${layers[gone.layer]!.step}, but still in this step's layer`];
}

function paintOf(severity: Severity, style: Style): (text: string) => string {
  return severity === "error" ? style.red : severity === "warning" ? style.yellow : style.dim;
}

export type Counts = Readonly<Record<Severity, number>>;

export function countFindings(findings: readonly Finding[]): Counts {
  const counts = { error: 0, warning: 0, note: 0 };
  for (const finding of findings) counts[lintRule(finding.rule).severity] += 1;
  return counts;
}

export function countsText(counts: Counts, dropped: number): string {
  const words = severities.map(severity => `${counts[severity]} ${severity}${counts[severity] === 1 ? "" : "s"}`);
  return `${words.join(", ")}${dropped > 0 ? `; ${dropped} more are not kept` : ""}`;
}

export function lintDocument(view: LintView): object {
  const { target, layers, findings, dropped } = view;
  return {
    target: target.name,
    counts: countFindings(findings),
    dropped,
    findings: findings.map(finding => {
      const rule = lintRule(finding.rule);
      const layer = finding.layer === null ? null : layers[finding.layer]!;
      return {
        rule: rule.id,
        severity: rule.severity,
        ...stepPlace(target, stepOf(finding, layers)),
        digest: layer?.columns.digest ?? null,
        base: layer?.isBase ?? false,
        path: finding.path,
        tarOffset: finding.tarOffset,
        detail: finding.detail,
        why: rule.why,
        hint: rule.hint,
        gone: finding.gone && { ...stepPlace(target, layers[finding.gone.layer]!.step), how: finding.gone.how },
      };
    }),
  };
}

export function rulesTable(output: Output): string[] {
  const columns = [{ title: "RULE" }, { title: "SEVERITY" }];
  const [head, ...rows] = tableLines(columns, lintRules.map(ruleRow), output.columns, output.style.bold);
  const explained = rows.flatMap((row, at) => {
    const lines = explanation(lintRules[at] as LintRule, output.columns - 2);
    return [row, ...lines.map(line => output.style.dim(`  ${line}`))];
  });
  return [head as string, ...explained];
}

function ruleRow({ id, severity }: LintRule): string[] {
  return [id, severity];
}
