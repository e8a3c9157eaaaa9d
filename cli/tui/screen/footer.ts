/** The last line: a question, what happens, what happened, or the keys. */

import { showText } from "../../../lib/model/path-text.ts";
import { formatBytes } from "../../display/format.ts";
import { keyLabel } from "../keys/key-names.ts";
import { keyTable } from "../keys/key-table.ts";
import { completeLine } from "../palette/complete-line.ts";
import { openFacts } from "../palette/open-facts.ts";
import { scopeOf } from "../state/select.ts";
import type { PromptState, State } from "../state/state.ts";
import { cellWidth, cutText } from "../text/cells.ts";
import { type Row, span, textOf } from "../text/spans.ts";

export function footerRow(state: State): Row {
  if (state.prompt) return promptRow(state, state.prompt);
  const urgent = leavingRow(state) ?? askedRow(state) ?? progressRow(state) ?? busyRow(state) ?? messageRow(state);
  if (urgent) return urgent;
  const status = searchText(state);
  return status === ""
    ? hints(state, state.size.columns)
    : [span(`${status}   `), ...hints(state, state.size.columns - cellWidth(status) - 3)];
}

function leavingRow({ live, batch }: State): Row | null {
  const running = batch && !batch.ended ? batch : live;
  if (!running || running.ended || running.leaving === "no") return null;
  return running.leaving === "asked"
    ? [
        span(
          running === batch
            ? "Builds are running.  q: cancel them and leave   Esc: go on"
            : "The build is running.  q: cancel it and leave   Esc: go on",
          "warning",
        ),
      ]
    : [span("Cancelling the build and cleaning up ..", "warning")];
}

/** The keys first: a name may be longer than the screen is wide. */
function askedRow({ sheet, size }: State): Row | null {
  if (sheet?.kind !== "cluster" || sheet.away || sheet.asked === null) return null;
  return [span(cutText(`y: delete it   Esc: no   ${showText(sheet.asked)}`, size.columns), "warning")];
}

function progressRow({ report, size }: State): Row | null {
  if (!report || report.progress === "") return null;
  return [span(cutText(report.progress, size.columns), "accent")];
}

function busyRow({ busy }: State): Row | null {
  if (!busy) return null;
  const of = busy.totalBytes === null ? "" : ` of ${formatBytes(busy.totalBytes)}`;
  return [span(`${busy.what}: ${formatBytes(busy.doneBytes)}${of}`, "accent")];
}

function messageRow(state: State): Row | null {
  const { message, live } = state;
  if (message) return [span(cutText(message.text, state.size.columns), message.kind === "error" ? "error" : "accent")];
  if (state.place === "live" && live?.error) return [span(live.error, "error")];
  return null;
}

function searchText({ search, viewer, report }: State): string {
  if (!search || viewer || report) return "";
  const total = search.matches.length;
  if (search.listed) return "";
  const match = search.matches[search.place.cursor];
  const where = match?.step == null ? "" : ` step ${match.step}`;
  return `/${showText(search.query.text)}  ${total === 0 ? 0 : search.place.cursor + 1}/${total}${where}`;
}

/** The keys that work here, as many as there is room for; the help is always named. */
function hints(state: State, width: number): Row {
  const scope = scopeOf(state);
  const bindings = keyTable.filter(
    ({ footer, scopes, when }) => footer !== undefined && scopes.includes(scope) && (when?.(state) ?? true),
  );
  const needed = (texts: readonly string[]) => texts.reduce((sum, text) => sum + text.length + 2, 0);
  const texts = bindings.map(({ keys, footer }) => `${keyLabel(keys[0] as string)} ${footer}`);
  const always = texts.filter((_, at) => ["command", "help", "quit"].includes(bindings[at]?.footer ?? ""));
  const others = texts.filter(text => !always.includes(text));
  while (others.length > 0 && needed([...others, ...always]) > width) others.pop();
  return [...others, ...always].flatMap((text): Row => {
    const space = text.indexOf(" ");
    return [span(text.slice(0, space), "accent"), span(`${text.slice(space)}  `, "dim")];
  });
}

const promptLabels = { search: "search", find: "find", extract: "extract", command: "command" } as const;

function promptRow(state: State, prompt: PromptState): Row {
  const { columns } = state.size;
  const label = `${promptLabels[prompt.kind]}${detailOf(prompt)}: `;
  const room = Math.max(10, columns - cellWidth(label) - 2);
  // The end of the text before the cursor stays in sight.
  const before = showText(prompt.text.slice(0, prompt.cursor));
  const shown = before.length > room ? before.slice(before.length - room) : before;
  const under = prompt.text.slice(prompt.cursor, prompt.cursor + 1);
  const row = [
    span(label, "accent"),
    span(shown),
    span(under === "" ? "_" : showText(under), "found"),
    span(showText(prompt.text.slice(prompt.cursor + 1))),
  ];
  if (prompt.kind !== "command") return row;
  const { hint } = completeLine(prompt.text.slice(0, prompt.cursor), state.palette, openFacts(state));
  const free = columns - cellWidth(textOf(row)) - hintGap.length;
  return free < leastHint ? row : [...row, span(hintGap), span(cutText(hint, free), "dim")];
}

const hintGap = "   ";
/** Less of it says nothing. */
const leastHint = 10;

function detailOf(prompt: PromptState): string {
  if (prompt.kind === "search") return ` ${prompt.mode} (Tab)`;
  if (prompt.kind === "find" || prompt.kind === "command") return "";
  const path = prompt.path === "" ? "everything" : `/${showText(prompt.path)}`;
  return ` ${cutText(path, 30)} to folder`;
}
