import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { showLine } from "../../../cli/tui/text/show-line.ts";
import { textOf } from "../../../cli/tui/text/spans.ts";
import { highlightLines } from "../../../cli/tui/viewer/highlight.ts";
import { languageOf } from "../../../cli/tui/viewer/languages.ts";
import { ContentReader } from "../../../cli/tui/viewer/read-lines.ts";

describe("reading", () => {
  test("lines and bytes are the same in whatever pieces they come", () => {
    const text = fc
      .array(fc.constantFrom("a", "ü", "\n", "\r\n", "😀", "\0"), { maxLength: 60 })
      .map(parts => parts.join(""));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 7 }), (content, size) => {
        const bytes = Buffer.from(content);
        const reader = new ContentReader();
        for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
        reader.end(true);
        const read = reader.content();
        const lines = content.split("\n").map(line => line.replace(/\r$/, ""));
        if (lines.at(-1) === "") lines.pop();
        expect(read.lines).toEqual(lines);
        expect(Buffer.from(read.bytes.subarray(0, read.byteCount)).equals(bytes)).toBe(true);
        expect(read.binary).toBe(content.includes("\0"));
      }),
    );
  });

  test("a line without end is cut", () => {
    const reader = new ContentReader();
    for (let at = 0; at < 100; at += 1) reader.push(Buffer.alloc(10_000, "x"));
    reader.end(true);
    expect(reader.content().lines).toHaveLength(1);
    expect(reader.content().lines[0]?.length).toBeLessThan(30_000);
    expect(reader.byteCount).toBe(1_000_000);
  });
});

describe("showing", () => {
  test("tabs are spaces up to the next stop; what could drive the terminal is escaped", () => {
    expect(showLine("a\tb")).toBe("a       b");
    expect(showLine("\x1b[31mred\x07")).toBe("\\x1b[31mred\\x07");
  });
});

describe("languages", () => {
  test.each([
    ["app/Dockerfile", "", "dockerfile"],
    ["Dockerfile.dev", "", "dockerfile"],
    ["usr/lib/x.PY", "", "python"],
    ["etc/os-release", "", null],
    ["usr/bin/tool", "#!/usr/bin/env python3", "python"],
    ["usr/bin/tool", "#!/bin/sh -e", "bash"],
    ["a.constructor", "", null],
  ])("%s with %j is %s", (path, firstLine, language) => {
    expect(languageOf(path, firstLine)).toBe(language);
  });
});

describe("colours", () => {
  test("one row for each line, with the same text", () => {
    const lines = ["FROM base AS one", "", 'RUN echo "a" \\', "  && true  # no", "\tCOPY\x1b[2J . /"];
    const rows = highlightLines(lines, "dockerfile");
    expect(rows.map(textOf)).toEqual(lines.map(line => showLine(line)));
    expect(rows[0]?.[0]).toEqual({ text: "FROM", tone: "keyword" });
  });
});
