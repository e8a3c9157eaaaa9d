import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandTable } from "../../../cli/command-table.ts";

const program = join(import.meta.dirname, "../../../cli/bin.ts");

async function help(...command: string[]): Promise<string> {
  const child = spawn(process.execPath, [program, ...command, "--help"]);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", chunk => {
    text += chunk;
  });
  const status = await new Promise(resolve => child.on("close", resolve));
  expect(status).toBe(0);
  return text;
}

test("the help of every command fits 80 columns and has lines to copy", async () => {
  for (const { usage, describe } of commandTable) {
    const name = usage.split(" ")[0] as string;
    const text = await help(name);
    expect(text).toContain(`kaniko-lab ${usage}\n`);
    expect(text).toContain(describe);
    expect(text).toMatch(new RegExp(`\nExamples:\n  # .+\n  kaniko-lab ${name}\\b`));
    expect(text.split("\n").filter(line => line.length > 80)).toEqual([]);
  }
});

test("the program's help names every command", async () => {
  const text = await help();
  for (const { usage } of commandTable) expect(text).toContain(`  kaniko-lab ${usage}`);
  expect(text.split("\n").filter(line => line.length > 80)).toEqual([]);
});
