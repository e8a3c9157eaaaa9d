import { describe, expect, test } from "vitest";
import type { Instruction, Stage } from "../../../lib/dockerfile/dockerfile.ts";
import { parseNodes } from "../../../lib/dockerfile/nodes.ts";
import { parseDockerfile } from "../../../lib/dockerfile/parse.ts";
import { type ExpectedFault, type ExpectedFile, expectedFiles, readText, textNames } from "./fixtures.ts";
import { labErrorOf } from "./thrown-by.ts";

function isFault(expected: ExpectedFile | ExpectedFault): expected is ExpectedFault {
  return "error" in expected;
}

const accepted = Object.entries(expectedFiles).flatMap(([name, expected]) =>
  isFault(expected) ? [] : [{ name, expected }],
);
const refused = Object.entries(expectedFiles).flatMap(([name, expected]) =>
  isFault(expected) ? [{ name, expected }] : [],
);

test("every text has an expectation", () => {
  expect(textNames.toSorted()).toEqual(Object.keys(expectedFiles).toSorted());
});

describe("agrees with BuildKit on", () => {
  test.each(accepted)("$name", ({ name, expected }) => {
    const text = readText(name);
    const { nodes, escape: escapeToken, directives } = parseNodes(text);
    expect({ escapeToken, directives }).toEqual({ escapeToken: expected.escape, directives: expected.directives });
    const shown = nodes.map(({ keyword, original, child: _, ...rest }) => ({
      value: keyword,
      text: original,
      ...rest,
    }));
    expect(shown).toEqual(expected.nodes);
    const dockerfile = parseDockerfile(text);
    expect(dockerfile.globalArgs.map(asCommand)).toEqual(expected.globalArgs.map(lowerCaseName));
    expect(dockerfile.stages.map(asStage)).toEqual(
      expected.stages.map(stage => ({ ...stage, commands: stage.commands.map(lowerCaseName) })),
    );
  });
});

function asCommand({ keyword, text, line, endLine, trigger }: Instruction) {
  return { name: keyword.toLowerCase(), text, line, endLine, ...(trigger === null ? {} : { trigger }) };
}

function asStage({ name, baseText, platform, text, line, endLine, instructions }: Stage) {
  return { name, base: baseText, platform, text, line, endLine, commands: instructions.map(asCommand) };
}

function lowerCaseName<Command extends { readonly name: string }>(command: Command): Command {
  return { ...command, name: command.name.toLowerCase() };
}

/** What is told instead of the line's number, where more is known. */
const advice: readonly (readonly [fault: RegExp, hint: string])[] = [
  [/^file with no instructions$|^no build stage in current context$/, "begin the Dockerfile with FROM"],
  [/^FROM requires either one or three arguments$/, "write FROM image, or FROM image AS name"],
  [
    /^unknown instruction: /,
    "correct the instruction; a line that belongs to the one before needs a \\ at that one's end",
  ],
  [/^dockerfile line greater than max allowed size/, "break the line, or put the text into a file of the context"],
  [
    /^'from' doesn't support variable expansion/,
    "add a stage with FROM and the variable, give it a name with AS, and mount from that name",
  ],
  [/^invalid network mode /, "use --network=default, none or host"],
  [/^security "none" is not valid$/, "use --security=sandbox or insecure"],
  [/^SHELL requires the arguments to be in JSON form$/, 'write SHELL ["/bin/sh", "-c"], with double quotes'],
];

/** The word that is missing at the end, by the text. */
const heredocEnds: Readonly<Record<string, string>> = { "bad-heredoc": "EOF", "bad-heredoc-second": "B" };

function adviceOn(name: string, fault: string): string | undefined {
  const word = heredocEnds[name];
  if (word !== undefined) return `end the heredoc with a line that holds only ${word}`;
  return advice.find(([form]) => form.test(fault))?.[1];
}

describe("refuses what BuildKit refuses, in its words:", () => {
  test.each(refused)("$name: $expected.error", ({ name, expected }) => {
    const error = labErrorOf(() => parseDockerfile(readText(name)));
    expect(error.code).toBe("dockerfile-syntax");
    const [, line, message] = /^dockerfile parse error on line (\d+): (.*)$/s.exec(error.message) ?? [];
    expect(message).toBe(expected.error);
    if (expected.line !== undefined) expect(Number(line)).toBe(expected.line);
    expect(error.hint).toBe(adviceOn(name, expected.error) ?? `correct line ${line} of the Dockerfile`);
  });
});

describe("where BuildKit's own line is off by one", () => {
  test.each([
    ["bad-escape", 1],
    ["bad-directive-twice", 2],
    ["bad-long-line", 2],
  ])("%s is reported for line %i", (name, line) => {
    expect(labErrorOf(() => parseDockerfile(readText(name))).message).toContain(`on line ${line}:`);
  });
});

test("a file with nothing but ARG needs a FROM", () => {
  const error = labErrorOf(() => parseDockerfile("ARG A=1\nARG B\n"));
  expect(error.message).toBe("dockerfile parse error on line 2: dockerfile must contain at least one FROM instruction");
  expect(error.exitStatus).toBe(2);
});

test("names and values of ENV, LABEL and ARG", () => {
  const [stage] = parseDockerfile('FROM x\nENV A=1 B="2 3"\nENV C 4 5\nLABEL d=e\nARG F G= H=1=2\nRUN x\n').stages;
  expect(stage?.instructions.map(instruction => instruction.pairs)).toEqual([
    [
      { name: "A", value: "1" },
      { name: "B", value: '"2 3"' },
    ],
    [{ name: "C", value: "4 5" }],
    [{ name: "d", value: "e" }],
    [
      { name: "F", value: null },
      { name: "G", value: "" },
      { name: "H", value: "1=2" },
    ],
    [],
  ]);
});

test("the message of a megabyte-long instruction is cut", () => {
  const text = `FROM x\nENV ${`${"a ".repeat(20_000)}\\\n`.repeat(30)}=b\nENV "${`${"c".repeat(30_000)}\\\n`.repeat(30)}"`;
  expect(labErrorOf(() => parseDockerfile(text)).message.length).toBeLessThan(10_000);
});
