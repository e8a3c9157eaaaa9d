/** Text from outside in Markdown: nothing in it is formatted, linked, or calls for somebody. */

import { showText } from "../../lib/model/path-text.ts";

/** Longer than this a line says nothing more in a comment. */
const longest = 160;

function shortened(text: string): string {
  const shown = showText(text);
  return shown.length > longest ? `${shown.slice(0, longest).toWellFormed()}…` : shown;
}

/** As code, which no host looks into for names of people, issues and links. In a table a bar would end the cell. */
export function codeText(text: string): string {
  const shown = shortened(text).replaceAll("|", "\\|");
  if (shown === "") return "";
  const fence = "`".repeat(longestRun(shown) + 1);
  const space = shown.startsWith("`") || shown.endsWith("`") ? " " : "";
  return `${fence}${space}${shown}${space}${fence}`;
}

/** Within a sentence. */
export function plainText(text: string): string {
  return (
    shortened(text)
      .replace(/[\\`*_[\]|~#$]/g, "\\$&")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      // A comment that nobody sees parts what would become a link or a call.
      .replace(/@|:(?=\/\/)|www(?=\.)/gi, "$&<!-- -->")
  );
}

/** Lines in a block of their own. */
export function fencedBlock(language: string, text: string): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
}

export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[], most: number): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const shown = rows.slice(0, most).map(line);
  const more = rows.length > most ? [`\nand ${rows.length - most} more`] : [];
  return [line(titles), line(titles.map(() => "---")), ...shown, ...more].join("\n");
}

/** What is folded until somebody wants to see it. */
export function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}
