import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OutputLines } from "../../../lib/executor/docker/output-lines.ts";
import { maxLineBytes } from "../../../lib/executor/line-splitter.ts";

function frame(stream: number, payload: Buffer | string): Buffer {
  const bytes = Buffer.from(payload);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

function linesOf(chunks: readonly Buffer[]): string[] {
  const lines = new OutputLines();
  return [...chunks.flatMap(chunk => [...lines.push(chunk)]), ...lines.end()];
}

describe("lines of an attach stream", () => {
  test("both streams, in the order in which lines end", () => {
    const bytes = Buffer.concat([
      frame(1, "one-"),
      frame(2, "err\n"),
      frame(1, "two\r\nthree"),
      frame(2, ""),
      frame(3, "engine"),
    ]);
    expect(linesOf([bytes])).toEqual(["err", "one-two", "three", "engine"]);
  });

  test("however the bytes are cut, the lines are the same", () => {
    const payload = fc
      .array(fc.constantFrom("a", "ä", "\n", "\n\n", "long line "), { maxLength: 20 })
      .map(parts => parts.join(""));
    const frames = fc.array(fc.tuple(fc.constantFrom(1, 2), payload), { maxLength: 10 });
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 30 }), (list, step) => {
        const whole = Buffer.concat(list.map(([stream, text]) => frame(stream, text)));
        const cut = Array.from({ length: Math.ceil(whole.length / step) }, (_, at) =>
          whole.subarray(at * step, (at + 1) * step),
        );
        expect(linesOf(cut)).toEqual(linesOf([whole]));
      }),
    );
  });

  test("a long line is cut, in whatever parts it comes, and the next one is whole", () => {
    const part = frame(2, Buffer.alloc(1000, "x"));
    const chunks = Array.from({ length: 3000 }, () => part);
    const lines = linesOf([...chunks, frame(2, "y\nnext\n")]);
    expect(lines.map(line => line.length)).toEqual([maxLineBytes, 4]);
    expect(lines[1]).toBe("next");
  });

  test("bytes that are no frames are refused", () => {
    expect(() => linesOf([Buffer.from("HTTP/1.1 500 no\r\n")])).toThrow(
      expect.objectContaining({ code: "engine-lost" }),
    );
  });
});
