import { describe, expect, test } from "vitest";
import { expandWord, expandWords } from "../../../lib/dockerfile/expand.ts";
import { ExpansionBudget } from "../../../lib/dockerfile/expansion-budget.ts";
import { assignments, expectedWords, type WordCase } from "./fixtures.ts";
import { labErrorOf } from "./thrown-by.ts";

const variables = assignments(expectedWords.variables);

function expand(row: WordCase) {
  return expandWord(row.word, variables, {
    escape: row.escape,
    rawQuotes: row.rawQuotes ?? false,
    rawEscapes: row.rawEscapes ?? false,
    ignoreQuotes: row.skipQuotes ?? false,
    keepUnset: row.keepUnset ?? false,
  });
}

const expanded = expectedWords.cases.filter(row => row.error === undefined);
const refused = expectedWords.cases.filter(row => row.error !== undefined);

describe("expands as BuildKit's shell lexer does:", () => {
  test.each(expanded)("$word", row => {
    const { text, words, matched, unmatched } = expand(row);
    expect({ text, words, matched: [...matched].sort(), unmatched: [...unmatched].sort() }).toEqual({
      text: row.result,
      words: row.words,
      matched: row.matched,
      unmatched: row.unmatched,
    });
  });
});

describe("refuses as BuildKit's shell lexer does:", () => {
  test.each(refused)("$word", row => {
    const error = labErrorOf(() => expand(row));
    expect(error.code).toBe("dockerfile-syntax");
    expect(error.message).toBe(row.error);
  });
});

test("splits into words after variables were replaced", () => {
  expect(expandWords('$W "$W" x', variables)).toEqual(["two", "words", "two words", "x"]);
});

describe("is bounded:", () => {
  const long = new Map([["A", "a".repeat(60_000)]]);

  test("deep nesting", () => {
    const word = "${A:-".repeat(5000) + "}".repeat(5000);
    expect(labErrorOf(() => expandWord(word, variables)).code).toBe("too-large");
  });

  test("a costly pattern", () => {
    const word = `\${A##${"*a".repeat(1000)}b}`;
    expect(labErrorOf(() => expandWord(word, long)).code).toBe("too-large");
  });

  test("a long replacement of many matches", () => {
    const word = `\${A//?/${"b".repeat(10_000)}}`;
    expect(labErrorOf(() => expandWord(word, long)).code).toBe("too-large");
  });

  test("a budget is shared by the expansions that are given it", () => {
    const budget = new ExpansionBudget(100_000);
    expect(expandWord("$A", long, { budget }).text).toHaveLength(60_000);
    expect(labErrorOf(() => expandWord("$A", long, { budget })).code).toBe("too-large");
  });
});
