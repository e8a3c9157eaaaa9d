import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitLines } from "../../../lib/executor/line-splitter.ts";

async function linesOf(chunks: readonly Buffer[], limitBytes?: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of splitLines(Readable.from(chunks, { objectMode: true }), limitBytes)) lines.push(line);
  return lines;
}

describe("lines of an executor's output", () => {
  test("do not depend on how the bytes were cut into chunks", async () => {
    const text = "first\nzwölf\r\n\nlast without end";
    const bytes = Buffer.from(text);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length)), async cuts => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        expect(await linesOf(chunks)).toEqual(["first", "zwölf", "", "last without end"]);
      }),
    );
  });

  test("are cut at the limit, and the next line is whole again", async () => {
    const chunks = ["aaaa", "bbbb", "cccc\nnext\n"].map(text => Buffer.from(text));
    expect(await linesOf(chunks, 6)).toEqual(["aaaabb", "next"]);
  });

  test("need no more memory than the limit for a line without end", async () => {
    const chunk = Buffer.alloc(1 << 20, "x");
    const [line] = await linesOf(Array.from({ length: 300 }, () => chunk));
    expect(line).toHaveLength(1 << 20);
  });

  test("keep an empty line, and none comes from an empty stream", async () => {
    expect(await linesOf([Buffer.from("\n")])).toEqual([""]);
    expect(await linesOf([])).toEqual([]);
  });
});
