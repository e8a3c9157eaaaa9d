/** Rules that an image has to keep, for continuous integration. Pure. */

import { LabError } from "../../error.ts";
import type { LayerColumns } from "../../layer/layer-columns.ts";
import { createMatcher, searchPaths } from "../../layer/search-paths.ts";
import { atOnce, type Pausing, rowsPerPause } from "../../pausing.ts";
import type { LayerWaste } from "./find-waste.ts";

/** An amount of bytes, or a part of all bytes (0 to 1). */
export type WasteLimit = { readonly bytes: number } | { readonly part: number };

const unitBytes: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  kib: 2 ** 10,
  m: 1e6,
  mb: 1e6,
  mib: 2 ** 20,
  g: 1e9,
  gb: 1e9,
  gib: 2 ** 30,
};

/** `500`, `20MB`, `1.5 GiB`: kB, MB, GB are powers of 1000. @throws LabError `usage`. */
export function parseBytes(text: string): number {
  const match = /^([0-9]{1,15}(?:\.[0-9]{1,15})?) ?([a-z]{0,3})$/i.exec(text.trim());
  const unit = match === null ? undefined : unitBytes[(match[2] as string).toLowerCase()];
  if (match !== null && unit !== undefined) return Math.round(Number(match[1]) * unit);
  throw new LabError("usage", `${JSON.stringify(text)} is no size`, { hint: "write it as 500kB, 20MB, 1.5GiB" });
}

/** `20MB` or `5%`. @throws LabError `usage`. */
export function parseWasteLimit(text: string): WasteLimit {
  const percent = /^([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%$/.exec(text.trim());
  return percent === null ? { bytes: parseBytes(text) } : { part: Number(percent[1]) / 100 };
}

/** A path that any of the globs matches, as `search --glob` understands them. @throws LabError `usage`. */
export function anyGlob(globs: readonly string[]): (path: string) => boolean {
  const matchers = globs.map(glob => createMatcher(glob, { mode: "glob" }));
  return path => matchers.some(matcher => matcher.matches(path));
}

export interface WasteRules {
  readonly maxWaste?: string | undefined;
  readonly maxStepSize?: string | undefined;
  readonly deny: readonly string[];
  readonly allow: readonly string[];
}

/** What the rules are checked against: layers that count, with the step of each. */
export interface RuledLayer extends LayerWaste {
  readonly columns: LayerColumns;
  readonly step: number;
}

export interface RuleResult {
  readonly rule: "max-waste" | "max-step-size" | "deny";
  /** As it was given. */
  readonly limit: string;
  readonly passed: boolean;
  /** max-waste: the wasted bytes; max-step-size: the layer's stored size; deny: how many paths. */
  readonly actual: number;
  readonly step: number | null;
  /** deny: paths in the layers, the first ones. */
  readonly paths: readonly string[];
}

/** Every rule that was given, with what came out; `max-step-size` once for each step that breaks it. @throws LabError `usage`. */
export function checkRules(rules: WasteRules, layers: readonly RuledLayer[], top: number): RuleResult[] {
  return atOnce(checkingRules(rules, layers, top));
}

/** `checkRules`, for who must not wait for it. */
export function* checkingRules(rules: WasteRules, layers: readonly RuledLayer[], top: number): Pausing<RuleResult[]> {
  const results = [
    ...(rules.maxWaste === undefined ? [] : [checkWaste(rules.maxWaste, layers)]),
    ...(rules.maxStepSize === undefined ? [] : checkStepSizes(rules.maxStepSize, layers)),
  ];
  for (const glob of rules.deny) results.push(yield* checkingDenied(glob, anyGlob(rules.allow), layers, top));
  return results;
}

function checkWaste(limit: string, layers: readonly RuledLayer[]): RuleResult {
  const allowed = parseWasteLimit(limit);
  const stored = layers.reduce((sum, layer) => sum + layer.storedBytes, 0);
  const actual = layers.reduce((sum, layer) => sum + layer.wastedBytes, 0);
  const passed = actual <= ("part" in allowed ? allowed.part * stored : allowed.bytes);
  return { rule: "max-waste", limit, passed, actual, step: null, paths: [] };
}

function checkStepSizes(limit: string, layers: readonly RuledLayer[]): RuleResult[] {
  const allowed = parseBytes(limit);
  const results = layers.map(
    ({ step, columns }): RuleResult => ({
      rule: "max-step-size",
      limit,
      passed: columns.sizeBytes <= allowed,
      actual: columns.sizeBytes,
      step,
      paths: [],
    }),
  );
  const broken = results.filter(result => !result.passed);
  if (broken.length > 0) return broken;
  const largest = results.reduce<RuleResult | null>(
    (most, result) => (most !== null && most.actual >= result.actual ? most : result),
    null,
  );
  return largest === null ? [] : [largest];
}

function* checkingDenied(
  glob: string,
  isAllowed: (path: string) => boolean,
  layers: readonly RuledLayer[],
  top: number,
): Pausing<RuleResult> {
  const denied = createMatcher(glob, { mode: "glob" });
  const found = new Set<string>();
  let step: number | null = null;
  for (const { columns, step: number } of layers) {
    for (let from = 0; from < columns.entryCount; from += rowsPerPause) {
      for (const entry of searchPaths(columns, denied, { from, to: from + rowsPerPause })) {
        if (columns.whiteout(entry) !== null) continue;
        const path = columns.path(entry);
        if (path === "" || isAllowed(path)) continue;
        step ??= number;
        found.add(path);
      }
      yield;
    }
  }
  return {
    rule: "deny",
    limit: glob,
    passed: found.size === 0,
    actual: found.size,
    step,
    paths: [...found].slice(0, top),
  };
}
