/** The parts of a lab in a cluster. */

import type { ClusterPart } from "../../lib/cluster/cluster-part.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Output } from "./output.ts";
import { tableLines } from "./table.ts";

export function showParts(output: Output, parts: readonly ClusterPart[]): void {
  const columns = [{ title: "STATE" }, { title: "PART" }, { title: "WHAT" }];
  const rows = parts.map(({ state, name, detail }) => [state, showText(name), showText(detail)]);
  const width = output.isWide ? Number.POSITIVE_INFINITY : output.columns;
  for (const line of tableLines(columns, rows, width, output.style.bold)) output.line(line);
}
