/**
 * One raw line of the executor in, level and message out. Kaniko logs by logrus in three formats (JSON, text, colour);
 * what a RUN prints, and the last error, stand between them as plain lines.
 */

import type { LogLevel } from "./events.ts";

export interface LogLine {
  readonly kind: "log";
  readonly format: LogFormat;
  readonly level: LogLevel;
  readonly message: string;
}

export type LogFormat = "json" | "text" | "colour";

export interface PlainLine {
  readonly kind: "plain";
  readonly text: string;
}

const levelOfName: Readonly<Record<string, LogLevel>> = {
  trace: "trace",
  trac: "trace",
  debug: "debug",
  debu: "debug",
  info: "info",
  warning: "warning",
  warn: "warning",
  error: "error",
  erro: "error",
  fatal: "error",
  fata: "error",
  panic: "error",
  pani: "error",
};

const jsonStart = '{"level":"';
const textForm = /^time="?[^"\s]*"? level=([a-z]+) msg=(.*)$/s;
const colourForm = /^(?:\x1b\[[\d;]+m)?(TRAC|DEBU|INFO|WARN|ERRO|FATA|PANI)(?:\x1b\[0m)?\[[^\]]*\] ?(.*)$/s;

/**
 * Splits a raw line into what it holds: mostly one thing, but a RUN that does not end its last line has the next log line
 * behind its output.
 * @param only The format of the executor, once it is known: lines in another one are a program's own.
 */
export function parseLogLine(raw: string, only: LogFormat | null = null): (LogLine | PlainLine)[] {
  const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
  const jsonAt = line.indexOf(jsonStart);
  if (jsonAt >= 0 && (only === null || only === "json")) {
    const parsed = parseJson(line.slice(jsonAt));
    if (parsed) return jsonAt === 0 ? [parsed] : [{ kind: "plain", text: line.slice(0, jsonAt) }, parsed];
  }
  const text = only === null || only === "text" ? textForm.exec(line) : null;
  if (text) {
    const level = levelOfName[text[1] as string];
    if (level) return [{ kind: "log", format: "text", level, message: unquote(text[2] as string) }];
  }
  const colour = only === null || only === "colour" ? colourForm.exec(line) : null;
  if (colour) {
    const level = levelOfName[(colour[1] as string).toLowerCase()] as LogLevel;
    // The colour format pads every message to 44 columns.
    return [{ kind: "log", format: "colour", level, message: (colour[2] as string).trimEnd() }];
  }
  return [{ kind: "plain", text: line }];
}

function parseJson(text: string): LogLine | null {
  try {
    const { level, msg, time, ...other } = JSON.parse(text) as Record<string, unknown>;
    const known = typeof level === "string" ? levelOfName[level] : undefined;
    // Kaniko's lines have these three fields; loggers of other programs mostly have more.
    const isKanikos = typeof time === "string" && Object.keys(other).length === 0;
    return known && isKanikos && typeof msg === "string"
      ? { kind: "log", format: "json", level: known, message: msg }
      : null;
  } catch {
    return null;
  }
}

function unquote(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    // Go quotes as JSON does, but for \a, \v, \x.. and \U........, which JSON does not know.
    const json = value
      .replace(/\\x([0-9a-f]{2})/g, "\\u00$1")
      .replace(/\\a/g, "\\u0007")
      .replace(/\\v/g, "\\u000b");
    return JSON.parse(json) as string;
  } catch {
    return value;
  }
}
