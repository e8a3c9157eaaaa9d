/** Everything that the screen is made from. Changed only by the reducer. */

import type { Explanation } from "../../../lib/explain/explain-target.ts";
import type { SearchMatch, SearchQuery } from "../../../lib/lab/lab.ts";
import type { BuildRecord } from "../../../lib/model/build.ts";
import type { Target } from "../../../lib/model/target.ts";
import type { FileSource, KindFilter } from "../files/file-source.ts";
import { usualKinds } from "../files/file-source.ts";
import type { FileRow } from "../files/flatten.ts";
import type { PaneName, Place } from "../layout.ts";
import type { BatchView } from "../live/batch-view.ts";
import type { LiveState } from "../live/live-state.ts";
import type { WatchView } from "../live/watch-view.ts";
import type { CommandInfo } from "../palette/command-line.ts";
import type { KnownCommands } from "../palette/complete-line.ts";
import type { ReportState } from "../palette/report-state.ts";
import { withUiCommands } from "../palette/ui-commands.ts";
import type { Sheet } from "../sheets/sheet.ts";
import { type ListPlace, listStart } from "../text/window.ts";
import type { ThemeName } from "../theme-names.ts";
import type { ViewerState } from "../viewer/viewer-state.ts";

export interface State {
  readonly size: { readonly columns: number; readonly rows: number };
  readonly place: Place;
  readonly pane: PaneName;
  readonly zoomed: boolean;
  readonly mouse: boolean;
  readonly theme: ThemeName;
  readonly notice: string;
  readonly message: Message | null;
  readonly busy: Busy | null;
  readonly target: Target | null;
  /** The word that `target` was opened with, to open it again when the cache folder changes; the word to open next. */
  readonly wanted: WantedTarget | null;
  readonly steps: ListPlace;
  readonly base: DiffBase | null;
  readonly files: FilesState;
  /** Whose detail is shown: that of the list that had the keys last. */
  readonly detailOf: "steps" | "files";
  readonly detailTop: number;
  /** The reasons of the selected step are shown in place of its files, or of its log. */
  readonly why: boolean;
  readonly whyTop: number;
  /** Of the build that is open, or of the one before; null until one was asked for. */
  readonly explanation: ExplanationState | null;
  readonly search: SearchState | null;
  readonly prompt: PromptState | null;
  readonly viewer: ViewerState | null;
  /** In place of the panes. */
  readonly sheet: Sheet | null;
  readonly palette: PaletteState;
  /** What a command printed; it hides everything but the help. */
  readonly report: ReportState | null;
  /** First line of the help, or null when it is not shown. */
  readonly helpTop: number | null;
  readonly builds: BuildsState;
  readonly live: LiveState | null;
  /** Many builds at once; null when there are none. */
  readonly batch: BatchView | null;
  /** What is watched; null when nothing is. */
  readonly watch: WatchView | null;
  readonly extraction: Extraction | null;
  /** Tells searches, views and the like from earlier ones. */
  readonly nextId: number;
}

export interface Message {
  readonly text: string;
  readonly kind: "info" | "error";
}

/** Something that takes its time. Sizes in bytes, null when unknown. */
export interface Busy {
  readonly what: string;
  readonly doneBytes: number;
  readonly totalBytes: number | null;
}

export interface WantedTarget {
  readonly word: string;
  /** Counts up when the same word is to be opened again. */
  readonly attempt: number;
  /** `base`: not to look at, but to compare with. */
  readonly use: "look" | "base";
}

/** What the FILES pane compares with. */
export interface DiffBase {
  readonly target: Target;
  /** Null (only for another target): the step that corresponds to the selected one. */
  readonly step: number | null;
}

export interface FilesState {
  /** What was asked for; the pane shows changes also for this mode when there is a base to compare with. */
  readonly mode: "changes" | "tree";
  readonly kinds: KindFilter;
  readonly sort: "name" | "size";
  /** Folders that are the other way round than the default of their mode. */
  readonly toggled: Readonly<Record<"changes" | "tree", ReadonlySet<string>>>;
  readonly source: FileSource | null;
  readonly error: string;
  readonly loading: boolean;
  readonly rows: readonly FileRow[];
  readonly place: ListPlace;
  /** Selected as soon as the files of the selected step are there. */
  readonly reveal: string | null;
  /** The path that was selected last by the user: moving through the steps comes back to it where it exists. */
  readonly anchor: string | null;
}

export interface SearchState {
  readonly id: number;
  readonly query: SearchQuery;
  readonly matches: readonly SearchMatch[];
  /** The matches are those of what was looked for before: none of this one has come. */
  readonly isOld: boolean;
  /** Number of hits by number of step. */
  readonly perStep: ReadonlyMap<number, number>;
  readonly running: boolean;
  /** There are more hits than are kept. */
  readonly truncated: boolean;
  /** Whether the list of hits is shown in place of the files. */
  readonly listed: boolean;
  readonly place: ListPlace;
}

/** Lines of the command line: what can be typed, and what was. */
export interface PaletteState extends KnownCommands {
  /** Oldest first. */
  readonly history: readonly string[];
  /** What a line needs besides its words to mean the same in a shell. */
  readonly extraWords: readonly string[];
}

export type PromptKind = "search" | "find" | "extract" | "command";

export interface PromptState {
  readonly kind: PromptKind;
  readonly text: string;
  /** Position in `text`, in UTF-16 units. */
  readonly cursor: number;
  readonly mode: SearchQuery["mode"];
  /** Extract: what. */
  readonly path: string;
  /** Command: so many lines back in the history; 0: the line that is typed. */
  readonly recalled: number;
  /** Command: what was typed before an older line was called back. */
  readonly draft: string;
}

export interface BuildsState {
  /** Null until they were read. Newest first. */
  readonly list: readonly BuildRecord[] | null;
  readonly damaged: readonly string[];
  /** Number of layer files in the cache folder. */
  readonly layerFiles: number;
  /** That folder, as a target. */
  readonly folder: string;
  readonly place: ListPlace;
}

export interface ExplanationState {
  /** Id of the build. */
  readonly of: string;
  readonly explanation: Explanation | null;
  readonly error: string;
}

export interface Extraction {
  readonly id: number;
  /** "" for everything. */
  readonly path: string;
  readonly folder: string;
}

export interface StartOptions {
  readonly mouse: boolean;
  readonly theme: ThemeName;
  readonly commands: readonly CommandInfo[];
  readonly extraWords: readonly string[];
}

export function initialState(size: State["size"], { mouse, theme, commands, extraWords }: StartOptions): State {
  return {
    size,
    place: "layers",
    pane: "steps",
    zoomed: false,
    mouse,
    theme,
    notice: "",
    message: null,
    busy: null,
    target: null,
    wanted: null,
    steps: listStart,
    base: null,
    files: {
      mode: "changes",
      kinds: usualKinds,
      sort: "name",
      toggled: { changes: new Set(), tree: new Set() },
      source: null,
      error: "",
      loading: false,
      rows: [],
      place: listStart,
      reveal: null,
      anchor: null,
    },
    detailOf: "steps",
    detailTop: 0,
    why: false,
    whyTop: 0,
    explanation: null,
    search: null,
    prompt: null,
    viewer: null,
    sheet: null,
    palette: { ...withUiCommands(commands), options: new Map(), history: [], extraWords },
    report: null,
    helpTop: null,
    builds: { list: null, damaged: [], layerFiles: 0, folder: "", place: listStart },
    live: null,
    batch: null,
    watch: null,
    extraction: null,
    nextId: 1,
  };
}
