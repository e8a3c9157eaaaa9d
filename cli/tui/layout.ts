/** Which panes are where: pure arithmetic over the size of the terminal. */

export type Place = "layers" | "live" | "builds";
export type PaneName = "steps" | "files" | "detail" | "log" | "builds" | "why";

export interface Region {
  readonly pane: PaneName;
  readonly x: number;
  /** The row of the title; the content begins below it. */
  readonly y: number;
  readonly width: number;
  /** With the title. */
  readonly height: number;
}

export interface Layout {
  /** Null: the terminal is too small for anything. */
  readonly regions: readonly Region[] | null;
  readonly footerY: number;
  readonly headerRows: number;
  /** Rows of all panes, titles included. */
  readonly bodyRows: number;
}

export const smallest = { columns: 60, rows: 12 };
const twoPanesFrom = 80;
const threePanesFrom = 120;
const gutter = 2;

export interface LayoutInput {
  readonly columns: number;
  readonly rows: number;
  readonly place: Place;
  readonly pane: PaneName;
  readonly zoomed: boolean;
  /** Lines below the header: a notice, what is watched. */
  readonly noticeRows: number;
  /** Lines above the footer: the slider, the command that gives the same. */
  readonly statusRows: number;
  /** The reasons of the selected step in place of files or log. */
  readonly why: boolean;
}

export function layoutOf(input: LayoutInput): Layout {
  const headerRows = 1 + input.noticeRows;
  const footerY = input.rows - 1;
  const bodyRows = input.rows - headerRows - 1 - input.statusRows;
  if (input.columns < smallest.columns || input.rows < smallest.rows)
    return { regions: null, footerY, headerRows, bodyRows };
  const body = { x: 0, y: headerRows, width: input.columns, height: bodyRows };
  return { regions: regionsOf(input, body), footerY, headerRows, bodyRows };
}

type Box = Omit<Region, "pane">;

function regionsOf({ columns, place, pane, zoomed, why }: LayoutInput, body: Box): Region[] {
  if (place === "builds") return [{ ...body, pane: "builds" }];
  if (zoomed || columns < twoPanesFrom) return [{ ...body, pane }];
  const right: PaneName = why ? "why" : place === "live" ? "log" : "files";
  if (columns < threePanesFrom)
    return sideBySide(body, Math.floor(columns * 0.48), pane === "detail" ? "detail" : right);
  const leftWidth = Math.min(Math.floor(columns * 0.44), 96);
  const detailHeight = Math.max(10, Math.floor(body.height * 0.45));
  const left = { ...body, width: leftWidth };
  return [
    { ...left, pane: "steps", height: body.height - detailHeight },
    { ...left, pane: "detail", y: body.y + body.height - detailHeight, height: detailHeight },
    { ...body, pane: right, x: leftWidth + gutter, width: body.width - leftWidth - gutter },
  ];
}

function sideBySide(body: Box, leftWidth: number, right: PaneName): Region[] {
  return [
    { ...body, pane: "steps", width: leftWidth },
    { ...body, pane: right, x: leftWidth + gutter, width: body.width - leftWidth - gutter },
  ];
}

/** The panes of a place in the order of Tab. */
export function panesOf({ place, why }: { readonly place: Place; readonly why: boolean }): readonly PaneName[] {
  if (place === "builds") return ["builds"];
  return ["steps", why ? "why" : place === "live" ? "log" : "files", "detail"];
}

/** Rows of content that a pane has; of the whole body while it is not seen. */
export function contentRows(layout: Layout, pane: PaneName): number {
  const region = layout.regions?.find(candidate => candidate.pane === pane);
  return Math.max(1, region ? region.height - 1 : layout.bodyRows - 1);
}

export function contentColumns(layout: Layout, pane: PaneName, columns: number): number {
  return layout.regions?.find(candidate => candidate.pane === pane)?.width ?? columns;
}

/** The pane under a place of the screen and the row of its content (-1: the title); null outside. */
export function paneAt(layout: Layout, x: number, y: number): { pane: PaneName; row: number } | null {
  const region = layout.regions?.find(
    ({ x: left, y: top, width, height }) => x >= left && x < left + width && y >= top && y < top + height,
  );
  return region ? { pane: region.pane, row: y - region.y - 1 } : null;
}
