// Writes the tables of commands and keys into README.md from the tables in the code. `--check` only compares.
import { readFileSync, writeFileSync } from "node:fs";
import { commandTable } from "../cli/command-table.ts";

const file = new URL("../README.md", import.meta.url);
const before = readFileSync(file, "utf8");

const commandRows = commandTable.map(row => `| \`${row.usage.replaceAll("|", "\\|")}\` | ${row.describe} |`);
let after = replace(before, "commands", ["| command | does |", "|---|---|", ...commandRows]);
const keys = await keyRows();
after = replace(after, "keys", ["| keys | do |", "|---|---|", ...keys]);

if (process.argv.includes("--check")) process.exitCode = after === before ? 0 : 1;
else writeFileSync(file, after);

async function keyRows() {
  const { keyGroups } = await import("../cli/tui/keys/key-table.ts");
  const { keyLabel } = await import("../cli/tui/keys/key-names.ts");
  const code = key => `\`${keyLabel(key).replaceAll("|", "\\|")}\``;
  return keyGroups
    .filter(({ title }) => title !== "")
    .flatMap(({ title, bindings }) => [
      `| **${title}** | |`,
      ...bindings.map(binding => `| ${binding.keys.map(code).join(" ")} | ${binding.help} |`),
    ]);
}

function replace(text, name, lines) {
  const start = `<!-- ${name}: made by scripts/readme.mjs -->\n`;
  const end = `<!-- ${name} end -->`;
  const from = text.indexOf(start) + start.length;
  return `${text.slice(0, from)}${lines.join("\n")}\n${text.slice(text.indexOf(end))}`;
}
