import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { Command } from "../../../cli/command.ts";
import { type CommandRow, commandOf, commandTable } from "../../../cli/command-table.ts";
import { optionsOfCommand, runLine } from "../../../cli/run-line.ts";
import { splitLine } from "../../../cli/tui/palette/line-words.ts";
import { program } from "../../support/built-program.ts";

async function helpOf(...words: string[]): Promise<string> {
  let text = "";
  const contextOf = () => Promise.reject(new Error("help runs no command"));
  const onHelp = (help: string) => {
    text += help;
  };
  await runLine([...words, "--help"], { signal: new AbortController().signal, columns: 80, contextOf, onHelp });
  return text;
}

interface Named {
  readonly name: string;
  readonly row: CommandRow;
  readonly command: Command;
}

/** Those behind another one, too, as in `cache ls`. */
const all: Named[] = [];
for (const row of commandTable) {
  const { command } = await row.load();
  all.push({ name: commandOf(row.usage), row, command });
  for (const below of command.commands ?? [])
    all.push({
      name: `${commandOf(row.usage)} ${commandOf(below.usage)}`,
      row: below,
      command: (await below.load()).command,
    });
}

describe.each(all)("$name", ({ name, row, command }) => {
  test("its help fits 80 columns, says what it does and has lines to copy", async () => {
    const text = await helpOf(...name.split(" "));
    expect(row.describe).not.toBe("");
    expect(text.replace(/\s+/g, " ")).toContain(row.describe);
    expect(text).toContain("\nExamples:\n");
    // That of the whole is about what is behind it.
    if (command.commands === undefined) expect(text).toMatch(new RegExp(`\n {2}(?:.*\\()?kaniko-lab ${name}\\b`));
    expect(text.split("\n").filter(line => line.length > 80)).toEqual([]);
  });

  test("its examples are lines that it understands", async () => {
    for (const [line, what] of command.examples) {
      expect(what).not.toBe("");
      await expectUnderstood(line.replace(/^source <\((.*)\)$/, "$1").replace(/ > \S+$/, ""));
    }
  });

  test("every option says what it does", async () => {
    const undescribed = (await optionsOfCommand(row)).filter(({ describe: text }) => text === "");
    expect(undescribed).toEqual([]);
  });
});

/** The command is there, and has the options and choices of the line. */
async function expectUnderstood(line: string): Promise<void> {
  const [start, ...words] = splitLine(line).words.map(({ text }) => text);
  expect(start).toBe("$0");
  if (words.length === 0) return;
  const [first, second] = words;
  const found = all.find(({ name }) => name === `${first} ${second}`) ?? all.find(({ name }) => name === first) ?? null;
  expect(found, line).not.toBeNull();
  const options = await optionsOfCommand((found as Named).row);
  const end = words.indexOf("--");
  for (const [at, word] of words.slice(0, end < 0 ? undefined : end).entries()) {
    if (!word.startsWith("--")) continue;
    const [flag = "", joined] = word.slice(2).split(/=(.*)/s);
    const option = options.find(({ name }) => name === flag || name === flag.replace(/^no-/, ""));
    expect(option, `${line}: --${flag}`).toBeDefined();
    if (option?.choices.length) expect(option.choices, line).toContain(joined ?? words[at + 1]);
  }
}

test("the program's help names every command", () => {
  const { status, stdout } = spawnSync(process.execPath, [program, "--help"], { encoding: "utf8" });
  expect(status).toBe(0);
  for (const { usage } of commandTable) expect(stdout).toContain(`  kaniko-lab ${usage}`);
  expect(stdout.split("\n").filter(line => line.length > 80)).toEqual([]);
});
