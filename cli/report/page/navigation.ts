/** Where one is, where one can go, and whether it is light or dark. */

import { element } from "./dom.ts";
import type { Section } from "./section.ts";

export function navigation(sections: readonly Section[]): HTMLElement {
  const links = new Map(sections.map(section => [section.id, linkTo(section)]));
  const skip = element("a", { href: "#main", class: "skip" }, "Skip to the content");
  const list = element(
    "ul",
    {},
    element("li", {}, element("a", { href: "#overview" }, "Overview")),
    ...[...links.values()].map(link => element("li", {}, link)),
  );
  followScrolling(links);
  return element(
    "header",
    { class: "side" },
    skip,
    element("span", { class: "brand" }, "kaniko-lab"),
    element("nav", { "aria-label": "Parts of the report" }, list),
    schemeSwitch(),
  );
}

function linkTo({ id, title, count }: Section): HTMLAnchorElement {
  return element(
    "a",
    { href: `#${id}` },
    title,
    count === undefined || count === "0" ? null : element("span", { class: "nav-count" }, count),
  );
}

/** Marks the part that is on the screen. */
function followScrolling(links: ReadonlyMap<string, HTMLElement>): void {
  const seen = new Set<string>();
  const observer = new IntersectionObserver(
    entries => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) seen.add(target.id);
        else seen.delete(target.id);
      }
      const current = [...links.keys()].find(id => seen.has(id));
      for (const [id, link] of links) {
        if (id !== current) link.removeAttribute("aria-current");
        else {
          link.setAttribute("aria-current", "true");
          // On a phone the parts stand side by side and do not all fit.
          link.closest("nav")?.scrollTo({ left: link.offsetLeft - 100 });
        }
      }
    },
    { rootMargin: "-30% 0px -60% 0px" },
  );
  queueMicrotask(() => {
    for (const id of links.keys()) observer.observe(document.getElementById(id) as HTMLElement);
  });
}

/** By itself the page follows the system. */
function schemeSwitch(): HTMLElement {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const button = element("button", { type: "button", class: "scheme" });
  const label = () => {
    const isDark = (document.documentElement.dataset.scheme ?? (dark.matches ? "dark" : "light")) === "dark";
    button.textContent = isDark ? "☀ Light" : "☾ Dark";
    return isDark;
  };
  button.addEventListener("click", () => {
    document.documentElement.dataset.scheme = label() ? "light" : "dark";
    label();
  });
  dark.addEventListener("change", label);
  label();
  return button;
}
