import { describe, expect, test } from "vitest";
import { parseBuildFile } from "../../../lib/build/build-file.ts";

test("takes what it knows, numbers and switches as text where text is meant", () => {
  const text = "buildArgs: { VERSION: 2, FAST: true }\ncache: off\nflags: [--ignore-path=/x]\n";
  expect(parseBuildFile(text, "f.yaml")).toEqual({
    buildArgs: { VERSION: "2", FAST: "true" },
    cache: "off",
    flags: ["--ignore-path=/x"],
  });
  expect(parseBuildFile("", "f.yaml")).toEqual({});
  expect(parseBuildFile("# nothing yet\n", "f.yaml")).toEqual({});
});

describe("mistakes name file, line and column", () => {
  const cases: [text: string, message: string | RegExp][] = [
    ["target: a\ntarge: b\n", "f.yaml:2:1: unknown key targe (did you mean target?)"],
    ["waste:\n  deny: [a]\n  maxwaste: 1\n", "f.yaml:3:3: unknown key maxwaste (did you mean maxWaste?)"],
    ["name: x\ncompression: lzma\n", /^f\.yaml:2:14: compression: /],
    ["labels:\n  a: [1]\n", /^f\.yaml:2:6: labels\.a: /],
    ["- a\n- b\n", /^f\.yaml:1:1: the file: /],
    ["target: [a\n", /^f\.yaml:\d+:\d+: /],
    ["target: *nothing\n", /^f\.yaml: .*nothing/],
    ["a: &a [x]\nb: &b [*a, *a]\n", /^f\.yaml:1:1: unknown key a/],
  ];
  for (const [text, message] of cases) {
    test(JSON.stringify(text), () => {
      expect(() => parseBuildFile(text, "f.yaml")).toThrow(
        expect.objectContaining({
          code: "config-invalid",
          message: typeof message === "string" ? message : expect.stringMatching(message),
        }),
      );
    });
  }

  test("an alias bomb is refused, not unfolded", () => {
    const rows = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
    for (let level = 1; level < 12; level += 1) {
      const name = String.fromCharCode(97 + level);
      const before = String.fromCharCode(96 + level);
      rows.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(", ")}]`);
    }
    expect(() => parseBuildFile(rows.join("\n"), "f.yaml")).toThrow(/alias/i);
  });
});
