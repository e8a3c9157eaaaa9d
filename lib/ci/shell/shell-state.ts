import type { Unknowns } from "../unknowns.ts";

/** What a shell knows at some point of a script. */
export interface ShellState {
  readonly variables: Map<string, string>;
  /** `$1`, `$2` …; null where the script's caller gives them. */
  positional: readonly string[] | null;
  workingFolder: string;
}

export function copyState(state: ShellState): ShellState {
  return { ...state, variables: new Map(state.variables) };
}

/** What expanding words needs to know beside the state. */
export interface ShellPlace {
  readonly unknowns: Unknowns;
  readonly file: string;
  /** The line of a place in the script, from 1, in the file. */
  lineAt(offset: number): number;
  /** A variable that the script does not set; undefined where nobody knows it. */
  outside(name: string): string | undefined;
}
