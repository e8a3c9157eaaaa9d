import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cellWidth, cutText, takeCells, wrapText } from "../../../cli/tui/text/cells.ts";
import { span } from "../../../cli/tui/text/spans.ts";
import { moveCursor, moveTop, settlePlace, visibleWindow } from "../../../cli/tui/text/window.ts";
import { paintRow, themes } from "../../../cli/tui/theme.ts";
import { chooseTheme } from "../../../cli/tui/theme-names.ts";
import { showText } from "../../../lib/model/path-text.ts";

/** Names as hostile as tars have them, made safe as every name is before it is drawn. */
const names = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.string()).map(showText);
const widths = fc.integer({ min: 0, max: 60 });

describe("cells", () => {
  test("what was cut fits, and is a beginning", () => {
    fc.assert(
      fc.property(names, widths, (text, width) => {
        const taken = takeCells(text, width);
        expect(cellWidth(taken)).toBeLessThanOrEqual(width);
        expect(text.startsWith(taken)).toBe(true);
        expect(cellWidth(cutText(text, width))).toBeLessThanOrEqual(width);
      }),
    );
  });

  test("a cut is marked", () => {
    expect(cutText("RUN npm ci", 8)).toBe("RUN np..");
    expect(cutText("RUN npm ci", 10)).toBe("RUN npm ci");
    expect(cutText("ａｂｃ", 5)).toBe("ａ..");
  });

  test("wrapped lines fit and lose nothing but the spaces they were broken at", () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 2, max: 40 }), (text, width) => {
        const lines = wrapText(text, width);
        for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(Math.max(width, 2));
        expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      }),
    );
  });
});

describe("rows", () => {
  test("are never wider than asked, whatever is in them; the selected one is exactly so", () => {
    const theme = themes.default;
    fc.assert(
      fc.property(fc.array(names, { maxLength: 5 }), widths, fc.boolean(), (texts, width, selected) => {
        const row = texts.map((text, at) => span(text, at % 2 === 0 ? "plain" : "added"));
        const painted = paintRow(row, width, theme, selected ? "selected" : "none");
        const cells = cellWidth(painted.replace(/\x1b\[[\d;]*m/g, ""));
        expect(cells).toBeLessThanOrEqual(width);
        if (selected) expect(cells).toBe(width);
      }),
    );
  });

  test("without colours bold, dim and inverse stay", () => {
    const theme = themes[chooseTheme(undefined, { NO_COLOR: "1" })];
    expect(paintRow([span("a", "added")], 1, theme)).toBe("a");
    expect(paintRow([span("a", "error")], 1, theme)).toBe("\x1b[1ma\x1b[0m");
    expect(paintRow([span("a", "added")], 1, theme, "selected")).toBe("\x1b[7ma\x1b[27m");
  });
});

describe("windows", () => {
  const place = fc.record({ cursor: fc.integer({ min: 0, max: 500 }), top: fc.integer({ min: 0, max: 500 }) });
  const total = fc.integer({ min: 0, max: 400 });
  const rows = fc.integer({ min: 1, max: 60 });

  test("the cursor is in the list and in sight, and no row is wasted", () => {
    fc.assert(
      fc.property(place, total, rows, (from, count, height) => {
        const { cursor, top } = settlePlace(from, count, height);
        const { start, end } = visibleWindow(count, top, height);
        expect(end - start).toBe(Math.min(count, height));
        if (count === 0) return;
        expect(cursor).toBeGreaterThanOrEqual(start);
        expect(cursor).toBeLessThan(end);
        expect(settlePlace({ cursor, top }, count, height)).toEqual({ cursor, top });
      }),
    );
  });

  test("moves by row, page and to both ends", () => {
    const start = { cursor: 0, top: 0 };
    expect(moveCursor(start, { unit: "row", by: 1 }, 100, 10)).toEqual({ cursor: 1, top: 0 });
    expect(moveCursor(start, { unit: "page", by: 1 }, 100, 10)).toEqual({ cursor: 9, top: 0 });
    expect(moveCursor(start, { unit: "end" }, 100, 10)).toEqual({ cursor: 99, top: 90 });
    expect(moveCursor({ cursor: 99, top: 90 }, { unit: "start" }, 100, 10)).toEqual(start);
    expect(moveTop(95, { unit: "row", by: 3 }, 100, 10)).toBe(90);
  });
});
