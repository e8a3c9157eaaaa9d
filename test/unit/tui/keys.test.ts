import { describe, expect, test } from "vitest";
import { keyNames } from "../../../cli/tui/keys/key-names.ts";
import { keyGroups, keyTable } from "../../../cli/tui/keys/key-table.ts";
import { helpRows } from "../../../cli/tui/rows/help-rows.ts";
import { createDoubleClick, createMouseParser } from "../../../cli/tui/terminal/mouse.ts";
import { cellWidth } from "../../../cli/tui/text/cells.ts";
import { textOf } from "../../../cli/tui/text/spans.ts";
import { rowsText } from "./rows-text.ts";

describe("names of keys", () => {
  test("a piece of input with several characters is several keys", () => {
    expect(keyNames("jjjj", {})).toEqual(["j", "j", "j", "j"]);
    expect(keyNames("ab\r", {})).toEqual(["a", "b", "enter"]);
    expect(keyNames("é😀 ", {})).toEqual(["é", "😀", "space"]);
  });

  test("named keys, Ctrl, and Esc with a key typed quickly after it", () => {
    expect(keyNames("", { downArrow: true })).toEqual(["down"]);
    expect(keyNames("", { tab: true, shift: true })).toEqual(["shift-tab"]);
    expect(keyNames("d", { ctrl: true })).toEqual(["ctrl-d"]);
    expect(keyNames("b", { meta: true })).toEqual(["esc", "b"]);
    expect(keyNames("a", { eventType: "release" })).toEqual([]);
  });
});

describe("the table of keys", () => {
  test("no key means two things in one place", () => {
    const always = keyTable.filter(binding => binding.when === undefined);
    const seen = new Map<string, string>();
    for (const { keys, scopes, help } of always) {
      for (const place of scopes.flatMap(scope => keys.map(key => `${scope}: ${key}`))) {
        expect(seen.get(place), place).toBeUndefined();
        seen.set(place, help);
      }
    }
  });

  test("help and a way out are everywhere", () => {
    for (const scope of ["steps", "files", "hits", "detail", "log", "builds", "viewer", "help"] as const) {
      const here = keyTable.filter(({ scopes }) => scopes.includes(scope)).flatMap(({ keys }) => keys);
      expect(here, scope).toEqual(expect.arrayContaining(["?", "q", "esc", "ctrl-c", "j", "k"]));
    }
  });

  test("the help names every key that is not part of typing", () => {
    const help = rowsText(helpRows(1000));
    for (const { title, bindings } of keyGroups) {
      if (title === "") continue;
      expect(help).toContain(title);
      for (const binding of bindings) expect(help).toContain(binding.help);
    }
  });
});

describe("the help on a narrow screen", () => {
  test.each([60, 80])("%i columns: every word is there, below what is explained", columns => {
    const rows = helpRows(columns).map(textOf);
    for (const row of rows) expect(cellWidth(row)).toBeLessThanOrEqual(columns);
    const words = (text: string) => text.split(/\s+/).filter(word => word !== "");
    expect(rows.flatMap(words)).toEqual(helpRows(1000).map(textOf).flatMap(words));
    const at = rows.findIndex(row => row.startsWith("  + ~ - ="));
    expect(rows[at + 1]).toMatch(/^ {20}\S/);
  });
});

describe("mouse", () => {
  test("presses and the wheel; releases and other buttons are nothing", () => {
    const parse = createMouseParser();
    expect(parse("\x1b[<0;3;5M\x1b[<0;3;5m")).toEqual([{ kind: "click", x: 2, y: 4 }]);
    expect(parse("\x1b[<64;1;1M\x1b[<65;1;1M")).toEqual([
      { kind: "wheel", x: 0, y: 0, by: -3 },
      { kind: "wheel", x: 0, y: 0, by: 3 },
    ]);
    expect(parse("\x1b[<2;1;1M")).toEqual([]);
  });

  test("a sequence in two pieces is one event, and ordinary keys are none", () => {
    const parse = createMouseParser();
    expect(parse("jk\x1b[<0;1")).toEqual([]);
    expect(parse("2;7Mq")).toEqual([{ kind: "click", x: 11, y: 6 }]);
    expect(parse("\x1b[A")).toEqual([]);
  });
});

test("two clicks on one place within 400 ms are a double click, the third is a first again", () => {
  const isDouble = createDoubleClick();
  const click = (x: number) => ({ kind: "click", x, y: 1 }) as const;
  expect(isDouble(click(5), 0)).toBe(false);
  expect(isDouble(click(5), 300)).toBe(true);
  expect(isDouble(click(5), 400)).toBe(false);
  expect(isDouble(click(6), 500)).toBe(false);
  expect(isDouble(click(6), 1000)).toBe(false);
  expect(isDouble({ kind: "wheel", x: 6, y: 1, by: 3 }, 1100)).toBe(false);
});
