/** The parts of the page: a heading, the command that tells the same, and what there is to say. */

import { type Child, element } from "./dom.ts";

export interface Section {
  readonly id: string;
  readonly title: string;
  /** Beside the title in the navigation: a number, such as of findings. */
  readonly count?: string;
  readonly node: HTMLElement;
}

export interface SectionParts {
  readonly id: string;
  readonly title: string;
  readonly count?: string;
  /** One sentence below the title. */
  readonly lead?: string;
  /** Shows the same in a shell. */
  readonly command: string | null;
}

export function section(parts: SectionParts, ...children: readonly (Child | readonly Child[])[]): Section {
  const { id, title, lead, command } = parts;
  const node = element(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    element(
      "header",
      { class: "section-head" },
      element("h2", { id: `${id}-title` }, title),
      command === null ? null : commandLine(command),
    ),
    lead === undefined ? null : element("p", { class: "lead" }, lead),
    ...children,
  );
  return parts.count === undefined ? { id, title, node } : { id, title, count: parts.count, node };
}

/** A line for a shell that a click copies. */
export function commandLine(command: string): HTMLElement {
  const status = element("span", { class: "copied", role: "status" });
  const button = element(
    "button",
    { type: "button", class: "command", title: "Copy this command" },
    element("code", {}, command),
  );
  button.addEventListener("click", async () => {
    status.textContent = (await copyText(command, button)) ? "copied" : "select it and copy";
    setTimeout(() => {
      status.textContent = "";
    }, 2000);
  });
  return element("span", { class: "command-line" }, button, status);
}

/** A page that was opened as a file may have no clipboard of its own: then the text is selected. */
async function copyText(text: string, shown: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection()?.selectAllChildren(shown);
    return false;
  }
}

/** What could not be found out, with the reason. */
export function missingNote(reason: string): HTMLElement {
  return element("p", { class: "missing" }, `not known: ${reason}`);
}

/** Wide content that scrolls by itself, with the keyboard, too. */
export function scrolling(label: string, child: HTMLElement): HTMLElement {
  return element("div", { class: "scroll", role: "region", "aria-label": label, tabindex: 0 }, child);
}

export interface TableColumn {
  readonly title: string;
  readonly isNumber?: boolean;
}

/** With so many columns it is scrolled on a phone, rather than each becoming a word wide. */
const manyColumns = 6;

export function table(
  label: string,
  columns: readonly TableColumn[],
  rows: readonly (readonly Child[])[],
): HTMLElement {
  const classOf = (at: number) => (columns[at]?.isNumber === true ? "number" : null);
  const head = columns.map(({ title }, at) => element("th", { scope: "col", class: classOf(at) }, title));
  const body = rows.map(cells =>
    element("tr", {}, ...cells.map((cell, at) => element("td", { class: classOf(at) }, cell))),
  );
  return scrolling(
    label,
    element(
      "table",
      { class: columns.length > manyColumns ? "wide" : null },
      element("caption", { class: "visually-hidden" }, label),
      element("thead", {}, element("tr", {}, head)),
      element("tbody", {}, body),
    ),
  );
}
