import { spawnSync } from "node:child_process";
import { arch, availableParallelism, cpus, totalmem } from "node:os";
import type { Row } from "./row.ts";
import { coldRows } from "./rows/cold.ts";
import { contentRows } from "./rows/content.ts";
import { diffRows } from "./rows/diff.ts";
import { growthRows } from "./rows/growth.ts";
import { searchRows } from "./rows/search.ts";
import { severalLayersRows } from "./rows/several-layers.ts";
import { warmRows } from "./rows/warm.ts";
import { printHead, printRow } from "./table.ts";

/**
 * Measures the program as whole processes against others: `npm run bench`, or `npm run bench -- cold search` for some kinds
 * of rows, with `--rounds=N` for the number of runs of which the median counts. Inputs are made in the temporary folder
 * (300 MB) and kept.
 */
const kinds: Readonly<Record<string, () => Promise<Row[]>>> = {
  cold: coldRows,
  several: severalLayersRows,
  warm: warmRows,
  search: searchRows,
  content: contentRows,
  diff: diffRows,
  growth: growthRows,
};

const args = process.argv.slice(2);
const rounds = Number(args.find(arg => arg.startsWith("--rounds="))?.slice(9) ?? 5);
const wanted = args.filter(arg => !arg.startsWith("--"));

for (const line of machine()) console.log(line);
// Those want an engine, a cluster, an executor: they have options and a table of their own.
if (wanted[0] === "phases" || wanted[0] === "many") await import("./many-contexts.ts");
else await printTable();

async function printTable(): Promise<void> {
  printHead();
  for (const [kind, rows] of Object.entries(kinds)) {
    if (wanted.length > 0 && !wanted.includes(kind)) continue;
    for (const row of await rows()) printRow(row, rounds);
  }
}

function machine(): string[] {
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  const firstLine = (program: string, ...words: string[]) =>
    spawnSync(program, words, { encoding: "utf8" }).stdout?.split("\n")[0] || `no ${program}`;
  return [
    `${cpus()[0]?.model}, ${availableParallelism()} cores, ${memoryGb} GB, ${arch()}; Node ${process.versions.node}`,
    [firstLine("gzip", "--version"), firstLine("tar", "--version"), firstLine("dive", "--version")].join("; "),
    `median of ${rounds} runs in turn; peak: the largest process`,
  ];
}
