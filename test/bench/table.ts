import { type Measured, measureInTurn } from "./process-time.ts";
import type { Row } from "./row.ts";

/** Measures rows and prints them as a table of ratios. Nothing fails here: what falls short is told, not thrown. */

const titles = ["work", "ours", "peak", "against", "ratio", "must", "", "limit", "left to it"];
const widths = [30, 8, 8, 26, 6, 12, 5, 24, 10];

export function printHead(): void {
  printCells(titles);
}

export function printRow(row: Row, rounds: number): void {
  const commands = [row.ours, row.limit.command, ...row.peers.map(peer => peer.command)];
  const [ours, limit, ...peers] = measureInTurn(commands, rounds) as [Measured, Measured, ...Measured[]];
  const own = [row.work, seconds(ours.seconds), megabytes(ours)];
  const stands = [`${row.limit.name} ${seconds(limit.seconds)}`, seconds(ours.seconds - limit.seconds)];
  const musts = [
    row.mustTakeSeconds === undefined
      ? null
      : { text: `≤ ${seconds(row.mustTakeSeconds)}`, met: ours.seconds <= row.mustTakeSeconds },
    row.mustUseMb === undefined || ours.peakMb === null
      ? null
      : { text: `≤ ${row.mustUseMb} MB`, met: ours.peakMb <= row.mustUseMb },
  ].filter(must => must !== null);
  const against = row.peers.map((peer, i) => {
    const { seconds: theirs } = peers[i] as Measured;
    const ratio = ours.seconds / theirs;
    const must = peer.mustBeRatio;
    return [
      `${peer.name} ${seconds(theirs)}`,
      ratio.toFixed(2),
      must ? `≤ ${must}` : "",
      must ? verdict(ratio <= must) : "",
    ];
  });
  const all = [...musts.map(({ text, met }) => ["", "", text, verdict(met)]), ...against];
  for (const [i, cells] of (all.length === 0 ? [["", "", "", ""]] : all).entries()) {
    printCells([...(i === 0 ? own : ["", "", ""]), ...cells, ...(i === 0 ? stands : [])]);
  }
}

function verdict(met: boolean): string {
  return met ? "met" : "short";
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

function megabytes({ peakMb }: Measured): string {
  return peakMb === null ? "" : `${peakMb.toFixed(0)} MB`;
}

function printCells(cells: readonly string[]): void {
  console.log(
    cells
      .map((cell, i) => cell.padEnd(widths[i] as number))
      .join(" ")
      .trimEnd(),
  );
}
