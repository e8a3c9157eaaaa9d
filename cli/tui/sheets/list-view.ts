import type { State } from "../state/state.ts";
import type { Row } from "../text/spans.ts";
import type { Sheet } from "./sheet.ts";

/** How a sheet that is a list is shown. Pure. */
export interface ListView<S extends Sheet> {
  title(state: State, sheet: S, width: number): Row;
  /** Over the columns. */
  heads(state: State, sheet: S, width: number): Row;
  count(state: State, sheet: S): number;
  row(state: State, sheet: S, at: number, selected: boolean, width: number): Row;
  /** More about the selected row, below the list. */
  detail(state: State, sheet: S, width: number): readonly Row[];
  /** Said when there is nothing to list. */
  readonly empty: string;
}
