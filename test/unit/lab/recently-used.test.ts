import { expect, test } from "vitest";
import { RecentlyUsed } from "../../../lib/lab/recently-used.ts";

const bytesOf = (text: string) => text.length;
const keysOf = (kept: RecentlyUsed<string, string>, keys: string) =>
  [...keys].filter(key => kept.get(key) !== undefined);

test("what was used longest ago goes first, by number", () => {
  const kept = new RecentlyUsed<string, string>({ count: 2, bytes: 100, bytesOf });
  kept.set("a", "x");
  kept.set("b", "x");
  kept.get("a");
  kept.set("c", "x");
  expect(keysOf(kept, "abc")).toEqual(["a", "c"]);
});

test("and by bytes, counted right when a value is replaced; the newest stays however large", () => {
  const kept = new RecentlyUsed<string, string>({ count: 10, bytes: 6, bytesOf });
  kept.set("a", "xx");
  kept.set("a", "xxxx");
  kept.set("b", "xx");
  expect(keysOf(kept, "ab")).toEqual(["a", "b"]);
  kept.set("c", "xxx");
  expect(keysOf(kept, "abc")).toEqual(["b", "c"]);
  kept.set("d", "x".repeat(50));
  expect(keysOf(kept, "abcd")).toEqual(["d"]);
  kept.set("e", "x");
  expect(keysOf(kept, "abcde")).toEqual(["e"]);
});
