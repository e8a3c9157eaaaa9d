/** Failures in words. What comes from images is escaped for the screen. */

import { showText } from "../model/path-text.ts";

/** A layer may have a million paths: a message is to be read. */
const mostPaths = 20;
const longestText = 60;

/** `step 4 (RUN apk add curl)`, `image app`, `the difference` */
export function describe(received: unknown): string {
  const { number, text, name } = received as { number?: unknown; text?: unknown; name?: unknown };
  if (typeof number === "number" && typeof text === "string") return `step ${number} (${showText(shortened(text))})`;
  return typeof name === "string" ? `${showText(name)}` : "the difference";
}

function shortened(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText - 1)}…`;
}

/** `title: ` and a path on each line. */
export function pathLines(title: string, shown: readonly string[]): string {
  const indent = " ".repeat(title.length + 4);
  const more = shown.length - mostPaths;
  const lines = shown.slice(0, mostPaths);
  return `  ${title}: ${[...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join(`\n${indent}`)}`;
}

export function shownBytes(bytes: number): string {
  return `${bytes.toLocaleString("en")} bytes`;
}

/** `0o755` */
export function shownMode(mode: number): string {
  return `0o${mode.toString(8).padStart(3, "0")}`;
}
