import { keyLabel } from "../keys/key-names.ts";
import { type Binding, keyGroups } from "../keys/key-table.ts";
import { wrapText } from "../text/cells.ts";
import { type Row, span } from "../text/spans.ts";

const signs: readonly (readonly [string, string])[] = [
  ["+ ~ - =", "added, modified, deleted, written again (at most the time differs)"],
  ["+hit !miss run", "taken from the layer cache; not found there and run; run without asking it"],
  [".run -run", "not asked, as a step before it missed; the layer cache was off"],
  ["!old !type !bad", "missed: its entry had expired; was no image; could not be read"],
  ["hit? miss? ?", "watching: what is predicted, or not known; ?! it came otherwise; ~ changed by itself"],
  ["meta skip FAIL", "changes no files; not reached or not needed; failed"],
  ["> *", "selected; compared with"],
];

/** Columns before what a sign means or a key does. */
const indent = 20;

/** The help: what the signs mean, then every key of the table. */
export function helpRows(width: number): readonly Row[] {
  const helpRow = ({ keys, help }: Binding) => explained(keys.map(keyLabel).join(" "), help, width);
  return [
    [span("Signs", "bold")],
    ...signs.flatMap(([sign, meaning]) => explained(sign, meaning, width)),
    ...keyGroups
      .filter(({ title }) => title !== "")
      .flatMap(({ title, bindings }) => [[], [span(title, "bold")], ...bindings.flatMap(helpRow)]),
  ];
}

function explained(label: string, text: string, width: number): Row[] {
  return wrapText(text, Math.max(1, width - indent)).map((line, at) => [
    span(`  ${at === 0 ? label : ""}`.padEnd(indent), "accent"),
    span(line),
  ]);
}
