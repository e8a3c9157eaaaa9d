import { showText } from "../../../lib/model/path-text.ts";
import { formatBytes } from "../../display/format.ts";
import { type Row, span } from "../text/spans.ts";
import { rowCount, type ViewerState } from "../viewer/viewer-state.ts";

const modeNames = { text: "text", hex: "bytes", diff: "difference" } as const;

export function viewerTitle(viewer: ViewerState): Row {
  return [
    span(viewer.dockerfile ? showText(viewer.dockerfile.file) : `/${showText(viewer.path)}`, "bold"),
    span(
      `  ${viewer.at ? `step ${viewer.at.step.number}` : ""}${lineOf(viewer)}  ${formatBytes(viewer.content?.complete ? viewer.content.byteCount : viewer.sizeBytes)}`,
    ),
    span(`  ${modeNames[viewer.mode]}`, "accent"),
    ...stateSpans(viewer),
  ];
}

function lineOf({ dockerfile }: ViewerState): string {
  return dockerfile?.line == null ? "" : ` line ${dockerfile.line}`;
}

function stateSpans(viewer: ViewerState): Row {
  if (viewer.error !== "") return [span(`  ${viewer.error}`, "error")];
  const isLoading = viewer.mode === "diff" ? viewer.diff === null : viewer.content === null;
  if (isLoading) return [span("  reading ..", "dim")];
  const total = rowCount(viewer);
  if (total === 0) return [span("  empty", "dim")];
  const more = viewer.mode !== "diff" && viewer.content?.complete === false ? "+" : "";
  return [span(`  ${viewer.top + 1}/${total}${more}`, "dim")];
}
