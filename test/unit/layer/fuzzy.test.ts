import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchRanges } from "../../../cli/tui/text/match-ranges.ts";
import { BestHits } from "../../../lib/layer/best-hits.ts";
import { FuzzyPattern, mostPoints } from "../../../lib/layer/fuzzy-pattern.ts";
import { bytesOfPath } from "../../../lib/model/path-text.ts";

function points(text: string, path: string, ignoreCase = true): number {
  const bytes = bytesOfPath(path);
  return new FuzzyPattern(text, ignoreCase).score(bytes, 0, bytes.length);
}

/** Letters that come up again and again, so that patterns fit often. */
const word = fc.string({ unit: fc.constantFrom(..."abAB/-.é"), maxLength: 12 });

describe("fuzzy patterns", () => {
  test("fit where their letters come in their order", () => {
    fc.assert(
      fc.property(
        word.filter(text => text !== ""),
        word,
        (text, path) => {
          const letters = bytesOfPath(text);
          let next = 0;
          for (const byte of bytesOfPath(path)) if (byte === letters[next]) next += 1;
          expect(points(text, path, false) >= 0).toBe(next === letters.length);
        },
      ),
    );
  });

  test("points are within bounds, and the marked letters are those of the pattern", () => {
    fc.assert(
      fc.property(
        word.filter(text => /[^ ]/.test(text)),
        word,
        (text, path) => {
          const score = points(text, path);
          expect(score).toBeLessThanOrEqual(mostPoints);
          const ranges = matchRanges({ text, mode: "fuzzy", ignoreCase: true }, path);
          const marked = ranges.map(({ from, to }) => path.slice(from, to)).join("");
          const isPlain = !`${text}${path}`.includes("é");
          if (score >= 0 && isPlain) expect(marked.toLowerCase()).toBe(text.toLowerCase());
          if (score < 0) expect(ranges).toEqual([]);
        },
      ),
    );
  });

  test.each([
    ["pylib", "usr/lib/python3/lib", "opt/xpxyxlxixbx"],
    ["bash", "bin/bash", "usr/share/doc/bash/README"],
    ["readme", "doc/README", "doc/r-e-a-d-m-e"],
    ["cnf", "etc/ssl/openssl.cnf", "etc/cron/file"],
    ["ab", "x/ab", "x/a/very/long/way/to/the/b"],
  ])("%s: %s before %s", (text, better, worse) => {
    expect(points(text, better)).toBeGreaterThan(points(text, worse));
  });

  test("spaces mean nothing; a capital means itself where case matters", () => {
    expect(points("a b", "xab")).toBe(points("ab", "xab"));
    expect(points("Ab", "ab", false)).toBe(-1);
    expect(() => new FuzzyPattern("  ", true)).toThrow(/matches nothing/);
    expect(() => new FuzzyPattern("x".repeat(201), true)).toThrow(/longer than 200/);
    expect(() => new FuzzyPattern("a\0b", true)).toThrow(/NUL/);
  });

  test("bytes that are no text can be looked for, and are marked as the characters that they belong to", () => {
    expect(matchRanges({ text: "日x", mode: "fuzzy", ignoreCase: true }, "a/日本x")).toEqual([
      { from: 2, to: 3 },
      { from: 4, to: 5 },
    ]);
  });
});

describe("what other searches have found is marked, too", () => {
  test.each([
    ["substring", "b/c", [[2, 5]]],
    ["substring", "B/C", [[2, 5]]],
    ["glob", "*.txt", [[5, 9]]],
    ["regex", "c.t", [[4, 7]]],
    ["regex", "(", []],
  ] as const)("%s %s", (mode, text, ranges) => {
    expect(matchRanges({ text, mode, ignoreCase: true }, "a/b/c.txt").map(({ from, to }) => [from, to])).toEqual(
      ranges,
    );
  });
});

test("of any number of hits the best are kept, the first of equal ones", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 80 }),
      fc.integer({ min: 1, max: 12 }),
      (scores, most) => {
        const best = new BestHits(most);
        for (const [position, score] of scores.entries()) best.add(score, 0, position);
        const wanted = scores
          .map((score, position) => ({ layer: 0, position, score }))
          .sort((one, other) => other.score - one.score || one.position - other.position)
          .slice(0, most);
        expect([...best.inOrder()]).toEqual(wanted);
      },
    ),
  );
});
