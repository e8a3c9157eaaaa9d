import type { Part, ReportChanges, ReportDocument, ReportFiles } from "./document.ts";

/** The document as it stands in the page; files and changes are in the packed tables beside it. */
export interface PageDocument extends Omit<ReportDocument, "files" | "changes"> {
  readonly files: Part<Pick<ReportFiles, "step" | "leftOut">>;
  readonly changes: readonly Pick<ReportChanges, "step" | "counts" | "leftOut">[];
}
