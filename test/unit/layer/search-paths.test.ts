import { expect, test } from "vitest";
import { createMatcher, type MatcherOptions, searchPaths } from "../../../lib/layer/search-paths.ts";
import { file, tar } from "./make-tar.ts";
import { scanTar } from "./scan-tar.ts";

const names = [
  "etc/passwd",
  "usr/bin/passwd",
  "usr/share/doc/README.md",
  "usr/lib/x/y/lib.so.1",
  "etc/.hidden",
  "a\xff",
  "etc/é",
];
const columns = scanTar(tar(...names.map(name => file(Buffer.from(name, name.includes("\xff") ? "latin1" : "utf8")))));

function found(pattern: string, options: MatcherOptions): string[] {
  return [...searchPaths(columns, createMatcher(pattern, options))].map(position => columns.path(position));
}

test("substrings, as they are and in any case", () => {
  expect(found("passwd", { mode: "substring" })).toEqual(["etc/passwd", "usr/bin/passwd"]);
  expect(found("readme", { mode: "substring" })).toEqual([]);
  expect(found("readme", { mode: "substring", ignoreCase: true })).toEqual(["usr/share/doc/README.md"]);
  expect(found(".1", { mode: "substring", ignoreCase: true })).toEqual(["usr/lib/x/y/lib.so.1"]);
  expect(found("É", { mode: "substring", ignoreCase: true })).toEqual(["etc/é"]);
  expect(found("\udcff", { mode: "substring" })).toEqual(["a\udcff"]);
  expect(found("wdusr", { mode: "substring" })).toEqual([]);
  expect(found("s", { mode: "substring" })).toHaveLength(4);
});

test("globs: the last name, or the whole path when there is a slash", () => {
  expect(found("pass*", { mode: "glob" })).toEqual(["etc/passwd", "usr/bin/passwd"]);
  expect(found("*", { mode: "glob" })).toHaveLength(names.length);
  expect(found("usr/*/passwd", { mode: "glob" })).toEqual(["usr/bin/passwd"]);
  expect(found("/etc/*", { mode: "glob" })).toEqual(["etc/passwd", "etc/.hidden", "etc/é"]);
  expect(found("**/y/*", { mode: "glob" })).toEqual(["usr/lib/x/y/lib.so.1"]);
  expect(found("*.{MD,so.?}", { mode: "glob", ignoreCase: true })).toEqual([
    "usr/share/doc/README.md",
    "usr/lib/x/y/lib.so.1",
  ]);
  expect(found("!passwd", { mode: "glob" })).toEqual([]);
});

test("regular expressions", () => {
  expect(found("^etc/[^/]*d$", { mode: "regex" })).toEqual(["etc/passwd"]);
  expect(found("^ETC/\\p{L}$", { mode: "regex", ignoreCase: true })).toEqual(["etc/é"]);
});

test("hits come one by one", () => {
  const hits = searchPaths(columns, createMatcher("passwd", { mode: "substring" }));
  expect(hits.next().value).toBe(0);
  expect(hits.return().done).toBe(true);
});

test.each<[string, MatcherOptions["mode"]]>([
  ["", "substring"],
  ["a\0b", "substring"],
  ["(", "regex"],
  ["x".repeat(1001), "glob"],
])("the pattern %j as %s is a usage error", (pattern, mode) => {
  expect(() => createMatcher(pattern, { mode })).toThrow(expect.objectContaining({ code: "usage" }));
});

test("globs that take others very long", () => {
  const slow = createMatcher("*a*a*a*a*a*a*a*a*a*ab", { mode: "glob" });
  expect(slow.matches("a".repeat(2000))).toBe(false);
});
