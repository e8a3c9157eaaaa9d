import { expect, test } from "vitest";
import { type CleanName, cleanName } from "../../../lib/layer/entry-name.ts";

function clean(name: string): [string, string, boolean] {
  const bytes = Buffer.from(name, "latin1");
  const into = Buffer.alloc(bytes.length + 1);
  const result: CleanName = { length: 0, kind: "plain", unsafe: false };
  cleanName(bytes, bytes.length, into, result);
  return [into.toString("latin1", 0, result.length), result.kind, result.unsafe];
}

test.each([
  ["a/b", "a/b", false],
  ["./a//b/./c/", "a/b/c", false],
  ["./", "", false],
  ["", "", false],
  ["/etc/passwd", "etc/passwd", true],
  ["a/../b", "b", true],
  ["../../etc", "etc", true],
  ["a/b/../../..", "", true],
  ["..a/.b/...", "..a/.b/...", false],
  ["\xff/\xfe", "\xff/\xfe", false],
])("the name %j becomes %j", (name, path, unsafe) => {
  expect(clean(name)).toEqual([path, "plain", unsafe]);
});

test.each([
  ["a/.wh.b", "a/b", "whiteout"],
  ["./.wh.b/", "b", "whiteout"],
  [".wh..b", ".b", "whiteout"],
  ["a/.wh..wh..opq", "a", "opaque"],
  [".wh..wh..opq", "", "opaque"],
  ["a/.wh..wh.aufs", "a/.wh..wh.aufs", "ignored"],
  [".wh..wh.plnk/1.2", ".wh..wh.plnk/1.2", "ignored"],
  ["a/.wh.", "a/.wh.", "ignored"],
  ["a/.wh..", "a/.wh..", "ignored"],
  ["a/.wh...", "a/.wh...", "ignored"],
  ["a/.wh.b/c", "a/.wh.b/c", "plain"],
  ["a/.wh.b/..", "a", "plain"],
  ["a/.whb", "a/.whb", "plain"],
])("the name %j is %j, %s", (name, path, kind) => {
  expect(clean(name).slice(0, 2)).toEqual([path, kind]);
});
