/** A list of rows that are all equally high: only those on the screen are elements. Keyboard, mouse and screen reader alike. */

import { element } from "./dom.ts";

export interface RowListParts {
  readonly label: string;
  /** What it is to a screen reader, and what each row is. */
  readonly roles: readonly [list: "tree" | "listbox", row: "treeitem" | "option"];
  /** How a row looks. */
  readonly row: (index: number) => HTMLElement;
  /** The row was gone to by key or click. */
  readonly onSelect: (index: number) => void;
  /** Enter, or a click; also Left and Right. @returns whether the key was of use. */
  readonly onKey: (key: "Enter" | "ArrowLeft" | "ArrowRight", index: number) => boolean;
}

const rowHeight = 28;
/** Rows above and below the screen, so that quick scrolling shows no gaps. */
const extraRows = 12;

export class RowList {
  readonly node: HTMLElement;
  readonly #parts: RowListParts;
  readonly #space: HTMLElement;
  readonly #id: string;
  #count = 0;
  #current = 0;

  constructor(id: string, parts: RowListParts) {
    this.#id = id;
    this.#parts = parts;
    this.#space = element("div", { class: "rows-space", role: "presentation" });
    this.node = element(
      "div",
      { class: "rows", role: parts.roles[0], "aria-label": parts.label, tabindex: 0, id },
      this.#space,
    );
    this.node.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.node.addEventListener("keydown", event => this.#press(event));
    this.node.addEventListener("click", event => this.#click(event));
    new ResizeObserver(() => this.#draw()).observe(this.node);
  }

  get current(): number {
    return this.#current;
  }

  /** Shows other rows. */
  show(count: number, current = Math.min(this.#current, Math.max(0, count - 1))): void {
    this.#count = count;
    this.#current = current;
    this.#space.style.height = `${count * rowHeight}px`;
    // A list of few rows is not higher than they are.
    this.node.style.setProperty("--rows", String(Math.max(1, count)));
    this.#scrollTo(current);
    this.#draw();
  }

  select(index: number): void {
    if (this.#count === 0) return;
    this.#current = Math.max(0, Math.min(this.#count - 1, index));
    this.#scrollTo(this.#current);
    this.#draw();
    this.#parts.onSelect(this.#current);
  }

  #scrollTo(index: number): void {
    const top = index * rowHeight;
    const { scrollTop, clientHeight } = this.node;
    if (clientHeight === 0) return;
    if (top < scrollTop) this.node.scrollTop = top;
    else if (top + rowHeight > scrollTop + clientHeight) this.node.scrollTop = top + rowHeight - clientHeight;
  }

  #draw(): void {
    const { scrollTop, clientHeight } = this.node;
    const first = Math.max(0, Math.floor(scrollTop / rowHeight) - extraRows);
    const last = Math.min(
      this.#count,
      Math.ceil((scrollTop + Math.max(clientHeight, rowHeight * 3)) / rowHeight) + extraRows,
    );
    const rows: HTMLElement[] = [];
    for (let index = first; index < last; index += 1) rows.push(this.#rowAt(index));
    // A screen reader is told of the current row also where it was scrolled out of sight.
    if (this.#count > 0 && (this.#current < first || this.#current >= last)) rows.push(this.#rowAt(this.#current));
    this.#space.replaceChildren(...rows);
    if (this.#count === 0) this.node.removeAttribute("aria-activedescendant");
    else this.node.setAttribute("aria-activedescendant", this.#rowId(this.#current));
  }

  #rowAt(index: number): HTMLElement {
    const row = this.#parts.row(index);
    row.id = this.#rowId(index);
    row.setAttribute("role", this.#parts.roles[1]);
    row.setAttribute("aria-selected", String(index === this.#current));
    row.setAttribute("data-row", String(index));
    row.style.transform = `translateY(${index * rowHeight}px)`;
    return row;
  }

  #rowId(index: number): string {
    return `${this.#id}-${index}`;
  }

  #press(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.node.clientHeight / rowHeight) - 1);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: this.#current + 1,
      ArrowUp: this.#current - 1,
      PageDown: this.#current + page,
      PageUp: this.#current - page,
      Home: 0,
      End: this.#count - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) this.select(to);
    else {
      const key = event.key === " " ? "Enter" : event.key;
      if (key !== "Enter" && key !== "ArrowLeft" && key !== "ArrowRight") return;
      if (this.#count === 0 || !this.#parts.onKey(key, this.#current)) return;
    }
    event.preventDefault();
  }

  #click(event: MouseEvent): void {
    const row = (event.target as Element).closest("[data-row]");
    if (row === null) return;
    const index = Number(row.getAttribute("data-row"));
    this.select(index);
    // The second click of a double one would undo the first.
    if (event.detail <= 1) this.#parts.onKey("Enter", index);
  }
}
