/** Every key, once: handler, footer and help are made from this table. */

import type { OutsideProgram } from "../effects/open-outside.ts";
import { isRunning } from "../live/live-state.ts";
import { openFacts } from "../palette/open-facts.ts";
import { sameLine } from "../palette/same-line.ts";
import { sheetInfos, sheetKinds } from "../sheets/sheet-names.ts";
import type { Action } from "../state/actions.ts";
import { type Scope, scopeOf, shownSheet } from "../state/select.ts";
import type { State } from "../state/state.ts";
import { digestOf, pathOf, shortened } from "./copied-text.ts";
import type { KeyName } from "./key-names.ts";

/** What keys can do besides actions on the state. */
export interface Commands {
  /** Puts a text on the terminal's clipboard. */
  copy(text: string): void;
  /** Asks first while a build runs. */
  quit(): void;
  suspend(): void;
  /** Opens what is looked at in a program of the user's. */
  outside(program: OutsideProgram): void;
  /** Watching: builds what is watched, or ends the build that runs. */
  buildNow(): void;
  cancelBuild(): void;
  /** Replaying: what to do with what is played. */
  play(how: PlayKey): void;
  repaint(): void;
}

export type PlayKey = "pause" | "back" | "forward" | "slower" | "faster";

export interface Binding {
  readonly keys: readonly KeyName[];
  /** Where the key works. */
  readonly scopes: readonly Scope[];
  readonly help: string;
  /** A word for the footer; without it the key is only in the help. */
  readonly footer?: string;
  /** Whether it does something now; without it: always. */
  readonly when?: (state: State) => boolean;
  readonly run: Action | ((commands: Commands, state: State) => Action | undefined);
}

const lists: readonly Scope[] = ["steps", "files", "hits", "detail", "log", "why", "builds"];
const layerPanes: readonly Scope[] = ["steps", "files", "hits", "detail", "why"];
const panes: readonly Scope[] = [...layerPanes, "log"];
const sheets: readonly Scope[] = sheetKinds;
const everywhere: readonly Scope[] = [...lists, ...sheets, "viewer", "report", "help"];

const inLayers = (state: State): boolean => state.place === "layers";
const inLive = (state: State): boolean => state.place === "live";

function isReplay({ place, live }: State): boolean {
  return place === "live" && live !== null && live.replay !== null && !live.ended;
}

function play(how: PlayKey): Binding["run"] {
  return commands => commands.play(how) as undefined;
}

function waitsForKey({ watch, live }: State): boolean {
  return watch !== null && watch.predicted?.next === "ask" && watch.broken === null && !isRunning(live);
}

function hasHits({ report, viewer, search }: State): boolean {
  if (report) return report.find !== "";
  return search !== null || (viewer?.find ?? "") !== "";
}

function move(unit: "row" | "page" | "half-page", by: number): Action {
  return { type: "move", move: { unit, by } };
}

const moving: readonly Binding[] = [
  { keys: ["j", "down"], scopes: everywhere, help: "down", run: move("row", 1) },
  { keys: ["k", "up"], scopes: everywhere, help: "up", run: move("row", -1) },
  { keys: ["g", "home"], scopes: everywhere, help: "to the start", run: { type: "move", move: { unit: "start" } } },
  { keys: ["G", "end"], scopes: everywhere, help: "to the end", run: { type: "move", move: { unit: "end" } } },
  { keys: ["pagedown", "ctrl-f"], scopes: everywhere, help: "a page down", run: move("page", 1) },
  { keys: ["pageup", "ctrl-b"], scopes: everywhere, help: "a page up", run: move("page", -1) },
  { keys: ["ctrl-d"], scopes: everywhere, help: "half a page down", run: move("half-page", 1) },
  { keys: ["ctrl-u"], scopes: everywhere, help: "half a page up", run: move("half-page", -1) },
  { keys: ["tab"], scopes: panes, help: "next pane", footer: "pane", run: { type: "focus-next", by: 1 } },
  { keys: ["shift-tab"], scopes: panes, help: "pane before", run: { type: "focus-next", by: -1 } },
  { keys: ["1"], scopes: panes, help: "STEPS", run: { type: "focus-number", number: 1 } },
  {
    keys: ["2"],
    scopes: panes,
    help: "FILES, or the log of a running build",
    run: { type: "focus-number", number: 2 },
  },
  { keys: ["3"], scopes: panes, help: "DETAIL", run: { type: "focus-number", number: 3 } },
  {
    keys: ["["],
    scopes: [...layerPanes, "treemap"],
    help: "step before, of all stages: the files change in place",
    when: inLayers,
    run: { type: "step-by", by: -1 },
  },
  {
    keys: ["]"],
    scopes: [...layerPanes, "treemap"],
    help: "next step",
    when: inLayers,
    run: { type: "step-by", by: 1 },
  },
  { keys: ["z"], scopes: panes, help: "one pane on the whole screen, and back", run: { type: "zoom" } },
];

const opening: readonly Binding[] = [
  {
    keys: ["enter"],
    scopes: ["files"],
    help: "open the file; fold or unfold the folder",
    footer: "open",
    run: { type: "open" },
  },
  {
    keys: ["enter"],
    scopes: ["steps", "log", "why", "detail"],
    help: "watching: build what has changed, where it waits for that",
    footer: "build",
    when: state => inLive(state) && waitsForKey(state),
    run: commands => commands.buildNow() as undefined,
  },
  {
    keys: ["enter"],
    scopes: ["log"],
    help: "the Dockerfile at the line of the step, after a failure at the one that failed",
    footer: "Dockerfile",
    run: { type: "open" },
  },
  { keys: ["enter"], scopes: ["steps"], help: "go to the files of the step (live: to its log)", run: { type: "open" } },
  { keys: ["enter"], scopes: ["hits"], help: "go to the hit", footer: "go there", run: { type: "open" } },
  {
    keys: ["enter"],
    scopes: ["builds"],
    help: "open the build",
    footer: "open",
    run: (_, state) => ({ type: "want-target", word: pathOf(state), use: "look" }),
  },
  {
    keys: ["d"],
    scopes: ["builds"],
    help: "compare what is open with this build, step by step",
    footer: "compare",
    when: state => state.target !== null,
    run: (_, state) => ({ type: "want-target", word: pathOf(state), use: "base" }),
  },
  { keys: ["space"], scopes: ["files"], help: "fold or unfold", run: { type: "fold", how: "toggle" } },
  { keys: ["l", "right"], scopes: ["files"], help: "unfold", run: { type: "fold", how: "open" } },
  {
    keys: ["h", "left"],
    scopes: ["files"],
    help: "fold, or go to the folder above",
    run: { type: "fold", how: "close" },
  },
];

const inSheets: readonly Binding[] = [
  {
    keys: ["C"],
    scopes: ["builds"],
    help: "this build and what is open side by side",
    footer: "side by side",
    when: state => state.target !== null,
    run: (_, state) => ({ type: "open-sheet", kind: "compare", word: pathOf(state) }),
  },
  {
    keys: ["enter"],
    scopes: ["treemap"],
    help: "into the folder; a file: to it in the tree",
    footer: "into",
    run: { type: "open" },
  },
  { keys: ["backspace"], scopes: ["treemap"], help: "to the folder above", footer: "out", run: { type: "sheet-out" } },
  {
    keys: ["h", "left"],
    scopes: ["treemap"],
    help: "to the cell at the left",
    run: { type: "sheet-side", side: "left" },
  },
  {
    keys: ["l", "right"],
    scopes: ["treemap"],
    help: "to the cell at the right",
    run: { type: "sheet-side", side: "right" },
  },
  {
    keys: ["tab"],
    scopes: ["treemap"],
    help: "to the next smaller one",
    footer: "smaller",
    run: move("page", 1),
  },
  { keys: ["shift-tab"], scopes: ["treemap"], help: "to the next larger one", run: move("page", -1) },
  {
    keys: ["t"],
    scopes: ["treemap"],
    help: "sizes of the whole tree, of what the step changed, of what its layer stores",
    footer: "tree/changes/layer",
    run: { type: "sheet-turn" },
  },
  {
    keys: ["enter"],
    scopes: ["compare"],
    help: "the files of this pair, one against the other",
    footer: "files",
    run: { type: "open" },
  },
  { keys: ["enter"], scopes: ["timeline"], help: "go to the step", footer: "go to the step", run: { type: "open" } },
  {
    keys: ["enter"],
    scopes: ["batch"],
    help: "the steps and the log of this build",
    footer: "its log",
    run: { type: "open" },
  },
  { keys: ["enter"], scopes: ["cache"], help: "open the entry: its files", footer: "open", run: { type: "open" } },
  {
    keys: ["r"],
    scopes: ["cache", "cluster"],
    help: "ask again",
    footer: "again",
    run: { type: "sheet-again" },
  },
  {
    keys: ["x"],
    scopes: ["cluster"],
    help: "delete the Pod or Job, after a question",
    footer: "delete",
    run: { type: "sheet-ask" },
  },
  {
    keys: ["y"],
    scopes: ["cluster"],
    help: "yes, delete it",
    when: ({ sheet }) => sheet?.kind === "cluster" && sheet.asked !== null,
    run: { type: "sheet-delete" },
  },
  ...sheetInfos.map(
    ({ kind, keys, help }): Binding => ({
      keys,
      scopes: [...lists, ...sheets.filter(sheet => sheet !== kind)],
      help,
      ...(kind === "treemap" ? { footer: "map" } : {}),
      when: state => (kind === "batch" ? state.batch !== null : kind !== "compare" || scopeOf(state) !== "builds"),
      run: { type: "open-sheet", kind },
    }),
  ),
];

const comparing: readonly Binding[] = [
  {
    keys: ["d"],
    scopes: layerPanes,
    help: "compare with this step: select another one then",
    footer: "compare",
    when: inLayers,
    run: { type: "set-base" },
  },
  {
    keys: ["D"],
    scopes: layerPanes,
    help: "end the comparison",
    when: state => state.base !== null,
    run: { type: "clear-base" },
  },
  {
    keys: ["t"],
    scopes: layerPanes,
    help: "the whole tree, or only the changes",
    footer: "tree/changes",
    when: inLayers,
    run: { type: "toggle-mode" },
  },
  { keys: ["+"], scopes: layerPanes, help: "show or hide what was added", run: { type: "toggle-kind", kind: "added" } },
  {
    keys: ["~"],
    scopes: layerPanes,
    help: "show or hide what was modified",
    run: { type: "toggle-kind", kind: "modified" },
  },
  {
    keys: ["-"],
    scopes: layerPanes,
    help: "show or hide what was deleted",
    run: { type: "toggle-kind", kind: "deleted" },
  },
  {
    keys: ["="],
    scopes: layerPanes,
    help: "show or hide what was only written again",
    run: { type: "toggle-kind", kind: "rewritten" },
  },
  { keys: ["s"], scopes: ["files"], help: "sort by size or by name", footer: "sort", run: { type: "toggle-sort" } },
];

const searching: readonly Binding[] = [
  {
    keys: ["/"],
    scopes: layerPanes,
    help: "search the paths of all layers as you type (Tab: substring, glob, regex, fuzzy; Up, Down: the hits)",
    footer: "search",
    when: inLayers,
    run: { type: "ask", kind: "search" },
  },
  {
    keys: ["/"],
    scopes: ["viewer", "report"],
    help: "find in the file, or in what a command printed",
    footer: "find",
    run: { type: "ask", kind: "find" },
  },
  {
    keys: ["n"],
    scopes: [...layerPanes, "viewer", "report"],
    help: "next hit",
    when: hasHits,
    run: { type: "next-hit", by: 1 },
  },
  {
    keys: ["N"],
    scopes: [...layerPanes, "viewer", "report"],
    help: "hit before",
    when: hasHits,
    run: { type: "next-hit", by: -1 },
  },
  {
    keys: ["r"],
    scopes: layerPanes,
    help: "the list of hits again",
    when: state => state.search !== null,
    run: { type: "list-hits" },
  },
];

const viewing: readonly Binding[] = [
  {
    keys: ["v"],
    scopes: ["viewer"],
    help: "as text, as bytes, as difference",
    footer: "text/bytes/diff",
    run: { type: "view-switch" },
  },
  { keys: ["l", "right"], scopes: ["viewer", "report"], help: "to the right", run: { type: "sideways", by: 8 } },
  { keys: ["h", "left"], scopes: ["viewer", "report"], help: "to the left", run: { type: "sideways", by: -8 } },
];

const taking: readonly Binding[] = [
  {
    keys: ["c"],
    scopes: everywhere,
    help: "copy the command that gives the same in a shell",
    run: (commands, state) => copied(commands, sameLine(state)),
  },
  {
    keys: ["p"],
    scopes: ["files", "log", "viewer", "report"],
    help: "in $PAGER: the file, the log, what a command printed",
    run: commands => commands.outside("pager") as undefined,
  },
  {
    keys: ["O"],
    scopes: [...panes, "viewer", "report"],
    help: "in $EDITOR: the file; elsewhere the Dockerfile at the line of the step",
    run: commands => commands.outside("editor") as undefined,
  },
  {
    keys: ["o"],
    scopes: panes,
    help: "the Dockerfile at the line of the step",
    footer: "Dockerfile",
    run: { type: "open-dockerfile" },
  },
  {
    keys: ["y"],
    scopes: ["report"],
    help: "copy the line that gives the same in a shell",
    footer: "copy the line",
    run: (commands, state) => copied(commands, pathOf(state)),
  },
  {
    keys: ["y"],
    scopes: ["steps", "files", "hits", "viewer", "builds", "detail"],
    help: "copy the path (steps: the instruction; builds: the id)",
    run: (commands, state) => copied(commands, pathOf(state)),
  },
  {
    keys: ["Y"],
    scopes: ["steps", "files", "detail"],
    help: "copy the digest: of the file, of the layer",
    run: (commands, state) => copied(commands, digestOf(state)),
  },
  {
    keys: ["e"],
    scopes: ["steps", "files", "detail"],
    help: "extract: the selected path, or (in STEPS) everything",
    footer: "extract",
    when: inLayers,
    run: { type: "ask", kind: "extract" },
  },
];

const running: readonly Binding[] = [
  {
    keys: [":"],
    scopes: [...lists, ...sheets, "viewer", "report"],
    help: "run a command on what is open (Tab completes; Up: earlier)",
    footer: "command",
    run: { type: "ask", kind: "command" },
  },
  {
    keys: ["H"],
    scopes: ["files", "hits", "detail", "viewer"],
    help: "history: what every layer did to the selected path",
    footer: "history",
    when: state => inLayers(state) && openFacts(state).path !== null,
    run: { type: "run-line", text: "history $target $path" },
  },
  {
    keys: ["w"],
    scopes: panes,
    help: "why: what the layer cache said to the selected step, its key beside that of the other build; and back",
    footer: "why",
    when: state => (inLayers(state) && state.target?.build != null) || inLive(state),
    run: { type: "toggle-why" },
  },
  {
    keys: ["E"],
    scopes: layerPanes,
    help: "explain: the reasons of all steps",
    when: state => inLayers(state) && state.target?.build != null,
    run: { type: "run-line", text: "explain $target" },
  },
  {
    keys: ["W"],
    scopes: layerPanes,
    help: "waste: what the layers store without need",
    footer: "waste",
    when: inLayers,
    run: { type: "run-line", text: "waste" },
  },
  {
    keys: ["i"],
    scopes: layerPanes,
    help: "lint: secrets, unsafe modes, odd entries",
    footer: "lint",
    when: inLayers,
    run: { type: "run-line", text: "lint" },
  },
  {
    keys: ["P"],
    scopes: layerPanes,
    help: "packages that each step installed, removed or upgraded",
    when: inLayers,
    run: { type: "run-line", text: "packages" },
  },
  { keys: ["r"], scopes: ["report"], help: "run it again", footer: "again", run: { type: "run-again" } },
];

const whileLive: readonly Binding[] = [
  { keys: ["space"], scopes: panes, help: "pause, and go on", footer: "pause", when: isReplay, run: play("pause") },
  {
    keys: ["left"],
    scopes: panes,
    help: "back, by a twentieth of the build",
    footer: "back",
    when: isReplay,
    run: play("back"),
  },
  { keys: ["right"], scopes: panes, help: "forward", footer: "forward", when: isReplay, run: play("forward") },
  { keys: ["<"], scopes: panes, help: "half as fast", when: isReplay, run: play("slower") },
  { keys: [">"], scopes: panes, help: "twice as fast", footer: "faster", when: isReplay, run: play("faster") },
  {
    keys: ["R"],
    scopes: panes,
    help: "watching: build now, or once more when the build that runs has ended",
    footer: "build now",
    when: state => state.watch !== null,
    run: buildNow,
  },
  {
    keys: ["X"],
    scopes: panes,
    help: "watching: cancel the build that runs, and watch on",
    footer: "cancel",
    when: state => state.watch !== null && isRunning(state.live),
    run: commands => commands.cancelBuild() as undefined,
  },
  {
    keys: ["F"],
    scopes: panes,
    help: "live: follow the running step and the end of its log, or freeze it",
    footer: "follow/freeze",
    when: inLive,
    run: { type: "follow" },
  },
];

const going: readonly Binding[] = [
  {
    keys: ["b"],
    scopes: [...panes, ...sheets],
    help: "the list of builds",
    footer: "builds",
    run: { type: "go", place: "builds" },
  },
  {
    keys: ["L"],
    scopes: [...panes, "builds"],
    help: "the log of the build that runs here, or back to the layers",
    footer: "layers/log",
    when: state => state.live !== null,
    run: (_, state) => ({ type: "go", place: state.place === "live" ? "layers" : "live" }),
  },
  { keys: ["?"], scopes: everywhere, help: "this help", footer: "help", run: { type: "help" } },
  { keys: ["esc"], scopes: [...everywhere, "prompt"], help: "one level back", run: { type: "back" } },
  { keys: ["q"], scopes: everywhere, help: "back, or leave", footer: "quit", run: quitOrBack },
  {
    keys: ["ctrl-c"],
    scopes: [...everywhere, "prompt"],
    help: "leave (a running build is cancelled, after a question)",
    run: commands => commands.quit() as undefined,
  },
  {
    keys: ["ctrl-l"],
    scopes: [...everywhere, "prompt"],
    help: "draw the screen again",
    run: commands => commands.repaint() as undefined,
  },
  {
    keys: ["ctrl-z"],
    scopes: everywhere,
    help: "to the shell; fg comes back",
    run: commands => commands.suspend() as undefined,
  },
  {
    keys: ["M"],
    scopes: everywhere,
    help: "mouse on or off (off: the terminal selects text); a double click is Enter",
    run: { type: "toggle-mouse" },
  },
];

const editing: readonly Binding[] = [
  { keys: ["enter"], scopes: ["prompt"], help: "", run: { type: "answer" } },
  { keys: ["tab"], scopes: ["prompt"], help: "", run: { type: "prompt-tab" } },
  { keys: ["up", "ctrl-p"], scopes: ["prompt"], help: "", run: { type: "recall", by: 1 } },
  { keys: ["down", "ctrl-n"], scopes: ["prompt"], help: "", run: { type: "recall", by: -1 } },
  { keys: ["backspace", "ctrl-h"], scopes: ["prompt"], help: "", run: edit("delete-before") },
  { keys: ["delete"], scopes: ["prompt"], help: "", run: edit("delete-after") },
  { keys: ["ctrl-w"], scopes: ["prompt"], help: "", run: edit("delete-word") },
  { keys: ["ctrl-u"], scopes: ["prompt"], help: "", run: edit("delete-all") },
  { keys: ["left"], scopes: ["prompt"], help: "", run: edit("left") },
  { keys: ["right"], scopes: ["prompt"], help: "", run: edit("right") },
  { keys: ["home", "ctrl-a"], scopes: ["prompt"], help: "", run: edit("start") },
  { keys: ["end", "ctrl-e"], scopes: ["prompt"], help: "", run: edit("end") },
];

/**
 * With titles for the help, in the order in which the footer names them as long as there is room; keys of one line of text
 * are known and left out there.
 */
export const keyGroups: readonly { readonly title: string; readonly bindings: readonly Binding[] }[] = [
  { title: "Moving", bindings: moving },
  { title: "Opening", bindings: opening },
  { title: "Live: builds, replays, watching", bindings: whileLive },
  { title: "Searching", bindings: searching },
  { title: "Comparing", bindings: comparing },
  { title: "Whole views", bindings: inSheets },
  { title: "Viewing a file", bindings: viewing },
  { title: "Taking", bindings: taking },
  { title: "Running commands", bindings: running },
  { title: "Going", bindings: going },
  { title: "", bindings: editing },
];

export const keyTable: readonly Binding[] = keyGroups.flatMap(group => group.bindings);

/** The binding of a key where it does something now. */
export function bindingOf(key: KeyName, scope: Scope, state: State): Binding | undefined {
  return keyTable.find(
    binding => binding.keys.includes(key) && binding.scopes.includes(scope) && (binding.when?.(state) ?? true),
  );
}

function edit(
  kind: "delete-before" | "delete-after" | "delete-word" | "delete-all" | "left" | "right" | "start" | "end",
): Action {
  return { type: "edit", edit: { kind } };
}

function copied(commands: Commands, text: string): Action {
  if (text === "") return { type: "say", text: "there is nothing to copy here", kind: "info" };
  commands.copy(text);
  return { type: "say", text: `copied: ${shortened(text)}`, kind: "info" };
}

function buildNow(commands: Commands, { watch, live }: State): Action | undefined {
  commands.buildNow();
  if (watch?.broken) return { type: "say", text: "nothing can be built as it is", kind: "error" };
  return isRunning(live) ? { type: "say", text: "it is built once more after this one", kind: "info" } : undefined;
}

/** q goes back where there is something to go back to, and leaves otherwise. */
function quitOrBack(commands: Commands, state: State): Action | undefined {
  const inside = state.report !== null || state.viewer !== null || state.helpTop !== null;
  if (shownSheet(state)) return { type: "back" };
  const fromBuilds = state.place === "builds" && (state.target !== null || state.live !== null);
  if (inside || fromBuilds) return { type: "back" };
  commands.quit();
  return undefined;
}
