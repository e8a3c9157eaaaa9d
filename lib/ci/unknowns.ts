/**
 * Values that a CI file does not tell: a parameter without a value, a secret, what a command would print. They stand in the
 * text as marks, so that reading goes on: most of them are in flags that do not matter here (where to push).
 */

import { LabError } from "../error.ts";

// Noncharacters of Unicode: they stand in no text that is meant for anyone.
const markStart = "\ufdd0";
const markEnd = "\ufdd1";
const mark = /\ufdd0(\d+)\ufdd1/g;

export interface Unknown {
  /** As people would name it: `inputs.parameters.image`, `$TAG`, `$(git describe)`. */
  readonly name: string;
  /** Line in the file, from 1. */
  readonly line: number;
  /** How to give it, as `--param image=VALUE`; null when it cannot be given. */
  readonly give: string | null;
}

/** The unknown values of one file, in the order they were met. */
export class Unknowns {
  readonly #list: Unknown[] = [];

  /** A mark to put in the text instead of the value. */
  mark(unknown: Unknown): string {
    const known = this.#list.findIndex(({ name, line }) => name === unknown.name && line === unknown.line);
    const at = known >= 0 ? known : this.#list.push(unknown) - 1;
    return `${markStart}${at}${markEnd}`;
  }

  /** What is not known of a text, each once. */
  of(text: string): Unknown[] {
    const found = [...text.matchAll(mark)].flatMap(match => this.#list[Number(match[1])] ?? []);
    return [...new Set(found)];
  }

  /** The text in pieces: what is known of it, and what is not, in order. */
  pieces(text: string): (string | Unknown)[] {
    return text.split(mark).flatMap((piece, at): (string | Unknown)[] => {
      const unknown = this.#list[Number(piece)];
      return at % 2 === 0 ? [piece] : unknown === undefined ? [] : [unknown];
    });
  }

  /** The text with the names of what is not known in the places of the marks. */
  shown(text: string): string {
    return text.replace(mark, (_, at: string) => `‹${this.#list[Number(at)]?.name ?? "?"}›`);
  }
}

/** The line of a place in a text that begins on some line of the file. */
export function lineWithin(text: string, offset: number, firstLine: number): number {
  return firstLine + (text.slice(0, offset).match(/\n/g)?.length ?? 0);
}

export function hasMark(text: string): boolean {
  return text.includes(markStart);
}

/** @throws LabError `config-invalid` for a text that holds what could be taken for a mark. */
export function refuseMarks(text: string, file: string): void {
  const at = text.search(/[\ufdd0\ufdd1]/);
  if (at < 0) return;
  const line = text.slice(0, at).split("\n").length;
  throw new LabError("config-invalid", `${file}:${line}: the file has a character that stands for no text`);
}
