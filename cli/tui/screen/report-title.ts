import { showText } from "../../../lib/model/path-text.ts";
import type { ReportState } from "../palette/report-state.ts";
import { cutText } from "../text/cells.ts";
import { type Row, type Span, span, textOf } from "../text/spans.ts";

/** The line that gives the same in a shell, and how far it is. */
export function reportTitle(report: ReportState, columns: number): Row {
  const facts = factSpans(report);
  const room = Math.max(20, columns - textOf(facts).length);
  return [span(cutText(showText(report.line ?? `:${report.typed}`), room), "bold"), ...facts];
}

function factSpans({ status, lineCount, top }: ReportState): Span[] {
  const place = lineCount === 0 ? "" : `  ${top + 1}/${lineCount}`;
  if (status === null) return [span(`  running ..${place}`, "dim")];
  if (status !== 0) return [span(`  exit status ${status}`, "warning"), span(place, "dim")];
  return [span(lineCount === 0 ? "  nothing was printed" : place, "dim")];
}
