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
      const options = await commandLine.optionsOf(command);
      store.dispatch({ type: "options-known", command, options });
    },
  });
}

/** The command whose options are wanted and not known. */
function typedCommand({ prompt, palette }: State): string | null {
  if (prompt?.kind !== "command") return null;
  const name = splitLine(prompt.text.trimStart().split(" ", 1)[0] ?? "").words[0]?.text;
  const isWanted = palette.commands.some(command => command.name === name) && !palette.options.has(name as string);
  return isWanted ? (name as string) : null;
}
