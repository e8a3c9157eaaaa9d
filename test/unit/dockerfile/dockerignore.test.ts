import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DockerIgnore, readIgnoreFile } from "../../../lib/dockerfile/dockerignore.ts";
import { compileGoMatch } from "../../../lib/dockerfile/go-match.ts";

interface Cases {
  readonly paths: readonly string[];
  /** A digit for each path. */
  readonly ignore: readonly { readonly text: string; readonly ignored: string }[];
  readonly match: readonly { readonly pattern: string; readonly matched: string }[];
}

const file = new URL("../../fixtures/dockerignore/cases.json", import.meta.url);
const cases = JSON.parse(readFileSync(file, "utf8")) as Cases;

test("the same files are ignored as by moby/patternmatcher", () => {
  const wrong: object[] = [];
  for (const { text, ignored } of cases.ignore) {
    const ignore = new DockerIgnore(readIgnoreFile(text));
    const found = cases.paths.map(path => (ignore.excludes(path) ? "1" : "0")).join("");
    for (const [at, path] of cases.paths.entries())
      if (found[at] !== ignored[at]) wrong.push({ text, path, expected: ignored[at] });
  }
  expect(wrong).toEqual([]);
});

test("the same names match as in Go's filepath.Match", () => {
  const found = cases.match.map(({ pattern }) => {
    const matches = compileGoMatch(pattern);
    return {
      pattern,
      matched: matches === null ? "bad" : cases.paths.map(path => (matches(path) ? "1" : "0")).join(""),
    };
  });
  expect(found).toEqual(cases.match);
});

test("a folder that need not be looked into has nothing below it that is not ignored", () => {
  const folder = fc.constantFrom("a", "b", "a/b", "b/ab", "a/b/a");
  const below = fc.constantFrom("a", "b", "a.b", "ab/a", "a/b/c");
  const text = fc.constantFrom(...cases.ignore.map(one => one.text));
  fc.assert(
    fc.property(text, folder, below, (patterns, path, inside) => {
      const ignore = new DockerIgnore(readIgnoreFile(patterns));
      fc.pre(ignore.excludesAllBelow(path));
      expect(ignore.excludes(`${path}/${inside}`)).toBe(true);
    }),
    { numRuns: 300, maxSkipsPerRun: 10_000 },
  );
});

test("patterns that take a backtracking matcher hours are answered at once", () => {
  const name = "a".repeat(2000);
  for (const pattern of [`${"*a".repeat(60)}b`, `${"**/*a".repeat(40)}/b`, `${"a*".repeat(60)}[b]`]) {
    expect(new DockerIgnore([pattern]).excludes(`${name}/${name}`)).toBe(false);
    expect(compileGoMatch(pattern)?.(name)).toBe(false);
  }
});

test("a malformed pattern is named, and nothing is ignored", () => {
  const ignore = new DockerIgnore(["a", "b[", "c"]);
  expect(ignore.malformed).toBe("b[");
  expect(ignore.excludes("a")).toBe(false);
});
