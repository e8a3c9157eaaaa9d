import { type Row, textOf } from "../../../cli/tui/text/spans.ts";

/** Rows as plain lines. */
export function rowsText(rows: readonly Row[]): string {
  return rows.map(textOf).join("\n");
}
