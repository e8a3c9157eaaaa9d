/** What each step did to the files; of a comparison, what differs. Small text files line by line. */

import { counted, formatBytes, formatDelta } from "../../../display/format.ts";
import type { ReportDiff } from "../../document.ts";
import { searchRows } from "../../file-tree.ts";
import type { ChangeTable } from "../../packed/unpack-tables.ts";
import type { PageDocument } from "../../page-document.ts";
import { element, fill, lineNodes, nameText } from "../dom.ts";
import { kindBadge, stepOf } from "../marks.ts";
import { RowList } from "../row-list.ts";
import { commandLine, type Section, section } from "../section.ts";

export class ChangesView {
  readonly section: Section;
  readonly #report: PageDocument;
  readonly #tables: readonly ChangeTable[];
  readonly #shell: string;
  readonly #list: RowList;
  readonly #choice = element("select", { id: "changes-of" });
  readonly #kind = element("select", { id: "changes-kind" });
  readonly #search = element("input", {
    type: "search",
    id: "changes-search",
    placeholder: "part of a path",
    autocomplete: "off",
    spellcheck: "false",
  });
  readonly #said = element("p", { class: "quiet-text", role: "status" });
  readonly #diff = element("div", { class: "file-detail" });
  readonly #command = element("div");
  #rows: readonly number[] = [];

  constructor(report: PageDocument, tables: readonly ChangeTable[], shell: string) {
    this.#report = report;
    this.#tables = tables;
    this.#shell = shell;
    const { comparison, side } = report;
    this.#list = new RowList("change-list", {
      label: "Changed paths",
      roles: ["listbox", "option"],
      row: index => this.#rowNode(this.#rows[index] as number),
      onSelect: index => this.#showDiff(this.#rows[index]),
      onKey: () => false,
    });
    fill(this.#choice, ...report.changes.map((group, at) => element("option", { value: at }, this.#titleOf(group))));
    const kinds = { "": "everything", A: "added", M: "modified", D: "deleted" };
    fill(this.#kind, ...Object.entries(kinds).map(([value, word]) => element("option", { value }, word)));
    this.#choice.addEventListener("change", () => this.#refresh());
    this.#kind.addEventListener("change", () => this.#refresh());
    this.#search.addEventListener("input", () => this.#refresh());
    this.section = section(
      {
        id: "changes",
        title: comparison === null ? "Changes" : "Files that differ",
        lead:
          comparison === null
            ? "What each step added, modified and deleted. Select a path to see the lines of a small text file."
            : `From ${comparison.one.name} to ${side.name}; files that differ only in their times are left out.`,
        command: null,
      },
      this.#command,
      element(
        "div",
        { class: "tools" },
        element("span", { class: "tool" }, element("label", { for: "changes-of" }, "Of"), this.#choice),
        element("span", { class: "tool" }, element("label", { for: "changes-kind" }, "show"), this.#kind),
        element("span", { class: "tool" }, element("label", { for: "changes-search" }, "Search"), this.#search),
      ),
      this.#said,
      this.#list.node,
      this.#diff,
    );
    this.#choice.value = String(this.#mostTelling());
    this.#refresh();
  }

  #titleOf({ step, counts }: PageDocument["changes"][number]): string {
    const numbers = `+${counts.added} ~${counts.modified} −${counts.deleted}`;
    if (step === null) return `the images as a whole (${numbers})`;
    const text = stepOf(this.#report.side, step)?.text ?? "";
    return `step ${step} (${numbers}) ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`;
  }

  /** The whole where there is one; else the first step with lines to show, or the one that did most. */
  #mostTelling(): number {
    const { changes, diffs, comparison } = this.#report;
    if (comparison !== null) return 0;
    const withLines = changes.findIndex(({ step }) => diffs.some(diff => diff.step === step));
    if (withLines >= 0) return withLines;
    const counts = changes.map(({ counts }) => counts.added + counts.modified + counts.deleted);
    return counts.indexOf(Math.max(...counts));
  }

  get #at(): number {
    return Number(this.#choice.value);
  }

  #refresh(): void {
    const table = this.#tables[this.#at];
    const group = this.#report.changes[this.#at];
    if (table === undefined || group === undefined) return;
    const query = this.#search.value.trim().replace(/^\//, "");
    const kind = this.#kind.value;
    const found = query === "" ? [...table.paths.keys()] : searchRows(table.paths, query);
    this.#rows = kind === "" ? found : found.filter(row => table.kind(row) === kind);
    const { added, modified, deleted, bytesDelta } = group.counts;
    const left = group.leftOut === 0 ? "" : `; ${group.leftOut} more are not listed here`;
    fill(
      this.#said,
      `${counted(this.#rows.length, "path")} shown. ${added} added, ${modified} modified, ${deleted} deleted, ${formatDelta(bytesDelta)}${left}.`,
    );
    fill(this.#command, commandLine(this.#commandOf(group.step)));
    this.#list.show(this.#rows.length, 0);
    fill(this.#diff);
    // What can be shown line by line is what people look for.
    const lines = this.#diffsOf(group.step);
    if (lines.length > 0 && query === "")
      fill(
        this.#diff,
        element("p", { class: "quiet-text" }, `Text differences of ${counted(lines.length, "file")}:`),
        ...lines.map(diff => diffNode(diff, lines.length === 1)),
      );
  }

  #commandOf(step: number | null): string {
    const { side, comparison } = this.#report;
    if (comparison === null) return `${this.#shell} diff ${side.word} --step ${step}`;
    const words = `${comparison.one.word} ${side.word}`;
    return step === null
      ? `${this.#shell} diff ${words} --ignore time`
      : `${this.#shell} compare ${words} --step ${step}`;
  }

  #diffsOf(step: number | null): readonly ReportDiff[] {
    return this.#report.diffs.filter(diff => diff.step === step);
  }

  #rowNode(row: number): HTMLElement {
    const table = this.#tables[this.#at] as ChangeTable;
    const kind = table.kind(row);
    const [before, after] = [table.beforeBytes[row] as number, table.afterBytes[row] as number];
    return element(
      "div",
      { class: "row change" },
      kindBadge(kind),
      nameText(`/${table.paths[row]}`, "column-name"),
      element("span", { class: "column-causes" }, table.causes(row).join(", ")),
      element(
        "span",
        { class: "column-size" },
        kind === "M"
          ? before === after
            ? ""
            : formatDelta(after - before)
          : formatBytes(kind === "A" ? after : before),
      ),
    );
  }

  #showDiff(row: number | undefined): void {
    const table = this.#tables[this.#at];
    const group = this.#report.changes[this.#at];
    if (row === undefined || table === undefined || group === undefined) return;
    const path = table.paths[row] as string;
    const diff = this.#diffsOf(group.step).find(each => each.path === path);
    const causes = table.causes(row);
    const [before, after] = [table.beforeBytes[row] as number, table.afterBytes[row] as number];
    fill(
      this.#diff,
      element("p", { class: "detail-path" }, kindBadge(table.kind(row)), " ", nameText(`/${path}`)),
      element(
        "p",
        { class: "quiet-text" },
        [
          causes.length === 0 ? "" : `differs in ${causes.join(", ")}`,
          before === 0 && after === 0 ? "" : `${formatBytes(before)} → ${formatBytes(after)}`,
        ]
          .filter(word => word !== "")
          .join(" · "),
      ),
      diff === undefined ? null : diffNode(diff, true),
    );
  }
}

function diffNode({ path, text }: ReportDiff, isOpen: boolean): HTMLElement {
  const lines = text.split("\n");
  // Two lines of names, or three with a line of signs, stand in front.
  const start = lines.findIndex(line => line.startsWith("@@"));
  const body = (start < 0 ? lines : lines.slice(start)).map(line => {
    const tone = line.startsWith("+")
      ? "line-added"
      : line.startsWith("-")
        ? "line-deleted"
        : line.startsWith("@@")
          ? "line-place"
          : "line";
    return element("span", { class: tone }, ...lineNodes(line === "" ? " " : line));
  });
  return element(
    "details",
    { class: "finding", open: isOpen },
    element("summary", {}, nameText(`/${path}`)),
    element(
      "div",
      { class: "scroll", role: "region", tabindex: 0, "aria-label": `Differences of /${path}` },
      element("pre", { class: "diff" }, ...body),
    ),
  );
}
