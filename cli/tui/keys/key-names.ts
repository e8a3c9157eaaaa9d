/** From what a terminal sends to names of keys. A held key arrives as several characters at once: they are split. */

import type { Key } from "ink";

/** A printable character as it is, or a name: `up`, `enter`, `ctrl-d`, `space`, … */
export type KeyName = string;

/** The parts of ink's `Key` that are looked at. */
type KeyFlags = Partial<Key>;

const namedKeys = [
  ["upArrow", "up"],
  ["downArrow", "down"],
  ["leftArrow", "left"],
  ["rightArrow", "right"],
  ["pageDown", "pagedown"],
  ["pageUp", "pageup"],
  ["home", "home"],
  ["end", "end"],
  ["return", "enter"],
  ["escape", "esc"],
  ["backspace", "backspace"],
  ["delete", "delete"],
] as const satisfies readonly (readonly [keyof Key, KeyName])[];

export function keyNames(input: string, key: KeyFlags): KeyName[] {
  if (key.eventType === "release") return [];
  if (key.tab) return [key.shift ? "shift-tab" : "tab"];
  const named = namedKeys.find(([flag]) => key[flag]);
  if (named) return [named[1]];
  if (key.ctrl) return input === "" ? [] : [`ctrl-${input.toLowerCase()}`];
  // Esc and a key typed quickly after it look like Alt and the key; no key here has Alt.
  if (key.meta) return ["esc", ...[...input].map(nameOfCharacter)];
  return [...input].map(nameOfCharacter);
}

function nameOfCharacter(character: string): KeyName {
  switch (character) {
    case "\r":
    case "\n":
      return "enter";
    case "\t":
      return "tab";
    case " ":
      return "space";
    case "\x1b":
      return "esc";
    case "\x7f":
    case "\b":
      return "backspace";
    default: {
      const code = character.codePointAt(0) as number;
      return code < 0x20 ? `ctrl-${String.fromCharCode(code + 0x60)}` : character;
    }
  }
}

/** How a key is written in the help. */
export function keyLabel(key: KeyName): string {
  const labels: Readonly<Record<string, string>> = {
    up: "Up",
    down: "Down",
    left: "Left",
    right: "Right",
    pagedown: "PgDn",
    pageup: "PgUp",
    home: "Home",
    end: "End",
    enter: "Enter",
    esc: "Esc",
    tab: "Tab",
    "shift-tab": "Shift-Tab",
    space: "Space",
  };
  return labels[key] ?? key.replace(/^ctrl-(.)$/, (_, letter: string) => `Ctrl-${letter}`);
}
