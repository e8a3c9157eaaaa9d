/** One entry of Kaniko's layer cache or base image cache, with all that is known of it. */

import type { CacheEntry } from "../../lib/kaniko-cache/cache-entry.ts";
import type { EntryUse } from "../../lib/kaniko-cache/entry-use.ts";
import type { KeyParts } from "../../lib/kaniko-cache/key-parts.ts";
import { showText } from "../../lib/model/path-text.ts";
import { programWord } from "../program-word.ts";
import { expiryLabel, formatAge } from "./cache-entries.ts";
import { formatBytes, formatTime } from "./format.ts";
import type { Style } from "./style.ts";

export interface EntryView {
  readonly parts: KeyParts | null;
  readonly nowMs: number;
  readonly style: Style;
}

const maxUses = 20;

export function entryLines(entry: CacheEntry, uses: readonly EntryUse[], view: EntryView): string[] {
  const { style } = view;
  const facts = entry.kind === "layer" ? layerFacts(entry) : baseFacts(entry);
  const lines = [...facts, ...commonFacts(entry, uses, view)].map(
    ([name, text]) => `${style.bold(name.padEnd(labelWidth))}${showText(text)}`,
  );
  lines.push("", ...usageLines(uses, style));
  if (view.parts) lines.push("", ...partLines(view.parts, style));
  if (entry.damage === null && !(entry.kind === "layer" && entry.pointsTo !== null))
    lines.push("", style.bold("open it as"), `  ${showText(entry.target)}`, ...openLines(entry));
  return lines;
}

const labelWidth = 14;
type Fact = readonly [name: string, text: string];

function layerFacts(entry: Extract<CacheEntry, { kind: "layer" }>): Fact[] {
  const { layer, pointsTo } = entry;
  return [
    ["layer cache", entry.key],
    ...fact("instruction", entry.createdBy),
    ...fact("points to", pointsTo),
    ...fact("layer", layer?.digest ?? null),
    ...fact("diff id", layer?.diffId ?? null),
    ...fact("layer size", layer === null ? null : formatBytes(layer.sizeBytes)),
  ];
}

/** Each family looks for its own form only; the other one it cannot open, says so in its log, and fetches the image. */
const formWords = {
  layout: "a folder, of the maintained fork's warmer; upstream cannot read it",
  archive: "an archive, of upstream's warmer; the maintained fork cannot read it",
} as const;

function baseFacts(entry: Extract<CacheEntry, { kind: "base-image" }>): Fact[] {
  return [
    ["base image", entry.digest],
    ...fact("image", entry.imageName),
    ["form", formWords[entry.format]],
    ...fact("layers", entry.layers === null ? null : String(entry.layers.length)),
  ];
}

function fact(name: string, text: string | null): Fact[] {
  return text === null ? [] : [[name, text]];
}

function commonFacts(entry: CacheEntry, uses: readonly EntryUse[], { nowMs }: EntryView): Fact[] {
  const { createdAt } = entry;
  return [
    ["takes", formatBytes(entry.sizeBytes)],
    ...fact("made", createdAt && `${formatTime(createdAt)} (${formatAge(nowMs - Date.parse(createdAt))} ago)`),
    ["expires", expiryLabel(entry, uses, nowMs)],
    ...fact("damaged", entry.damage),
  ];
}

const howWords = { made: "made by", used: "used by", known: "known to" } as const;

function usageLines(uses: readonly EntryUse[], style: Style): string[] {
  if (uses.length === 0) return ["no build here knows it"];
  const lines = uses.slice(0, maxUses).map(({ build, step, how }) => {
    const name = build.name === null ? build.id : `${build.id} (${showText(build.name)})`;
    return `  ${howWords[how].padEnd(9)} step ${step.number} of ${name}`;
  });
  if (uses.length > maxUses) lines.push(`  … and ${uses.length - maxUses} more`);
  return [style.bold("builds"), ...lines];
}

function partLines({ build, steps }: KeyParts, style: Style): string[] {
  return [
    style.bold(`the key is made of (as build ${build} tells)`),
    ...steps.flatMap(({ step, parts }) =>
      parts.map((part, at) => `${(at === 0 ? String(step) : "").padStart(4)}  ${showText(part)}`),
    ),
  ];
}

function openLines({ target }: CacheEntry): string[] {
  const word = /^[\w:./@-]+$/.test(target) ? target : "TARGET";
  return [`  as in: ${programWord()} tree ${word}`];
}
