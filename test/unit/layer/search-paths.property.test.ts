import fc from "fast-check";
import { Minimatch } from "minimatch";
import { expect, test } from "vitest";
import { createMatcher, type MatcherOptions, searchPaths } from "../../../lib/layer/search-paths.ts";
import { file, tar } from "./make-tar.ts";
import { scanTar } from "./scan-tar.ts";

/** Looking for bytes first must not change what is found. */

const name = fc.string({ unit: fc.constantFrom("a", "b", "A", "-", "1", ".", "é", "K"), minLength: 1, maxLength: 5 });
const paths = fc.array(fc.array(name, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 12 });
const piece = (...special: string[]) =>
  fc.array(fc.constantFrom("a", "b", "A", "-", "1", "é", "/", ...special), { minLength: 1, maxLength: 8 });

function expectSame(
  given: string[][],
  pattern: string,
  options: MatcherOptions,
  matches: (path: string) => boolean,
): void {
  const columns = scanTar(tar(...given.map(names => file(names.join("/")))));
  const all = Array.from({ length: columns.entryCount }, (_, position) => position);
  const found = [...searchPaths(columns, createMatcher(pattern, options))];
  expect(found).toEqual(all.filter(position => matches(columns.path(position))));
}

test("globs", () => {
  const pattern = piece("*", "*", "?", "**", "[", "]", "{a,b}", ".", "..", "\\", "!", "@(", ")").map(parts =>
    parts.join(""),
  );
  fc.assert(
    fc.property(paths, pattern, fc.boolean(), (given, glob, nocase) => {
      const options = { dot: true, nocase, nonegate: true, nocomment: true, platform: "linux" } as const;
      const minimatch = new Minimatch(glob.replace(/^\/+/, ""), options);
      const nameOf = (path: string) => (glob.includes("/") ? path : path.slice(path.lastIndexOf("/") + 1));
      expectSame(given, glob, { mode: "glob", ignoreCase: nocase }, path => minimatch.match(nameOf(path)));
    }),
    { numRuns: 2000 },
  );
});

test("regular expressions", () => {
  const parts = piece(
    "^",
    "$",
    ".",
    "*",
    "?",
    "+",
    "|",
    "(",
    ")",
    "[a1]",
    "[^a]",
    "\\b",
    "(?<=",
    "(?!",
    "{0,1}",
    "\\/",
  );
  fc.assert(
    fc.property(
      paths,
      parts.map(list => list.join("")),
      fc.boolean(),
      (given, pattern, ignoreCase) => {
        const regex = regexOrNull(pattern, ignoreCase ? "iu" : "u");
        fc.pre(regex !== null);
        const matches = (path: string) => regex?.test(path) || regex?.test(`/${path}`) || false;
        expectSame(given, pattern, { mode: "regex", ignoreCase }, matches);
      },
    ),
    { numRuns: 2000 },
  );
});

function regexOrNull(pattern: string, flags: string): RegExp | null {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return null;
  }
}

test("many paths, with some that are no ASCII among them", () => {
  const given = Array.from({ length: 3000 }, (_, i) => [`d${i % 50}`, i % 700 === 0 ? `é-${i}` : `f-${i}`]);
  for (const [pattern, expression] of [
    ["f-1*", /f-1[^/]*$/],
    ["?-7", /\/.-7$/],
    ["d1*/*0", /^d1[^/]*\/[^/]*0$/],
  ] as const) {
    expectSame(given, pattern, { mode: "glob" }, path => expression.test(path));
  }
});
