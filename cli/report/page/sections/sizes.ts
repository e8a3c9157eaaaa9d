/** What the image's room goes to: rectangles as large as the files, in the colour of the step that brought them. */

import { type SizedPlace, sizeTree } from "../../../../lib/analysis/treemap/size-tree.ts";
import { type TreemapCell, treemapCells } from "../../../../lib/analysis/treemap/treemap.ts";
import { formatBytes } from "../../../display/format.ts";
import type { ReportSide } from "../../document.ts";
import { childRows, type FileTree } from "../../file-tree.ts";
import type { FileTable } from "../../packed/unpack-tables.ts";
import { element, fill, hidden, nameText } from "../dom.ts";
import { stepColour, stepOf } from "../marks.ts";
import { type Section, section } from "../section.ts";

/** A cell with less room than this has no name in it. */
const namedWidth = 44;
const namedHeight = 16;
const titlePixels = 17;
/** So small a rectangle is put together with others. */
const smallestPixels = 110;

interface Sized extends SizedPlace {
  /** -1 for the root. */
  readonly row: number;
}

export function sizesSection(
  side: ReportSide,
  files: FileTable,
  tree: FileTree,
  shell: string,
  showFile: (row: number) => void,
): Section {
  const treemap = new Treemap(files, tree, showFile);
  const used = stepSizes(files);
  const keys = [...used]
    .sort(([, one], [, other]) => other - one)
    .map(([step, bytes]) =>
      element(
        "li",
        {},
        element("span", { class: `swatch ${stepColour(step)}` }, step),
        element("code", {}, step === 0 ? "folders of no layer" : (stepOf(side, step)?.text ?? "")),
        element("span", { class: "quiet-text" }, formatBytes(bytes)),
      ),
    );
  return section(
    {
      id: "sizes",
      title: "Sizes",
      lead: "Files by their size. The number and the colour are those of the step that brought most of it.",
      command: `${shell} tree ${side.word} --depth 2 --sort size`,
    },
    treemap.node,
    element("ul", { class: "legend steps-legend" }, keys),
  );
}

function stepSizes(files: FileTable): Map<number, number> {
  const sums = new Map<number, number>();
  for (let row = 0; row < files.length; row += 1) {
    if (files.type(row) !== "file" || files.sizesBytes[row] === 0) continue;
    const step = files.steps[row] as number;
    sums.set(step, (sums.get(step) ?? 0) + (files.sizesBytes[row] as number));
  }
  return sums;
}

class Treemap {
  readonly node: HTMLElement;
  readonly #files: FileTable;
  readonly #tree: FileTree;
  readonly #showFile: (row: number) => void;
  readonly #way = element("nav", { class: "way", "aria-label": "Folder of the treemap" });
  readonly #area: HTMLElement;
  readonly #said = element("p", { class: "treemap-said", "aria-hidden": "true" });
  readonly #rows = new Map<string, number>();
  #folder = -1;
  #cells: readonly TreemapCell[] = [];
  /** What each cell says of itself. */
  #told: string[] = [];
  #current = 0;
  #width = 0;

  constructor(files: FileTable, tree: FileTree, showFile: (row: number) => void) {
    this.#files = files;
    this.#tree = tree;
    this.#showFile = showFile;
    for (const [row, path] of files.paths.entries()) this.#rows.set(path, row);
    this.#area = element("div", {
      class: "treemap",
      role: "listbox",
      tabindex: 0,
      "aria-label": "Treemap of sizes: arrow keys move, Enter opens a folder, Backspace leaves it",
      id: "treemap",
    });
    this.node = element("div", {}, this.#way, this.#area, this.#said);
    this.#area.addEventListener("keydown", event => this.#press(event));
    this.#area.addEventListener("click", event => this.#click(event));
    this.#area.addEventListener("pointermove", event => this.#hover(event));
    new ResizeObserver(([entry]) => {
      const width = Math.round(entry?.contentRect.width ?? 0);
      if (width === this.#width || width === 0) return;
      this.#width = width;
      this.#draw();
    }).observe(this.#area);
  }

  #placeOf(row: number): Sized {
    if (row < 0) {
      const sizeBytes = childRows(this.#tree, -1).reduce((sum, child) => sum + this.#placeOf(child).sizeBytes, 0);
      return { row, path: "", name: "/", isFolder: true, sizeBytes };
    }
    const path = this.#files.paths[row] as string;
    const type = this.#files.type(row);
    const sizeBytes = type === "dir" || type === "file" ? (this.#files.sizesBytes[row] as number) : 0;
    return { row, path, name: path.slice(path.lastIndexOf("/") + 1), isFolder: type === "dir", sizeBytes };
  }

  #draw(): void {
    const height = this.#area.clientHeight;
    const sizes = sizeTree(
      this.#placeOf(this.#folder),
      ({ path }) => childRows(this.#tree, path === "" ? -1 : this.#rowOf(path)).map(row => this.#placeOf(row)),
      { depth: this.#width < 600 ? 3 : 4, smallestShare: smallestPixels / (this.#width * height) },
    );
    this.#cells = treemapCells(sizes, {
      width: this.#width,
      // The folder itself is named above: there is no title of it.
      height: height + titlePixels,
      unitHeight: 1,
      titleHeight: titlePixels,
      gap: 2,
      isRounded: true,
    })
      .filter(({ depth, width, height }) => depth > 0 && width > 1 && height > 1)
      .map(cell => ({ ...cell, y: cell.y - titlePixels }));
    this.#current = 0;
    this.#told = [];
    fill(this.#area, ...this.#cells.map((cell, at) => this.#cellNode(cell, at, sizes.sizeBytes)));
    if (this.#cells.length === 0)
      fill(this.#area, element("p", { class: "missing", role: "option" }, "nothing in here has a size"));
    this.#area.removeAttribute("aria-activedescendant");
    this.#drawWay(sizes.sizeBytes);
    this.#mark();
  }

  #rowOf(path: string): number {
    return this.#rows.get(path) ?? -1;
  }

  #cellNode({ node, depth, ...area }: TreemapCell, at: number, total: number): HTMLElement {
    const isInner = node.children.length > 0;
    const step = isInner ? 0 : this.#stepOf(node.path, node.restCount > 0);
    const name = node.restCount > 0 ? `${node.restCount} more` : node.isFolder ? `${node.name}/` : node.name;
    const folder =
      node.restCount > 0 ? `/${node.path}: ` : `/${node.path.slice(0, node.path.length - node.name.length)}`;
    const size = formatBytes(node.sizeBytes);
    const share = `${((node.sizeBytes / total) * 100).toFixed(1)} %`;
    this.#told[at] = `${folder}${name}, ${size}, ${share}${step === 0 ? "" : `, step ${step}`}`;
    const isNamed = area.width >= namedWidth && area.height >= namedHeight;
    const hasSize = isInner || area.height >= 2 * namedHeight;
    const cell = element(
      "div",
      {
        role: "option",
        id: `treemap-${at}`,
        "data-cell": at,
        class: `cell depth-${Math.min(depth, 4)} ${isInner ? "inner" : stepColour(step)}${node.isFolder ? " folder" : ""}`,
        "aria-label": isNamed ? null : this.#told[at],
        "aria-selected": "false",
      },
      isNamed
        ? element(
            "span",
            { class: "cell-label" },
            hidden(folder),
            nameText(name, "cell-name"),
            element("span", { class: hasSize ? "cell-size" : "visually-hidden" }, ` ${size}`),
            hidden(`, ${share}`),
            ...(step === 0
              ? []
              : [hidden(", step "), element("span", { class: hasSize ? "cell-step" : "visually-hidden" }, step)]),
          )
        : null,
    );
    cell.style.left = `${area.x}px`;
    cell.style.top = `${area.y}px`;
    cell.style.width = `${area.width}px`;
    cell.style.height = `${area.height}px`;
    return cell;
  }

  /** The step that brought most of what is in a cell. */
  #stepOf(path: string, isRest: boolean): number {
    const row = this.#rowOf(path);
    if (row >= 0 && this.#files.type(row) !== "dir") return this.#files.steps[row] as number;
    const sums = new Map<number, number>();
    // Of a rest the whole folder is asked: what is put together there came with it, as a rule.
    const end = row < 0 ? this.#files.length : (this.#tree.ends[row] as number);
    const from = isRest && row < 0 ? 0 : row + 1;
    for (let at = from; at < end; at += 1) {
      const step = this.#files.steps[at] as number;
      if (this.#files.type(at) === "file")
        sums.set(step, (sums.get(step) ?? 0) + (this.#files.sizesBytes[at] as number));
    }
    return [...sums].sort(([, one], [, other]) => other - one)[0]?.[0] ?? 0;
  }

  #drawWay(total: number): void {
    const path = this.#folder < 0 ? "" : (this.#files.paths[this.#folder] as string);
    const names = path === "" ? [] : path.split("/");
    const links = ["", ...names].map((name, at) => {
      const to = names.slice(0, at).join("/");
      const isLast = at === names.length;
      const link = element(
        "button",
        { type: "button", "aria-current": isLast ? "location" : null },
        at === 0 ? "/" : nameText(`${name}/`),
      );
      link.addEventListener("click", () => this.#enter(to === "" ? -1 : this.#rowOf(to)));
      return link;
    });
    fill(this.#way, ...links, element("span", { class: "quiet-text" }, formatBytes(total)));
  }

  #enter(row: number): void {
    this.#folder = row;
    this.#draw();
  }

  #open(cell: TreemapCell | undefined): void {
    if (cell === undefined) return;
    const row = this.#rowOf(cell.node.path);
    if (cell.node.restCount > 0 || cell.node.isFolder) this.#enter(row);
    else if (row >= 0) this.#showFile(row);
  }

  #mark(): void {
    for (const old of this.#area.querySelectorAll("[aria-selected=true]")) old.setAttribute("aria-selected", "false");
    const cell = this.#area.querySelector(`#treemap-${this.#current}`);
    if (cell === null) {
      fill(this.#said, "");
      return;
    }
    cell.setAttribute("aria-selected", "true");
    this.#area.setAttribute("aria-activedescendant", cell.id);
    fill(this.#said, this.#told[this.#current] ?? "");
  }

  #hover(event: PointerEvent): void {
    const cell = (event.target as Element).closest("[data-cell]");
    fill(this.#said, cell === null ? "" : (this.#told[Number(cell.getAttribute("data-cell"))] ?? ""));
  }

  #click(event: MouseEvent): void {
    const cell = (event.target as Element).closest("[data-cell]");
    if (cell === null) return;
    this.#open(this.#cells[Number(cell.getAttribute("data-cell"))]);
  }

  #press(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter") this.#open(this.#cells[this.#current]);
    else if (event.key === "Backspace" && this.#folder >= 0) {
      const path = this.#files.paths[this.#folder] as string;
      const above = path.slice(0, Math.max(0, path.lastIndexOf("/")));
      this.#enter(above === "" ? -1 : this.#rowOf(above));
    } else if (!this.#move(event.key)) return;
    event.preventDefault();
  }

  /** To the nearest cell in that direction. */
  #move(key: string): boolean {
    const directions: Readonly<Record<string, readonly [number, number]>> = {
      ArrowRight: [1, 0],
      ArrowLeft: [-1, 0],
      ArrowDown: [0, 1],
      ArrowUp: [0, -1],
    };
    const direction = directions[key];
    const from = this.#cells[this.#current];
    if (direction === undefined || from === undefined) return false;
    const [dx, dy] = direction;
    const middle = ({ x, y, width, height }: TreemapCell) => [x + width / 2, y + Math.min(height, 34) / 2] as const;
    const [x, y] = middle(from);
    let best = this.#current;
    let bestDistance = Number.POSITIVE_INFINITY;
    for (const [at, cell] of this.#cells.entries()) {
      const [otherX, otherY] = middle(cell);
      const along = (otherX - x) * dx + (otherY - y) * dy;
      const across = Math.abs((otherX - x) * dy) + Math.abs((otherY - y) * dx);
      if (at === this.#current || along <= 0 || along + across * 2 >= bestDistance) continue;
      best = at;
      bestDistance = along + across * 2;
    }
    this.#current = best;
    this.#mark();
    return true;
  }
}
