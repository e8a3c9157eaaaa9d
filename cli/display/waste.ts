/** Waste as a table and as JSON. */

import type { StackLayer } from "../../lib/analysis/layer-stack.ts";
import {
  efficiency,
  type LayerWaste,
  type Waste,
  type WasteFinding,
  wasteKinds,
} from "../../lib/analysis/waste/find-waste.ts";
import type { RuleResult } from "../../lib/analysis/waste/waste-rules.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Target } from "../../lib/model/target.ts";
import { formatBytes } from "./format.ts";
import type { Output } from "./output.ts";
import { stepPlace } from "./step-place.ts";
import { cutTo } from "./table.ts";

export interface WasteView {
  readonly target: Target;
  readonly layers: readonly StackLayer[];
  readonly waste: Waste;
  /** Of the layers that count. */
  readonly total: LayerWaste;
  /** Of those that were left out since they are the base's. */
  readonly apart: LayerWaste;
  /** Those that count. */
  readonly findings: readonly WasteFinding[];
}

const kinds = new Map(wasteKinds.map(each => [each.kind, each]));

export function showWaste(view: WasteView, output: Output): void {
  const { total, apart, findings, layers } = view;
  const hinted = new Set<string>();
  for (const finding of findings) {
    const size = formatBytes(finding.sizeBytes).padStart(8);
    const files = `${finding.count} ${finding.count === 1 ? "file" : "files"}`;
    const what = `${kinds.get(finding.kind)?.title ?? finding.kind}${otherLabel(finding, layers)}`;
    const step = layers[finding.layer]!.step;
    output.line(`${output.style.bold(size)}  ${cutTo(`step ${step}  ${what}, ${files}`, output.columns - 10)}`);
    for (const { path, sizeBytes, same } of finding.paths) {
      const where = same === null || same === path ? "" : `  = /${showText(same)}`;
      const line = `${formatBytes(sizeBytes).padStart(8)}  /${showText(path)}${where}`;
      output.line(output.style.dim(cutTo(`          ${line}`, output.columns)));
    }
    const more = finding.count - finding.paths.length;
    if (more > 0 && finding.paths.length > 0) output.line(output.style.dim(`                    and ${more} more`));
    if (!hinted.has(finding.kind)) output.line(`          hint: ${kinds.get(finding.kind)?.hint}`);
    hinted.add(finding.kind);
  }
  if (findings.length > 0) output.line();
  output.line(
    `${formatBytes(total.wastedBytes)} of ${formatBytes(total.storedBytes)} wasted: efficiency ${percent(efficiency(total))}`,
  );
  if (apart.storedBytes > 0) {
    output.line(
      output.style.dim(
        `the base, counted apart: ${formatBytes(apart.wastedBytes)} of ${formatBytes(apart.storedBytes)} wasted`,
      ),
    );
  }
}

function otherLabel({ kind, other, layer }: WasteFinding, layers: readonly StackLayer[]): string {
  if (other === null) return "";
  const step = layers[other]!.step;
  if (kind === "rewritten") return step === layers[layer]!.step ? "" : ` (from step ${step})`;
  return ` by step ${step}`;
}

export function percent(part: number): string {
  return `${(Math.floor(part * 1000) / 10).toFixed(1)} %`;
}

/** `max-waste 5%: 12 MB are wasted` */
export function ruleLine({ rule, limit, actual, step, paths }: RuleResult): string {
  const name = `${rule} ${showText(limit)}`;
  if (rule === "max-waste") return `${name}: ${formatBytes(actual)} are wasted`;
  if (rule === "max-step-size") return `${name}: the layer of step ${step} has ${formatBytes(actual)}`;
  const more = actual > paths.length ? `, and ${actual - paths.length} more` : "";
  return `${name}: ${paths.map(path => `/${showText(path)}`).join(", ")}${more} (step ${step})`;
}

export function wasteDocument(view: WasteView, rules: readonly RuleResult[]): object {
  const { target, layers, waste, total, apart, findings } = view;
  const place = (at: number | null) => (at === null ? null : stepPlace(target, layers[at]!.step));
  return {
    target: target.name,
    efficiency: efficiency(total),
    storedBytes: total.storedBytes,
    wastedBytes: total.wastedBytes,
    base: apart,
    findings: findings.map(finding => ({
      kind: finding.kind,
      ...stepPlace(target, layers[finding.layer]!.step),
      base: layers[finding.layer]!.isBase,
      digest: layers[finding.layer]!.columns.digest,
      other: place(finding.other),
      sizeBytes: finding.sizeBytes,
      count: finding.count,
      hint: kinds.get(finding.kind)?.hint ?? "",
      paths: finding.paths,
    })),
    layers: layers.map(({ columns, step, isBase }, at) => ({
      digest: columns.digest,
      ...stepPlace(target, step),
      base: isBase,
      sizeBytes: columns.sizeBytes,
      ...waste.layers[at],
    })),
    rules,
  };
}
