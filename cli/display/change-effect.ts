/** Which steps a change invalidates and by which files, in lines; for the plain output and the terminal UI. */

import { showText } from "../../lib/model/path-text.ts";
import type { Foresight } from "../../lib/prediction/foresee.ts";
import type { PathChange } from "../../lib/watch/change.ts";
import type { ChangeEffect, InvalidatedStep } from "../../lib/watch/change-effect.ts";
import { counted } from "./format.ts";
import { causeWords } from "./prediction.ts";

export const changeSigns: Readonly<Record<PathChange["kind"], string>> = { added: "+", changed: "~", removed: "-" };

const mostNamed = 3;

/** `a.c, b.c, c.c and 7 more` */
export function namesOf(paths: readonly string[]): string {
  const named = paths.slice(0, mostNamed).map(shownPath).join(", ");
  const more = paths.length - mostNamed;
  return more > 0 ? `${named} and ${more} more` : named;
}

export function shownPath(path: string): string {
  return path === "" ? "the context" : showText(path);
}

/** Why a step has another key than before. */
export function invalidatedBy({ files, cause, after }: InvalidatedStep): string {
  if (after !== null) return `only because of step ${after}`;
  const own = cause === null || cause.kind === "file" || cause.kind === "folder" ? "" : causeWords(cause);
  const by = files.length === 0 ? "" : `by ${namesOf(files)}`;
  if (by !== "") return own === "" ? by : `${by}: ${own}`;
  if (own !== "") return own;
  return cause === null ? "by what comes before it" : causeWords(cause);
}

/** All of it in one line: `words.txt invalidates step 3 and 4 steps behind it`. */
export function effectSummary({ changes, invalidated, unused }: ChangeEffect, { unknown }: Foresight): string {
  if (changes.length === 0) return "";
  const names = namesOf(changes.map(({ path }) => path));
  if (unknown !== null) return `${names} changed; nothing can be predicted: ${showText(unknown)}`;
  const own = invalidated.filter(({ after }) => after === null);
  const behind = invalidated.length - own.length;
  if (own.length === 0)
    return unused.length === changes.length
      ? `${names}: no step takes ${changes.length === 1 ? "it" : "them"}`
      : `${names}: no step gets another key`;
  const steps = stepRanges(own.map(({ number }) => number));
  const verb = changes.length === 1 ? "invalidates" : "invalidate";
  return `${names} ${verb} ${steps}${behind === 0 ? "" : ` and ${counted(behind, "step")} behind`}`;
}

/** `step 4`, `steps 4, 5, 9-15`; numbers rise. */
export function stepRanges(numbers: readonly number[]): string {
  const ranges: [from: number, to: number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  const texts = ranges.flatMap(([from, to]) =>
    to - from > 1 ? [`${from}-${to}`] : from === to ? [`${from}`] : [`${from}`, `${to}`],
  );
  return `${numbers.length === 1 ? "step" : "steps"} ${texts.join(", ")}`;
}
