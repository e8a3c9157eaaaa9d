import { GrowingNumbers } from "./growing.ts";

/** Rows of uid and gid, each pair once. */
export class OwnerTable {
  readonly #table = new GrowingNumbers(length => new Float64Array(length));
  readonly #rows = new Map<string, number>();
  #lastRow = -1;

  row(uid: number, gid: number): number {
    const last = this.#lastRow;
    if (last >= 0 && this.#table.at(last * 2) === uid && this.#table.at(last * 2 + 1) === gid) return last;
    const key = `${uid} ${gid}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = this.#table.length / 2;
      this.#table.push(uid);
      this.#table.push(gid);
      this.#rows.set(key, row);
    }
    this.#lastRow = row;
    return row;
  }

  view(): Float64Array {
    return this.#table.view();
  }
}

/** A column that stays empty until a row is set. */
export class RowColumn {
  #rows: GrowingNumbers<Uint32Array> | null = null;

  set(position: number, row: number): void {
    this.#rows ??= new GrowingNumbers(length => new Uint32Array(length));
    while (this.#rows.length < position) this.#rows.push(0);
    this.#rows.push(row);
  }

  view(entryCount: number): Uint32Array {
    if (this.#rows === null) return new Uint32Array(0);
    while (this.#rows.length < entryCount) this.#rows.push(0);
    return this.#rows.view();
  }
}
