/** Keeps what a command writes, up to a bound. */

import { LineSplitter, longestLine } from "../viewer/line-splitter.ts";
import type { ReportLine } from "./report-state.ts";

/** Nobody scrolls farther. */
const mostLines = 200_000;
const mostCharacters = 64 * 1024 * 1024;
/** What is told beside the result is kept even then, but not without end. */
const mostAfterwards = 1000;

export class KeptLines {
  readonly lines: ReportLine[] = [];
  #characters = 0;
  #afterwards = 0;
  #dropped = false;
  readonly #splitter = new LineSplitter();

  get isFull(): boolean {
    return this.lines.length >= mostLines || this.#characters >= mostCharacters;
  }

  add(text: string, kind: ReportLine["kind"]): void {
    for (const line of text.split("\n")) this.#push(line, kind);
  }

  addBytes(chunk: Uint8Array): void {
    for (const line of this.#splitter.push(chunk)) this.#push(line, "raw");
  }

  /** Nothing comes any more. */
  end(): void {
    for (const line of this.#splitter.end()) this.#push(line, "raw");
    if (!this.#dropped) return;
    this.lines.push({
      text: `cut: no more than ${this.lines.length - this.#afterwards} lines are kept here; the line above prints all in a shell`,
      kind: "alert",
    });
  }

  #push(text: string, kind: ReportLine["kind"]): void {
    if (this.isFull) {
      const isResult = kind === "styled" || kind === "raw";
      this.#dropped ||= isResult;
      if (isResult || this.#afterwards >= mostAfterwards) return;
      this.#afterwards += 1;
    }
    const kept = text.length > longestLine ? text.slice(0, longestLine) : text;
    this.#characters += kept.length;
    this.lines.push({ text: kept, kind });
  }
}
