import type { ReportLine, ReportState } from "../palette/report-state.ts";
import { hasText, markFound } from "../text/find.ts";
import { showLine } from "../text/show-line.ts";
import { type Row, scrolledRow, span, type Tone, textOf } from "../text/spans.ts";
import { styledRow } from "../text/styled-line.ts";
import { visibleWindow } from "../text/window.ts";

const toneOf: Readonly<Record<ReportLine["kind"], Tone>> = {
  styled: "plain",
  raw: "plain",
  note: "dim",
  alert: "warning",
  error: "error",
};

/** What a command printed, as far as it is seen. */
export function reportRows(report: ReportState, rows: number, width: number): Row[] {
  const { start, end } = visibleWindow(report.lineCount, report.top, rows);
  return report.lines.slice(start, end).map(line => {
    const row = lineRow(line, report.left + width);
    const isFound = report.find !== "" && hasText(textOf(row), report.find);
    return scrolledRow(isFound ? markFound(row, report.find) : row, report.left);
  });
}

function lineRow({ text, kind }: ReportLine, mostCells: number): Row {
  // One more, so that it is seen that the line goes on.
  const most = mostCells + 1;
  return kind === "raw" ? [span(showLine(text, most))] : styledRow(text, toneOf[kind], most);
}
