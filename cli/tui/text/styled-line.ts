/** Lines of the commands, which carry the codes of `display/style.ts`, as rows with meanings: so that themes hold for them, too. */

import { type Style, styleCodes } from "../../display/style.ts";
import { showLine } from "./show-line.ts";
import { type Row, span, type Tone } from "./spans.ts";

const toneOf: Readonly<Record<keyof Style, Tone>> = {
  bold: "bold",
  dim: "dim",
  red: "deleted",
  green: "added",
  yellow: "modified",
  cyan: "accent",
};

const names = Object.keys(styleCodes) as (keyof Style)[];
const codes = new Set(Object.values(styleCodes).flat());
const anyCode = new RegExp(`\\x1b\\[(${[...codes].join("|")})m`);

/**
 * Only the codes of `styleCodes` are taken for such; any other control character is shown escaped.
 * @param mostCells so much of it is needed.
 */
export function styledRow(line: string, base: Tone, mostCells: number): Row {
  const on = new Set<keyof Style>();
  const row: { text: string; tone: Tone }[] = [];
  let cells = 0;
  // Text and codes take turns, text first.
  for (const [at, part] of line.split(anyCode).entries()) {
    if (cells >= mostCells) break;
    if (at % 2 === 1) {
      switchStyles(on, Number(part));
    } else if (part !== "") {
      const text = showLine(part, mostCells - cells);
      cells += text.length;
      row.push(span(text, toneNow(on, base)));
    }
  }
  return row;
}

export function plainLine(line: string): string {
  return line.includes("\x1b")
    ? line
        .split(anyCode)
        .filter((_, at) => at % 2 === 0)
        .join("")
    : line;
}

function switchStyles(on: Set<keyof Style>, code: number): void {
  for (const name of names) {
    const [open, close] = styleCodes[name];
    if (code === open) on.add(name);
    if (code === close) on.delete(name);
  }
}

/** A colour says more than bold or dim. */
function toneNow(on: ReadonlySet<keyof Style>, base: Tone): Tone {
  const shown = [...on].findLast(name => name !== "bold" && name !== "dim") ?? [...on].at(-1);
  return shown === undefined ? base : toneOf[shown];
}
