import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { OptionInfo } from "../../../cli/command.ts";
import { createStyle } from "../../../cli/display/style.ts";
import type { CommandInfo } from "../../../cli/tui/palette/command-line.ts";
import { completed, completeLine } from "../../../cli/tui/palette/complete-line.ts";
import { fillWords } from "../../../cli/tui/palette/fill-words.ts";
import { KeptLines } from "../../../cli/tui/palette/kept-lines.ts";
import { shellLine, splitLine } from "../../../cli/tui/palette/line-words.ts";
import type { OpenFacts } from "../../../cli/tui/palette/open-facts.ts";
import { findLine, markFound } from "../../../cli/tui/text/find.ts";
import { scrolledRow, span, textOf } from "../../../cli/tui/text/spans.ts";
import { plainLine, styledRow } from "../../../cli/tui/text/styled-line.ts";
import { pathFromBytes, showText } from "../../../lib/model/path-text.ts";

const wordsOf = (line: string, variables?: ReadonlyMap<string, () => string>) =>
  splitLine(line, variables).words.map(word => word.text);

describe("words of a line", () => {
  test("quotes, escapes and spaces as a shell has them", () => {
    expect(wordsOf(`  cat  'a b' "c \\"d\\"" e\\ f '' $'g\\n\\x41\\'' h'i'j`)).toEqual([
      "cat",
      "a b",
      `c "d"`,
      "e f",
      "",
      "g\nA'",
      "hij",
    ]);
    expect(splitLine("cat 'a b").isOpen).toBe(true);
    expect(splitLine(`cat "a`).isOpen).toBe(true);
    expect(splitLine("cat $'a\\'").isOpen).toBe(true);
    expect(splitLine("cat 'a' \"b\" $'c'").isOpen).toBe(false);
  });

  test("variables are one word whatever is in them, but not in single quotes", () => {
    const hostile = `/a b'c"d$path;x\n--step`;
    const variables = new Map([["path", () => hostile]]);
    expect(wordsOf(`cat $path "$path" x=$path '$path' \\$path $paths $other`, variables)).toEqual([
      "cat",
      hostile,
      hostile,
      `x=${hostile}`,
      "$path",
      "$path",
      "$paths",
      "$other",
    ]);
  });

  test("any words come back from the line that is shown, and nothing in it moves the screen", () => {
    const name = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom(..."ab '\"\\$`!~#&*?\n\t\r\x1b\u202e\u0301é😀-=") }),
      fc.uint8Array({ maxLength: 12 }).map(pathFromBytes),
    );
    fc.assert(
      fc.property(fc.array(name), words => {
        const line = shellLine(words);
        expect(wordsOf(line)).toEqual(words);
        expect(showText(line)).toBe(line);
      }),
    );
  });
});

const option = (name: string, facts: Partial<OptionInfo> = {}): OptionInfo => ({
  name,
  aliases: [],
  describe: `${name} it`,
  takesValue: true,
  isRepeatable: false,
  isOn: false,
  choices: [],
  ...facts,
});

const options = [
  option("step"),
  option("stage"),
  option("recursive", { aliases: ["R"], takesValue: false }),
  option("contents", { takesValue: false, isOn: true }),
  option("ignore", { isRepeatable: true, choices: ["time", "mode"] }),
  option("from"),
  option("to"),
];

const facts: OpenFacts = {
  target: "B2",
  isBuild: true,
  other: "B1",
  baseStep: null,
  step: 4,
  stages: ["words"],
  path: "/etc/passwd",
};

const command = (usage: string): CommandInfo => {
  const [name = "", ...positionals] = usage.split(" ");
  return { name, positionals, describe: `about ${name}`, takesTerminal: false };
};

describe("what a line leaves out", () => {
  const cases: [usage: string, line: string, filled: string][] = [
    ["waste [target]", "waste", "waste B2"],
    ["waste [target]", "waste latest", "waste latest"],
    ["waste [target]", "waste --step 3", "waste --step 3 B2"],
    ["waste [target]", "waste --help", "waste --help"],
    ["history <target> <path>", "history", "history B2 /etc/passwd"],
    ["history <target> <path>", "history etc/shadow", "history B2 etc/shadow"],
    ["history <target> <path>", "history latest /x", "history latest /x"],
    ["cat <target> <path>", "cat --step 3 /nope", "cat B2 --step 3 /nope"],
    ["cat <target> [path]", "cat", "cat B2 /etc/passwd"],
    ["cat <target> [path]", "cat etc/shadow", "cat B2 etc/shadow"],
    ["cat <target> [path]", "cat --entry=2", "cat --entry=2 B2"],
    ["ls [target] [path]", "ls", "ls B2"],
    ["ls [target] [path]", "ls /etc", "ls B2 /etc"],
    ["ls [target] [path]", "ls -R /etc", "ls B2 -R /etc"],
    ["ls [target] [path]", "ls latest", "ls latest"],
    ["extract <target> [paths..]", "extract /a /b --to out", "extract B2 /a /b --to out"],
    ["extract <target> [paths..]", "extract latest /b --to out", "extract latest /b --to out"],
    ["extract <target> [paths..]", "extract --all --to out", "extract --all --to out B2"],
    ["search <text> [target]", "search", "search"],
    ["search <text> [target]", "search curl", "search curl B2"],
    ["search <text> [target]", "search -- -x", "search -- -x"],
    ["export <builds..>", "export", "export B2"],
    ["export <builds..>", "export latest", "export latest"],
    ["context [build]", "context", "context B2"],
    ["diff [target] [other]", "diff", "diff B1 B2"],
    ["diff [target] [other]", "diff X", "diff X B2"],
    ["diff [target] [other]", "diff --step 4", "diff --step 4 B2"],
    ["diff [target] [other]", "diff X --to=4", "diff X --to=4"],
    ["diff [target] [other]", "diff X Y", "diff X Y"],
    ["compare [one] [other]", "compare --step 4", "compare --step 4 B1 B2"],
    ["doctor", "doctor", "doctor"],
  ];
  for (const [usage, line, filled] of cases) {
    test(`${line} → ${filled}`, () => {
      expect(fillWords(line.split(" "), command(usage), options, facts).join(" ")).toBe(filled);
    });
  }

  test("with a base in the same target, diff is of the two steps", () => {
    const filled = fillWords(["diff"], command("diff [target] [other]"), options, { ...facts, baseStep: 2 });
    expect(filled.join(" ")).toBe("diff B2 --from 2 --to 4");
  });

  test("an image is no build, and where nothing is open nothing is added", () => {
    const image = { ...facts, isBuild: false, other: null };
    expect(fillWords(["export"], command("export <builds..>"), options, image)).toEqual(["export"]);
    expect(fillWords(["diff"], command("diff [target] [other]"), options, image)).toEqual(["diff", "B2"]);
    expect(fillWords(["waste"], command("waste [target]"), options, { ...facts, target: null })).toEqual(["waste"]);
    const unselected = { ...facts, path: null };
    expect(fillWords(["cat"], command("cat <target> <path>"), options, unselected)).toEqual(["cat", "B2"]);
  });
});

describe("completion", () => {
  const known = {
    commands: [
      command("steps [target]"),
      command("search <text> [target]"),
      command("ls [target] [path]"),
      command("cache <command>"),
    ],
    options: new Map([
      ["ls", options],
      ["cache ls", [option("sort"), option("where")]],
    ]),
    below: new Map([["cache", [command("ls [where]"), command("show <entry>"), command("verify [entry]")]]]),
  };
  const at = (line: string) => completeLine(line, known, facts);
  const cases: [line: string, after: string][] = [
    ["", ""],
    ["l", "ls "],
    ["s", "s"],
    ["se", "search "],
    ["h", "help "],
    ["help l", "help ls "],
    ["zz", "zz"],
    ["ls --rec", "ls --recursive "],
    ["ls --st", "ls --st"],
    ["ls --ste", "ls --step 4 "],
    ["ls --step ", "ls --step 4 "],
    ["ls --stage ", "ls --stage words "],
    ["ls --no", "ls --no-contents "],
    ["ls --ignore t", "ls --ignore time "],
    ["ls --ignore time --ig", "ls --ignore time --ignore "],
    ["ls -R --rec", "ls -R --rec"],
    ["ls $p", "ls $path "],
    ["ls 'a", "ls 'a"],
    ["search --", "search --"],
    ["cac", "cache "],
    ["cache ", "cache "],
    ["cache v", "cache verify "],
    ["cache ls --s", "cache ls --sort "],
    ["cache zz", "cache zz"],
  ];
  for (const [line, after] of cases) {
    test(`${JSON.stringify(line)} and Tab`, () => {
      expect(completed(line, at(line))).toBe(after);
    });
  }

  test("the hint says what can follow, or what the word means", () => {
    expect(at("s").hint).toBe("steps  search");
    expect(at("ls").hint).toBe("[target]  [path]  about ls");
    expect(at("zz").hint).toBe("no such command");
    expect(at("cache ").hint).toBe("ls  show  verify");
    expect(at("cache show").hint).toBe("<entry>  about show");
    expect(at("cache zz").hint).toBe("no such command");
    expect(at("ls --re").hint).toBe("--recursive: recursive it");
    expect(at("ls --st").hint).toBe("--step --stage");
    expect(at("ls --ignore ").hint).toBe("time  mode");
  });
});

describe("lines of a command", () => {
  test("its styles become meanings, and other control characters are seen", () => {
    const { bold, red, dim } = createStyle(true);
    const line = `${bold("A")} ${red("-")} ${dim(`d${red("r")}d`)}\x1b[5m\x1b]0;t\x07`;
    const row = styledRow(line, "plain", 1000);
    expect(row.filter(({ text }) => text.trim() !== "")).toEqual([
      { text: "A", tone: "bold" },
      { text: "-", tone: "deleted" },
      { text: "d", tone: "dim" },
      { text: "r", tone: "deleted" },
      { text: "d", tone: "dim" },
      { text: "\\x1b[5m\\x1b]0;t\\x07", tone: "plain" },
    ]);
    expect(plainLine(`${bold("A")}b`)).toBe("Ab");
  });

  test("no more of a line is made than is seen", () => {
    expect(textOf(styledRow("x".repeat(20_000), "plain", 81))).toHaveLength(81);
  });

  test("what is found is marked across pieces, and the text stays the same", () => {
    const row = [span("ab", "dim"), span("cd"), span("ef", "bold")];
    expect(markFound(row, "bcde")).toEqual([
      { text: "a", tone: "dim" },
      { text: "b", tone: "found" },
      { text: "cd", tone: "found" },
      { text: "e", tone: "found" },
      { text: "f", tone: "bold" },
    ]);
    expect(textOf(scrolledRow([span("日本"), span("x")], 2))).toBe("本x");
  });

  test("finding goes around the end, and a capital means itself", () => {
    const lines = ["one", "Two", "three", "two"];
    const find = (text: string, from: number, by: 1 | -1) =>
      findLine(at => lines[at] as string, text, { total: lines.length, from, by, isNew: false });
    expect(find("two", 1, 1)).toBe(3);
    expect(find("two", 3, 1)).toBe(1);
    expect(find("two", 1, -1)).toBe(3);
    expect(find("Two", 1, 1)).toBe(1);
    expect(find("four", 0, 1)).toBeNull();
  });

  test("so many are kept, then it says that the rest is missing; what is told beside them stays", () => {
    const kept = new KeptLines();
    for (let at = 0; at < 200_500; at += 1) kept.add(`line ${at}`, "styled");
    expect(kept.isFull).toBe(true);
    kept.add("200500 hits", "note");
    kept.end();
    expect(kept.lines).toHaveLength(200_002);
    expect(kept.lines.at(-2)).toEqual({ text: "200500 hits", kind: "note" });
    expect(kept.lines.at(-1)?.text).toMatch(/^cut: no more than 200000 lines/);
  });

  test("bytes come in any pieces, and no line of them is without end", () => {
    const kept = new KeptLines();
    for (const byte of Buffer.from("é\r\nb\x1b[31m\nlast")) kept.addBytes(Uint8Array.of(byte));
    kept.end();
    expect(kept.lines.map(line => line.text)).toEqual(["é", "b\x1b[31m", "last"]);
    const long = new KeptLines();
    for (let at = 0; at < 100; at += 1) long.addBytes(Buffer.alloc(1000, 0x61));
    long.end();
    expect(long.lines.map(line => line.text.length)).toEqual([20_000]);
  });
});
