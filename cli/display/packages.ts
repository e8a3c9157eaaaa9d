/** Packages of steps as text and as JSON. */

import type { Package } from "../../lib/analysis/packages/package.ts";
import type { PackageChange } from "../../lib/analysis/packages/package-changes.ts";
import type { StepPackages } from "../../lib/analysis/packages/step-packages.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Target } from "../../lib/model/target.ts";
import { formatBytes, formatDelta } from "./format.ts";
import type { Output } from "./output.ts";
import { stepPlace } from "./step-place.ts";
import { cutTo, tableLines } from "./table.ts";

const marks = { added: "+", removed: "-", upgraded: "^", downgraded: "v", changed: "~" } as const;

/** @param isShort Only say how many there are: for a base, whose packages nobody here chose. */
export function showStepPackages({ step, changes, unreadable }: StepPackages, output: Output, isShort: boolean): void {
  output.line(cutTo(`step ${step.number}  ${showText(step.text)}`, output.columns));
  for (const { path, reason } of unreadable)
    output.line(cutTo(`  not readable: /${showText(path)}: ${showText(reason)}`, output.columns));
  if (isShort) {
    output.line(`  ${countsText(changes)} (--base lists them)`);
    return;
  }
  if (changes.length === 0) return;
  // The header is that of a table that stands alone.
  const columns = ["", "", "", "", ""].map((title, at) => ({
    title,
    align: at === 3 ? ("right" as const) : ("left" as const),
  }));
  const [, ...lines] = tableLines(columns, changes.map(changeRow), output.columns - 2);
  const paints = { added: output.style.green, removed: output.style.red, upgraded: output.style.yellow };
  for (const [at, line] of lines.entries()) {
    const paint = paints[changes[at]?.change as keyof typeof paints] ?? (text => text);
    output.line(paint(`  ${line}`));
  }
}

function changeRow({ change, before, after }: PackageChange): string[] {
  const { kind, name } = (after ?? before) as Package;
  const size = before && after ? deltaText(before, after) : sizeText((after ?? before) as Package);
  const version = before && after ? `${before.version} → ${after.version}` : ((after ?? before) as Package).version;
  return [marks[change], kind, cutTo(showText(name), 40), size, showText(version)];
}

function sizeText({ sizeBytes }: Package): string {
  return sizeBytes === null ? "" : formatBytes(sizeBytes);
}

function deltaText(before: Package, after: Package): string {
  return before.sizeBytes === null || after.sizeBytes === null ? "" : formatDelta(after.sizeBytes - before.sizeBytes);
}

/** `88 added, 1 upgraded` */
export function countsText(changes: readonly PackageChange[]): string {
  const counts = Map.groupBy(changes, ({ change }) => change);
  const words = Object.keys(marks).flatMap(word => {
    const count = counts.get(word as PackageChange["change"])?.length ?? 0;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  return words.length === 0 ? "no packages changed" : words.join(", ");
}

export function packagesDocument(target: Target, steps: readonly StepPackages[]): object {
  return {
    target: target.name,
    steps: steps.map(({ step, changes, unreadable }) => ({
      ...stepPlace(target, step.number),
      base: step.baseLayers.length > 0,
      changes: changes.map(({ change, before, after }) => ({
        change,
        kind: (after ?? before)?.kind,
        name: (after ?? before)?.name,
        before: before && packageDocument(before),
        after: after && packageDocument(after),
      })),
      unreadable,
    })),
  };
}

function packageDocument({ version, sizeBytes, source }: Package): object {
  return { version, sizeBytes, source };
}
