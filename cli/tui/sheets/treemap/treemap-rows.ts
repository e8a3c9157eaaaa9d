/** A treemap as lines of characters: each cell has its left and upper edge, its name in the upper one. Pure. */

import type { SizeNode } from "../../../../lib/analysis/treemap/size-tree.ts";
import type { TreemapCell } from "../../../../lib/analysis/treemap/treemap.ts";
import { showText } from "../../../../lib/model/path-text.ts";
import { counted, formatBytes } from "../../../display/format.ts";
import type { State } from "../../state/state.ts";
import { cellWidth, cutText } from "../../text/cells.ts";
import { type Row, type Span, span, type Tone } from "../../text/spans.ts";
import type { TreemapSheet } from "../sheet.ts";
import type { TreemapData } from "./treemap-data.ts";
import { cellsOf, mainCells, treemapBox } from "./treemap-layout.ts";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Characters at places; a wide one has an empty place behind it. */
class Canvas {
  readonly #characters: string[][];
  readonly #tones: Tone[][];
  readonly #width: number;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#characters = Array.from({ length: height }, () => new Array<string>(width).fill(" "));
    this.#tones = Array.from({ length: height }, () => new Array<Tone>(width).fill("plain"));
  }

  fill(box: Pick<TreemapCell, "x" | "y" | "width" | "height">, character: string, tone: Tone): void {
    for (let y = box.y; y < box.y + box.height; y += 1)
      for (let x = box.x; x < box.x + box.width; x += 1) this.#put(x, y, character, tone);
  }

  /** @param text narrower than what is free to the right of `x`. */
  write(x: number, y: number, text: string, tone: Tone): void {
    let at = x;
    for (const { segment } of graphemes.segment(text)) {
      const cells = cellWidth(segment);
      this.#put(at, y, segment, tone);
      for (let next = 1; next < cells; next += 1) this.#put(at + next, y, "", tone);
      at += cells;
    }
  }

  #put(x: number, y: number, character: string, tone: Tone): void {
    const line = this.#characters[y];
    if (line === undefined || x < 0 || x >= this.#width) return;
    line[x] = character;
    (this.#tones[y] as Tone[])[x] = tone;
  }

  rows(): Row[] {
    return this.#characters.map((characters, y) => {
      const tones = this.#tones[y] as Tone[];
      const row: Span[] = [];
      let from = 0;
      for (let x = 1; x <= characters.length; x += 1) {
        if (x < characters.length && tones[x] === tones[from]) continue;
        row.push(span(characters.slice(from, x).join(""), tones[from] as Tone));
        from = x;
      }
      return row;
    });
  }
}

/** Title, map, and what is told of the selected cell: as many rows as the screen has without the footer. */
export function treemapRows(state: State, sheet: TreemapSheet): Row[] {
  const { data } = sheet;
  const { columns } = state.size;
  const title: Row = [
    span("MAP ", "focused-title"),
    span(`/${showText(sheet.folder)}`, "bold"),
    span(data === null ? "" : `  ${formatBytes(data.tree.sizeBytes)}  step ${data.step}`),
    span(`  ${words[sheet.of]}`, "accent"),
    span(data === null ? "  reading .." : "", "dim"),
  ];
  if (sheet.error !== "") return [title, [span(cutText(sheet.error, columns), "error")]];
  if (data === null) return [title];
  if (data.tree.children.length === 0) return [title, [], [span(data.note, "dim")]];
  const box = treemapBox(state);
  const main = mainCells(data, box);
  const selected = main[sheet.place.cursor] ?? null;
  const canvas = new Canvas(box.width + 1, box.height + 1);
  for (const cell of cellsOf(data, box)) if (cell.depth > 0) drawCell(canvas, cell, cell === selected);
  drawFrame(canvas, box.width, box.height);
  if (selected) drawSelected(canvas, selected);
  return [title, ...canvas.rows().slice(1), detailRow(data, selected, main.length)];
}

const words = { tree: "whole tree", changes: "changes of the step", layer: "what the layer stores" } as const;

function drawCell(canvas: Canvas, cell: TreemapCell, isSelected: boolean): void {
  const { x, y, width, height, node, depth } = cell;
  const edge: Tone = depth === 1 ? "plain" : "dim";
  canvas.fill({ x, y, width, height: 1 }, "-", edge);
  canvas.fill({ x, y, width: 1, height }, "|", edge);
  canvas.write(x, y, "+", edge);
  writeLabel(canvas, cell, isSelected ? "focused-title" : toneOf(node, depth));
}

/** The name in the upper edge with its size; the size below it where there is no room beside. */
function writeLabel(canvas: Canvas, { x, y, width, height, node, depth }: TreemapCell, tone: Tone): void {
  const room = width - 1;
  if (room < 2) return;
  const name = nameOf(node);
  const size = formatBytes(node.sizeBytes);
  const both = `${name} ${size}`;
  const fits = cellWidth(both) <= room;
  canvas.write(x + 1, y, fits ? both : cutText(name, room), tone);
  if (!fits && height > 1 && size.length <= room && (node.children.length === 0 || depth > 1))
    canvas.write(x + 1, y + 1, size, "dim");
}

export function nameOf({ name, restCount, isFolder }: SizeNode): string {
  return restCount > 0 ? `(${restCount} smaller)` : showText(name) + (isFolder ? "/" : "");
}

function toneOf({ isFolder, restCount }: SizeNode, depth: number): Tone {
  if (restCount > 0) return "dim";
  return isFolder ? (depth === 1 ? "accent" : "name") : "plain";
}

/** Its whole border, so that it is seen without colours, too. */
function drawSelected(canvas: Canvas, cell: TreemapCell): void {
  const { x, y, width, height } = cell;
  canvas.fill({ x, y, width, height: 1 }, "=", "focused-title");
  canvas.fill({ x, y: y + height, width: width + 1, height: 1 }, "=", "focused-title");
  canvas.fill({ x, y, width: 1, height: height + 1 }, "#", "focused-title");
  canvas.fill({ x: x + width, y, width: 1, height: height + 1 }, "#", "focused-title");
  writeLabel(canvas, cell, "focused-title");
}

/** The edges at the right and below, which no cell draws. */
function drawFrame(canvas: Canvas, width: number, height: number): void {
  canvas.fill({ x: width, y: 0, width: 1, height }, "|", "dim");
  canvas.fill({ x: 0, y: height, width, height: 1 }, "-", "dim");
  canvas.write(0, height, "+", "dim");
  canvas.write(width, height, "+", "dim");
}

function detailRow(data: TreemapData, cell: TreemapCell | null, count: number): Row {
  if (cell === null) return [];
  const { node } = cell;
  const share = data.totalBytes === 0 ? 0 : (node.sizeBytes / data.totalBytes) * 100;
  return [
    span("> "),
    span(formatBytes(node.sizeBytes), "bold"),
    span(`  ${share.toFixed(1)} % of all  `, "dim"),
    span(node.restCount > 0 ? nameOf(node) : `/${showText(node.path)}${node.isFolder ? "/" : ""}`),
    span(`   ${counted(count, "place")}`, "dim"),
  ];
}
