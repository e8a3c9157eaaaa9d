import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDockerfile } from "../../../lib/dockerfile/parse.ts";
import { planSteps } from "../../../lib/dockerfile/plan.ts";
import { resolveStages } from "../../../lib/dockerfile/resolve.ts";
import { LabError } from "../../../lib/error.ts";
import { readText, textNames } from "./fixtures.ts";
import { labErrorOf } from "./thrown-by.ts";

/** Everything that a Dockerfile goes through; true unless something else than a LabError is thrown. */
function endsWell(text: string): boolean {
  try {
    const dockerfile = parseDockerfile(text);
    const lines = text.split("\n").length;
    const resolved = resolveStages(dockerfile, { target: null, buildArgs: { A: "1" } });
    return planSteps(resolved).every(({ line, endLine }) => line !== null && endLine !== null && endLine <= lines);
  } catch (error) {
    if (error instanceof LabError) return error.message !== "" && error.hint !== undefined;
    throw error;
  }
}

const fragments = [
  [
    "FROM x",
    "FROM $A AS b",
    "RUN ",
    "COPY ",
    "ADD ",
    "ENV ",
    "ARG A=",
    "LABEL ",
    "CMD ",
    "ONBUILD ",
    "HEALTHCHECK CMD ",
  ],
  [
    "SHELL ",
    "VOLUME ",
    "--from=b ",
    "--mount=",
    "--mount=from=b,",
    "--",
    "<<EOF",
    "<<-'E'",
    "EOF",
    "E",
    "3<<",
    "EOF\n",
  ],
  [
    "$",
    "$A",
    "${A",
    "${A:-",
    "${A//",
    "${A##",
    "}",
    "*",
    "?",
    "/",
    '"',
    "'",
    "\\",
    "`",
    '["a"]',
    "[",
    "]",
    ",",
    "=",
    " ",
  ],
  ["# escape=`", "#", "# syntax=", "\n", "\n", "\n\n", "\r\n", "\\\n", "`\n", "\t", "\0", "\u0085", "\u00a0", "\ufeff"],
  ["é", "\ud800", "\u{1f600}"],
].flat();
const fragment = fc.constantFrom(...fragments);

describe("nothing but a LabError comes out of", () => {
  test("pieces of Dockerfiles in any order", () => {
    const texts = fc.array(fragment, { maxLength: 40 }).map(parts => parts.join(""));
    fc.assert(fc.property(texts, endsWell), { numRuns: 3000 });
  });

  test("any text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), endsWell), { numRuns: 1000 });
  });

  test("real Dockerfiles with a piece cut out or put in", () => {
    const name = fc.constantFrom(...textNames.filter(text => text !== "bad-long-line"));
    const mutated = fc.tuple(name, fc.nat(400), fc.nat(20), fragment).map(([from, at, length, piece]) => {
      const text = readText(from);
      return text.slice(0, at) + piece + text.slice(at + length);
    });
    fc.assert(fc.property(mutated, endsWell), { numRuns: 2000 });
  });
});

/** `unit` on many continued lines, since one line may not be longer than 64 KiB. */
function continued(unit: string, megabytes = 2): string {
  const line = `${unit.repeat(Math.floor(60_000 / unit.length))}\\\n`;
  return line.repeat(Math.ceil((megabytes << 20) / line.length));
}

describe("megabytes that are costly for a careless parser:", () => {
  test.each([
    ["blanks", `FROM x\nRUN ${continued(" ")}`],
    ["line feeds", `FROM x${"\n".repeat(2 << 20)}`],
    ["comments", `FROM x\n${"#\n".repeat(1 << 20)}`],
    ["continuation lines", `FROM x\nRUN ${"\\\n".repeat(1 << 20)}`],
    ["heredoc words", `FROM x\nRUN ${continued("<<A ")}`],
    ["angle brackets", `FROM x\nRUN ${continued("<")}`],
    ["quotes before a heredoc", `FROM x\nRUN <<A ${continued("'")}\nA\n`],
    ["open substitutions before a heredoc", `FROM x\nRUN <<A ${continued("${A:-")}\nA\n`],
    ["ONBUILD in ONBUILD", `FROM x\n${continued("ONBUILD ")}`],
    ["flags", `FROM x\nRUN ${continued("--mount=a=b ")}`],
    ["flags in open quotes", `FROM x\nRUN ${continued('--mount="')}`],
    ["fields of a mount", `FROM x\nRUN --mount='${continued('"a",')}"a"' x`],
    ["names and values", `FROM x\nENV ${continued("a=b ")}`],
    ["brackets", `FROM x\nRUN [${continued("[")}`],
    ["strings", `FROM x\nCMD [${continued('"a",')}"a"]`],
    ["blanks in a directive", `# syntax=${" ".repeat(60_000)}x\nFROM x`],
    ["instructions", `FROM x\n${"USER a\n".repeat(90_000)}`],
    ["stages of one name", "FROM x AS a\nFROM a AS a\n".repeat(40_000)],
    ["stars", `ARG A=${"a".repeat(60_000)}\nFROM \${A//${"*a".repeat(15_000)}b/x}`],
  ])("%s", (_, text) => {
    expect(endsWell(text)).toBe(true);
  });
});

describe("what is too large is refused:", () => {
  test("a text over 16 MiB", () => {
    expect(labErrorOf(() => parseDockerfile(`FROM x\n${"#\n".repeat(9 << 20)}`)).code).toBe("too-large");
  });

  test("more than 100,000 instructions", () => {
    expect(labErrorOf(() => parseDockerfile(`FROM x\n${"CMD\n".repeat(100_001)}`)).code).toBe("too-large");
  });

  test("a line of 64 KiB, counted in bytes", () => {
    expect(parseDockerfile(`FROM x\nRUN ${"é".repeat(32_765)}`).stages).toHaveLength(1);
    const error = labErrorOf(() => parseDockerfile(`FROM x\nRUN ${"é".repeat(32_766)}`));
    expect(error.message).toBe(
      "dockerfile parse error on line 2: dockerfile line greater than max allowed size of 65535",
    );
  });
});
