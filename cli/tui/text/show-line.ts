import { showText } from "../../../lib/model/path-text.ts";

const tabColumns = 8;

/** A line of a file as it may be shown: tabs as spaces, everything else that is no letter escaped. */
export function showLine(line: string, mostCells = 4000): string {
  let shown = "";
  for (const [at, part] of line.slice(0, mostCells).split("\t").entries()) {
    if (at > 0) shown += " ".repeat(tabColumns - (shown.length % tabColumns));
    shown += showText(part);
  }
  return shown;
}
