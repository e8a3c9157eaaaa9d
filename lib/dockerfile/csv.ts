import { SyntaxFault } from "./syntax-error.ts";

/**
 * The fields of one CSV line, as in `--mount=type=cache,"target=/a,b"`. Mirrors the parser that BuildKit uses, its
 * messages and positions (in bytes, from 1) included.
 * @throws SyntaxFault that starts with `what`.
 */
export function csvFields(line: string, what: string): string[] {
  if (line.endsWith("\n")) return csvFields(line.slice(0, line.endsWith("\r\n") ? -2 : -1), what);
  if (line === "") throw new SyntaxFault(`${what}: EOF`);
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const field = line[at] === '"' ? quotedField(line, at, what) : plainField(line, at, what);
    fields.push(field.text);
    if (field.end >= line.length) return fields;
    at = field.end + 1;
  }
}

interface Field {
  readonly text: string;
  /** Where the comma after it is, or the end of the line. */
  readonly end: number;
}

function plainField(line: string, start: number, what: string): Field {
  const comma = line.indexOf(",", start);
  const end = comma < 0 ? line.length : comma;
  const text = line.slice(start, end);
  if (text.includes('"')) throw fault(line, start + text.indexOf('"'), 'bare " in non-quoted-field', what);
  return { text, end };
}

function quotedField(line: string, start: number, what: string): Field {
  let text = "";
  let at = start + 1;
  for (;;) {
    const mark = line.indexOf('"', at);
    if (mark < 0) throw fault(line, at, 'extraneous or missing " in quoted-field', what);
    text += line.slice(at, mark);
    const next = line[mark + 1];
    if (next === undefined || next === ",") return { text, end: mark + 1 };
    if (next !== '"') throw fault(line, mark, 'extraneous or missing " in quoted-field', what);
    text += '"';
    at = mark + 2;
  }
}

function fault(line: string, position: number, problem: string, what: string): SyntaxFault {
  const column = Buffer.byteLength(line.slice(0, position), "utf8") + 1;
  return new SyntaxFault(`${what}: parse error on line 1, column ${column}: ${problem}`);
}
