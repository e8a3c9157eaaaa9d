/** Lists longer than the screen: where the cursor is and which rows are seen. Pure arithmetic. */

export interface ListPlace {
  /** Selected item, from 0; 0 also when the list is empty. */
  readonly cursor: number;
  /** First row that is seen. */
  readonly top: number;
}

export const listStart: ListPlace = { cursor: 0, top: 0 };

export type Move =
  | { readonly unit: "row" | "page" | "half-page"; readonly by: number }
  | { readonly unit: "start" }
  | { readonly unit: "end" };

/** `place` kept inside a list of `total` rows, moved as little as needed so that the cursor is seen in `rows` rows. */
export function settlePlace(place: ListPlace, total: number, rows: number): ListPlace {
  const cursor = clamp(place.cursor, 0, Math.max(0, total - 1));
  const height = Math.max(1, rows);
  const nearest = clamp(place.top, cursor - height + 1, cursor);
  const top = clamp(nearest, 0, Math.max(0, total - height));
  return cursor === place.cursor && top === place.top ? place : { cursor, top };
}

export function moveCursor(place: ListPlace, move: Move, total: number, rows: number): ListPlace {
  return settlePlace({ ...place, cursor: moved(place.cursor, move, total, rows) }, total, rows);
}

/** For text without a cursor: the first row moves, the last one stays at the bottom. */
export function moveTop(top: number, move: Move, total: number, rows: number): number {
  return clamp(moved(top, move, total, rows), 0, Math.max(0, total - rows));
}

function moved(from: number, move: Move, total: number, rows: number): number {
  switch (move.unit) {
    case "start":
      return 0;
    case "end":
      return Math.max(0, total - 1);
    case "row":
      return from + move.by;
    case "page":
      return from + move.by * Math.max(1, rows - 1);
    case "half-page":
      return from + move.by * Math.max(1, Math.floor(rows / 2));
  }
}

export interface VisibleWindow {
  readonly start: number;
  /** One after the last row that is seen. */
  readonly end: number;
}

/** The rows to draw. */
export function visibleWindow(total: number, top: number, rows: number): VisibleWindow {
  const start = clamp(top, 0, Math.max(0, total - 1));
  return { start, end: Math.min(total, start + Math.max(0, rows)) };
}

export function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
