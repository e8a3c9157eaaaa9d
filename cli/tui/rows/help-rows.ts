import { keyLabel } from "../keys/key-names.ts";
import { type Binding, keyGroups } from "../keys/key-table.ts";
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

/** The help: what the signs mean, then every key of the table. */
export function helpRows(): readonly Row[] {
  return [
    [span("Signs", "bold")],
    ...signs.map(([sign, meaning]): Row => [span(`  ${sign.padEnd(18)}`, "accent"), span(meaning)]),
    ...keyGroups
      .filter(({ title }) => title !== "")
      .flatMap(({ title, bindings }) => [[], [span(title, "bold")], ...bindings.map(helpRow)]),
  ];
}

function helpRow({ keys, help }: Binding): Row {
  return [span(`  ${keys.map(keyLabel).join(" ").padEnd(18)}`, "accent"), span(help)];
}
