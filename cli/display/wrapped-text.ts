/** Text to read: paragraphs broken at the width, lines that begin with spaces (code) as they are. */

import stringWidth from "string-width";

/** Longer lines are hard to read. */
export const readingColumns = 80;

/** @param indent columns before each line. @returns lines without line ends. */
export function wrappedLines(text: string, columns: number, indent = 0): string[] {
  const margin = " ".repeat(indent);
  const width = Math.max(20, Math.min(readingColumns, columns) - indent);
  const lines: string[] = [];
  let words: string[] = [];
  const flush = () => {
    lines.push(...filled(words, width));
    words = [];
  };
  for (const line of text.split("\n")) {
    const isItem = /^[-*] /.test(line);
    if (line.trim() === "" || /^\s/.test(line) || isItem) flush();
    if (line.trim() === "") lines.push("");
    else if (/^\s/.test(line)) lines.push(line.trimEnd());
    else words.push(...line.trim().split(/ +/));
  }
  flush();
  return lines.map(line => (line === "" ? "" : margin + line));
}

function filled(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && stringWidth(longer) > width) {
      lines.push(line);
      // The words of an item stand below its first one.
      line = words[0] === "-" ? `  ${word}` : word;
    } else line = longer;
  }
  if (line !== "") lines.push(line);
  return lines;
}
