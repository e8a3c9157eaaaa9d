/** Elements. Every text of the document comes in through here, as text: escaped for the eye, and never as HTML. */

import { showText } from "../../../lib/model/path-text.ts";

export type Child = Node | string | number | null | false;

export interface Properties {
  /** Attributes, `class` and `aria-…` among them; null and false: left out; true: without a value. */
  readonly [name: string]: string | number | boolean | null;
}

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Properties = {},
  ...children: readonly (Child | readonly Child[])[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === false) continue;
    made.setAttribute(key, value === true ? "" : showText(String(value)));
  }
  made.append(...nodes(children.flat()));
  return made;
}

/** Puts other children into an element. */
export function fill(parent: Element, ...children: readonly (Child | readonly Child[])[]): void {
  parent.replaceChildren(...nodes(children.flat()));
}

function nodes(children: readonly Child[]): Node[] {
  return children.flatMap(child => {
    if (child === null || child === false) return [];
    return [child instanceof Node ? child : document.createTextNode(showText(String(child)))];
  });
}

/** A name from outside: letters that run from right to left do not turn what stands beside it. */
export function nameText(text: string, className = ""): HTMLElement {
  return element("bdi", { class: `name ${className}`.trim() }, text);
}

export function hidden(text: string): HTMLElement {
  return element("span", { class: "visually-hidden" }, text);
}

/** Text in lines, each escaped for itself. */
export function lineNodes(text: string): Node[] {
  return text
    .split("\n")
    .flatMap((line, at) => (at === 0 ? nodes([line]) : [document.createTextNode("\n"), ...nodes([line])]));
}
