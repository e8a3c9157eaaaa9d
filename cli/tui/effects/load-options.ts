import type { CommandLine } from "../palette/command-line.ts";
import { splitLine } from "../palette/line-words.ts";
import type { State } from "../state/state.ts";
import type { Store } from "../store.ts";
import { runLatest, type Stop } from "./latest.ts";

/** Reads the options of the command that is being typed, for Tab. */
export function loadOptions(store: Store, commandLine: CommandLine): Stop {
  return runLatest(store, {
    key: state => {
      const name = typedCommand(state);
      return name === null ? null : [name];
    },
    // Without them the line can be typed as well.
    onError: () => undefined,
    async run(state) {
      const command = typedCommand(state);
      if (command === null) return;
      const [options, below] = await Promise.all([commandLine.optionsOf(command), commandLine.commandsOf(command)]);
      store.dispatch({ type: "options-known", command, options, below });
    },
  });
}

/** The command whose options are wanted and not known. */
function typedCommand({ prompt, palette }: State): string | null {
  if (prompt?.kind !== "command") return null;
  const [name = "", second = ""] = splitLine(prompt.text).words.map(word => word.text);
  if (!palette.commands.some(command => command.name === name)) return null;
  if (!palette.options.has(name)) return name;
  const isSub = palette.below.get(name)?.some(command => command.name === second) ?? false;
  return isSub && !palette.options.has(`${name} ${second}`) ? `${name} ${second}` : null;
}
