/** Everything that can happen to the state, named for what is meant by it. */

import type { BuildEvent } from "../../../lib/executor/events.ts";
import type { Explanation } from "../../../lib/explain/explain-target.ts";
import type { SearchMatch } from "../../../lib/lab/lab.ts";
import type { BuildRecord } from "../../../lib/model/build.ts";
import type { Target } from "../../../lib/model/target.ts";
import type { WatchEvent } from "../../../lib/watch/watch-events.ts";
import type { OptionInfo } from "../../command.ts";
import type { FileSource, KindFilter } from "../files/file-source.ts";
import type { PaneName, Place } from "../layout.ts";
import type { BatchNews } from "../live/batch-view.ts";
import type { ReplayPlace } from "../live/live-state.ts";
import type { CommandInfo } from "../palette/command-line.ts";
import type { ReportLine } from "../palette/report-state.ts";
import type { SheetData } from "../sheets/sheet.ts";
import type { SheetKind } from "../sheets/sheet-names.ts";
import type { Side } from "../sheets/treemap/treemap-layout.ts";
import type { Row } from "../text/spans.ts";
import type { Move } from "../text/window.ts";
import type { ThemeName } from "../theme-names.ts";
import type { FileContent } from "../viewer/viewer-state.ts";
import type { Busy, Message, PromptKind } from "./state.ts";

export type Action =
  | { readonly type: "resize"; readonly columns: number; readonly rows: number }
  | { readonly type: "say"; readonly text: string; readonly kind: Message["kind"] }
  | { readonly type: "unsay" }
  | { readonly type: "busy"; readonly busy: Busy | null }
  | { readonly type: "toggle-mouse" }
  | { readonly type: "set-theme"; readonly name: ThemeName }
  // Sheets
  | { readonly type: "open-sheet"; readonly kind: SheetKind; readonly word?: string }
  | { readonly type: "sheet-loaded"; readonly id: number; readonly data: SheetData }
  | { readonly type: "sheet-failed"; readonly id: number; readonly error: string }
  | { readonly type: "sheet-again" }
  | { readonly type: "sheet-side"; readonly side: Side }
  | { readonly type: "sheet-out" }
  | { readonly type: "sheet-turn" }
  | { readonly type: "sheet-ask" }
  | { readonly type: "sheet-delete" }
  | { readonly type: "sheet-click"; readonly x: number; readonly y: number }
  | { readonly type: "open-dockerfile" }
  // Moving around
  | { readonly type: "move"; readonly move: Move }
  | { readonly type: "sideways"; readonly by: number }
  | { readonly type: "point"; readonly pane: PaneName; readonly row: number }
  | { readonly type: "wheel"; readonly pane: PaneName; readonly by: number }
  | { readonly type: "focus"; readonly pane: PaneName }
  | { readonly type: "focus-number"; readonly number: number }
  | { readonly type: "focus-next"; readonly by: 1 | -1 }
  | { readonly type: "zoom" }
  | { readonly type: "go"; readonly place: Place }
  | { readonly type: "back" }
  | { readonly type: "help" }
  // Targets and steps
  | { readonly type: "want-target"; readonly word: string; readonly use: "look" | "base" }
  | { readonly type: "target-opened"; readonly target: Target; readonly keepPlace: boolean }
  | { readonly type: "base-opened"; readonly target: Target }
  | { readonly type: "step-by"; readonly by: number }
  | { readonly type: "set-base" }
  | { readonly type: "clear-base" }
  // Why the selected step was no hit
  | { readonly type: "toggle-why" }
  | {
      readonly type: "explained";
      readonly of: string;
      readonly explanation: Explanation | null;
      readonly error: string;
    }
  // Files
  | { readonly type: "fold"; readonly how: "open" | "close" | "toggle" }
  | { readonly type: "toggle-mode" }
  | { readonly type: "toggle-kind"; readonly kind: keyof KindFilter }
  | { readonly type: "toggle-sort" }
  | { readonly type: "files-loaded"; readonly source: FileSource }
  | { readonly type: "files-failed"; readonly message: string }
  // Search
  | { readonly type: "search-found"; readonly id: number; readonly matches: readonly SearchMatch[] }
  | { readonly type: "search-ended"; readonly id: number; readonly truncated: boolean }
  | { readonly type: "next-hit"; readonly by: 1 | -1 }
  | { readonly type: "list-hits" }
  // Prompt
  | { readonly type: "ask"; readonly kind: PromptKind }
  | { readonly type: "edit"; readonly edit: Edit }
  | { readonly type: "prompt-tab" }
  | { readonly type: "recall"; readonly by: 1 | -1 }
  | { readonly type: "answer" }
  // Lines of the command line
  | { readonly type: "run-line"; readonly text: string }
  | { readonly type: "run-again" }
  | {
      readonly type: "options-known";
      readonly command: string;
      readonly options: readonly OptionInfo[];
      readonly below: readonly CommandInfo[];
    }
  | { readonly type: "report-started"; readonly id: number; readonly line: string }
  | {
      readonly type: "report-lines";
      readonly id: number;
      readonly lines: readonly ReportLine[];
      readonly count: number;
    }
  | { readonly type: "report-progress"; readonly id: number; readonly text: string }
  | { readonly type: "report-ended"; readonly id: number; readonly status: number }
  // Viewer
  | { readonly type: "open" }
  | { readonly type: "view-content"; readonly id: number; readonly content: FileContent }
  | { readonly type: "view-diff"; readonly id: number; readonly lines: readonly string[] }
  | { readonly type: "view-failed"; readonly id: number; readonly message: string }
  | { readonly type: "view-block"; readonly id: number; readonly block: number; readonly rows: readonly Row[] }
  | { readonly type: "view-switch" }
  // Builds
  | {
      readonly type: "builds-listed";
      readonly list: readonly BuildRecord[];
      readonly damaged: readonly string[];
      readonly layerFiles: number;
      readonly folder: string;
    }
  // Live build
  | { readonly type: "leave-report" }
  | { readonly type: "batch-started"; readonly names: readonly string[]; readonly nowMs: number }
  | { readonly type: "batch-news"; readonly news: readonly BatchNews[]; readonly nowMs: number }
  | { readonly type: "batch-ended" }
  /** Something else is live from now on: nothing of what was is left. */
  | { readonly type: "live-anew" }
  | { readonly type: "live-started"; readonly nowMs: number }
  | { readonly type: "live-events"; readonly events: readonly BuildEvent[]; readonly nowMs: number }
  | { readonly type: "watched"; readonly event: Exclude<WatchEvent, { type: "build" }>; readonly nowMs: number }
  | { readonly type: "live-tick"; readonly nowMs: number; readonly replay?: ReplayPlace }
  | { readonly type: "live-ended"; readonly error: string }
  | { readonly type: "follow" }
  | { readonly type: "leave"; readonly how: "asked" | "cancelling" | "no" };

export type Edit =
  | { readonly kind: "insert"; readonly text: string }
  | { readonly kind: "delete-before" | "delete-word" | "delete-all" | "delete-after" }
  | { readonly kind: "left" | "right" | "start" | "end" };
