/** Lines of the palette that change the screen itself. Beside them stand the commands of the program. Pure. */

import { sheetInfos } from "../sheets/sheet-names.ts";
import type { Action } from "../state/actions.ts";
import { isThemeName, themeNames } from "../theme-names.ts";
import type { CommandInfo } from "./command-line.ts";

interface UiWord {
  readonly name: string;
  readonly describe: string;
  readonly action: Action;
}

const words: Readonly<Record<"view" | "theme", readonly UiWord[]>> = {
  view: [
    { name: "layers", describe: "steps, files and detail", action: { type: "go", place: "layers" } },
    { name: "builds", describe: "the list of builds", action: { type: "go", place: "builds" } },
    { name: "live", describe: "the build that runs here, with its log", action: { type: "go", place: "live" } },
    ...sheetInfos.map(
      ({ kind, help }): UiWord => ({ name: kind, describe: help, action: { type: "open-sheet", kind } }),
    ),
    { name: "help", describe: "every key", action: { type: "help" } },
  ],
  theme: themeNames.map(name => ({ name, describe: "", action: { type: "set-theme", name } })),
};

const describes = { view: "Show a view", theme: "Change the colours" } as const;

/** The commands of the program and those of the screen, with what can stand behind the latter. */
export function withUiCommands(commands: readonly CommandInfo[]): {
  readonly commands: readonly CommandInfo[];
  readonly below: ReadonlyMap<string, readonly CommandInfo[]>;
} {
  const infoOf = (name: string, describe: string, positionals: readonly string[]): CommandInfo => ({
    name,
    positionals,
    describe,
    takesTerminal: false,
  });
  const names = ["view", "theme"] as const;
  return {
    commands: [...commands, ...names.map(name => infoOf(name, describes[name], ["<name>"]))],
    below: new Map(names.map(name => [name, words[name].map(word => infoOf(word.name, word.describe, []))])),
  };
}

function isUiCommand(name: string): name is "view" | "theme" {
  return name === "view" || name === "theme";
}

/** What a line of words does; null when it is none of the screen's own. */
export function uiAction([name = "", word = ""]: readonly string[]): Action | null {
  if (!isUiCommand(name)) return null;
  const found = words[name].find(candidate => candidate.name === word);
  if (found) return found.action;
  const known = name === "theme" && !isThemeName(word) ? themeNames : words[name].map(candidate => candidate.name);
  return { type: "say", text: `${name} takes one of: ${known.join(" ")}`, kind: "error" };
}
