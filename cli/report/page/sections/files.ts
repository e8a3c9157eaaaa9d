/** The files of the image as a tree that folds, with a search over all paths. */

import { quoteWord } from "../../../../lib/ci/shell/quote-word.ts";
import { typeLetter } from "../../../../lib/model/entry.ts";
import { counted, formatBytes, formatMode } from "../../../display/format.ts";
import type { ReportSide } from "../../document.ts";
import { childRows, type FileTree, parentRow, searchRows, visibleRows } from "../../file-tree.ts";
import type { FileTable } from "../../packed/unpack-tables.ts";
import { element, fill, nameText } from "../dom.ts";
import { stepColour, stepLink } from "../marks.ts";
import { RowList } from "../row-list.ts";
import { commandLine, type Section, section } from "../section.ts";

export class FilesView {
  readonly section: Section;
  readonly #side: ReportSide;
  readonly #files: FileTable;
  readonly #tree: FileTree;
  readonly #shell: string;
  readonly #open = new Set<number>();
  readonly #list: RowList;
  readonly #detail = element("div", { class: "file-detail" });
  readonly #found = element("span", { class: "quiet-text", role: "status" });
  readonly #search = element("input", {
    type: "search",
    id: "file-search",
    placeholder: "part of a path",
    autocomplete: "off",
    spellcheck: "false",
  });
  readonly #bySize = element("input", { type: "checkbox", id: "file-by-size" });
  #rows: readonly number[] = [];
  #isSearch = false;

  constructor(side: ReportSide, files: FileTable, tree: FileTree, leftOut: number, shell: string) {
    this.#side = side;
    this.#files = files;
    this.#tree = tree;
    this.#shell = shell;
    this.#list = new RowList("file-tree", {
      label: "Files of the image",
      roles: ["tree", "treeitem"],
      row: index => this.#rowNode(this.#rows[index] as number),
      onSelect: index => this.#showDetail(this.#rows[index]),
      onKey: (key, index) => this.#press(key, index),
    });
    this.#search.addEventListener("input", () => this.#refresh(0));
    this.#search.addEventListener("keydown", event => {
      if (event.key !== "ArrowDown" && event.key !== "Enter") return;
      event.preventDefault();
      this.#list.node.focus();
      this.#list.select(0);
    });
    this.#bySize.addEventListener("change", () => this.#refresh());
    const left = leftOut === 0 ? "" : ` The ${leftOut} smallest are left out here.`;
    this.section = section(
      {
        id: "files",
        title: "Files",
        count: String(files.length),
        lead: `What a container of this image starts with.${left}`,
        command: `${shell} ls ${side.word} /`,
      },
      element(
        "div",
        { class: "tools" },
        element("span", { class: "tool" }, element("label", { for: "file-search" }, "Search"), this.#search),
        this.#found,
        element(
          "span",
          { class: "tool last" },
          this.#bySize,
          element("label", { for: "file-by-size" }, "largest first"),
        ),
      ),
      element(
        "div",
        { class: "row-head", "aria-hidden": "true" },
        ...["Name", "Step", "Mode", "Owner", "Size"].map(title =>
          element("span", { class: `column-${title.toLowerCase()}` }, title),
        ),
      ),
      this.#list.node,
      this.#detail,
    );
    // Where there is but one folder, what is in it is of interest.
    let only = childRows(tree, -1);
    while (only.length === 1 && this.#isFolder(only[0] as number)) {
      this.#open.add(only[0] as number);
      only = childRows(tree, only[0] as number);
    }
    this.#refresh(0);
  }

  /** Opens the folders of a row and goes there. */
  reveal(row: number): void {
    this.#search.value = "";
    for (let folder = parentRow(this.#tree, row); folder >= 0; folder = parentRow(this.#tree, folder))
      this.#open.add(folder);
    this.#refresh();
    this.section.node.scrollIntoView();
    this.#list.node.focus({ preventScroll: true });
    this.#list.select(this.#rows.indexOf(row));
  }

  #isFolder(row: number): boolean {
    return this.#files.type(row) === "dir";
  }

  #refresh(current?: number): void {
    const query = this.#search.value.trim().replace(/^\//, "");
    this.#isSearch = query !== "";
    const { sizesBytes } = this.#files;
    const bySize = (rows: number[]) =>
      rows.sort((one, other) => (sizesBytes[other] as number) - (sizesBytes[one] as number));
    const order = this.#bySize.checked ? bySize : (rows: number[]) => rows;
    this.#rows = this.#isSearch
      ? order(searchRows(this.#files.paths, query))
      : visibleRows(this.#tree, row => this.#open.has(row), order);
    fill(this.#found, this.#isSearch ? counted(this.#rows.length, "path") : "");
    this.#list.show(this.#rows.length, current);
    this.#showDetail(this.#isSearch ? this.#rows[this.#list.current] : undefined);
  }

  #rowNode(row: number): HTMLElement {
    const { paths, sizesBytes, steps } = this.#files;
    const path = paths[row] as string;
    const depth = this.#isSearch ? 0 : (this.#tree.depths[row] as number);
    const isFolder = this.#isFolder(row);
    const isOpen = !this.#isSearch && this.#open.has(row);
    const shown = this.#isSearch ? `/${path}` : path.slice(path.lastIndexOf("/") + 1);
    const link = this.#files.link(row);
    const name = element(
      "span",
      { class: "column-name" },
      element(
        "span",
        { class: "toggle", "aria-hidden": "true" },
        isFolder && !this.#isSearch ? (isOpen ? "▾" : "▸") : "",
      ),
      nameText(isFolder ? `${shown}/` : shown, isFolder ? "folder-name" : ""),
      link === null
        ? null
        : element(
            "span",
            { class: "quiet-text link" },
            this.#files.type(row) === "hardlink" ? "link to " : "→ ",
            nameText(link),
          ),
    );
    name.style.paddingInlineStart = `${Math.min(depth, 24) * 16}px`;
    const step = steps[row] as number;
    return element(
      "div",
      { class: "row", "aria-level": depth + 1, "aria-expanded": isFolder && !this.#isSearch ? String(isOpen) : null },
      name,
      element(
        "span",
        { class: "column-step" },
        step === 0 ? "" : element("span", { class: `swatch ${stepColour(step)}` }, step),
      ),
      element("span", { class: "column-mode" }, this.#modeOf(row)),
      element("span", { class: "column-owner" }, this.#files.owner(row)),
      element("span", { class: "column-size" }, formatBytes(sizesBytes[row] as number)),
    );
  }

  #modeOf(row: number): string {
    return formatMode(typeLetter[this.#files.type(row)], this.#files.mode(row));
  }

  #press(key: "Enter" | "ArrowLeft" | "ArrowRight", index: number): boolean {
    const row = this.#rows[index] as number;
    if (this.#isSearch) {
      if (key !== "Enter") return false;
      return true;
    }
    const isOpen = this.#open.has(row);
    if (key === "ArrowRight" && isOpen) this.#list.select(index + 1);
    else if (key === "ArrowLeft" && !isOpen) {
      const above = parentRow(this.#tree, row);
      if (above >= 0) this.#list.select(this.#rows.indexOf(above));
    } else if (this.#isFolder(row)) {
      if (isOpen) this.#open.delete(row);
      else if (key !== "ArrowLeft") this.#open.add(row);
      this.#refresh();
    } else return key === "Enter";
    return true;
  }

  #showDetail(row: number | undefined): void {
    if (row === undefined) {
      fill(this.#detail);
      return;
    }
    const path = this.#files.paths[row] as string;
    const time = new Date((this.#files.mtimesSeconds[row] as number) * 1000);
    const facts = [
      `${this.#modeOf(row)} ${this.#files.owner(row)}`,
      formatBytes(this.#files.sizesBytes[row] as number),
      Number.isNaN(time.getTime()) ? "" : `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`,
    ];
    const link = this.#files.link(row);
    const word = quoteWord(`/${path}`);
    // A name with bytes that no shell line can be shown with has no line.
    const canBeWritten = /^[^\u0000-\u001f\u007f-\u009f\ud800-\udfff]*$/u.test(path);
    const command = this.#isFolder(row) ? "ls" : "cat";
    fill(
      this.#detail,
      element("p", { class: "detail-path" }, nameText(`/${path}`), ...(link === null ? [] : [" → ", nameText(link)])),
      element(
        "p",
        { class: "quiet-text" },
        facts.filter(fact => fact !== "").join(" · "),
        " · from ",
        stepLink(this.#files.steps[row] as number),
      ),
      canBeWritten ? commandLine(`${this.#shell} ${command} ${this.#side.word} ${word}`) : null,
      canBeWritten ? commandLine(`${this.#shell} history ${this.#side.word} ${word}`) : null,
    );
  }
}
