/** What a command printed, on the whole screen. */

export interface ReportState {
  readonly id: number;
  /** The line as it was typed. */
  readonly typed: string;
  /** What gives the same in a shell; null while it is being made out. */
  readonly line: string | null;
  /** The array only grows: `lineCount` says how much of it belongs to this state. */
  readonly lines: readonly ReportLine[];
  readonly lineCount: number;
  /** Null while the command runs. */
  readonly status: number | null;
  /** What it is doing now. */
  readonly progress: string;
  readonly top: number;
  /** The end was asked for: it stays in sight while lines come. */
  readonly toEnd: boolean;
  /** First column that is shown. */
  readonly left: number;
  readonly find: string;
}

export interface ReportLine {
  readonly text: string;
  /** `raw`: content of a file, in which nothing is a code. */
  readonly kind: "styled" | "raw" | "note" | "alert" | "error";
}

export function openReport(id: number, typed: string): ReportState {
  return {
    id,
    typed,
    line: null,
    lines: [],
    lineCount: 0,
    status: null,
    progress: "",
    top: 0,
    toEnd: false,
    left: 0,
    find: "",
  };
}
