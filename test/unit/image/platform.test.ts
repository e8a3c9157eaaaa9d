import { describe, expect, test } from "vitest";
import { formatPlatform, machinePlatform, parsePlatform, platformScore } from "../../../lib/image/platform.ts";

test.each([
  ["linux/amd64", "linux/amd64"],
  ["linux/arm64/v8", "linux/arm64"],
  ["linux/arm", "linux/arm/v7"],
  ["linux/arm/v6", "linux/arm/v6"],
  ["windows/amd64", "windows/amd64"],
])("%s means %s", (text, meant) => expect(formatPlatform(parsePlatform(text))).toBe(meant));

test.each(["", "linux", "linux/", "a/b/c/d", "linux/a b", "linux//v7"])("%j is no platform", text => {
  expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: "usage" }));
});

test("this machine runs Linux images of a known name", () => {
  expect(machinePlatform()).toEqual(parsePlatform(formatPlatform(machinePlatform())));
  expect(machinePlatform().os).toBe("linux");
  expect(["x64", "ia32"]).not.toContain(machinePlatform().architecture);
});

describe("what runs on what", () => {
  const score = (offered: string, wanted: string) => platformScore(parsePlatform(offered), parsePlatform(wanted));

  test("the very one is best, then the newest older one", () => {
    const offers = ["linux/arm/v5", "linux/arm/v6", "linux/arm/v7"].map(offer => score(offer, "linux/arm/v7"));
    expect(offers.every((value, at) => value > (offers[at - 1] ?? 0))).toBe(true);
  });

  test.each([
    ["linux/arm/v7", "linux/arm/v6"],
    ["linux/amd64", "linux/arm64"],
    ["windows/amd64", "linux/amd64"],
    ["linux/amd64/v3", "linux/amd64"],
  ])("%s does not run on %s", (offered, wanted) => expect(score(offered, wanted)).toBe(0));

  test("amd64 runs on amd64/v3", () => expect(score("linux/amd64", "linux/amd64/v3")).toBeGreaterThan(0));
});
