import { LabError, messageOf } from "../../lib/error.ts";
import { showText } from "../../lib/model/path-text.ts";
import { inProgramWords } from "../program-word.ts";
import { jsonText } from "./json-text.ts";

export const bugStatus = 70;

/** The exit status that anything that was thrown leaves with. */
export function exitStatusOf(error: unknown): number {
  return error instanceof LabError ? error.exitStatus : bugStatus;
}

/** Prints what went wrong on stderr: message, hint, causes; a stack only for bugs or with `--debug`. */
export function reportError(error: unknown, options: { readonly json: boolean; readonly debug: boolean }): void {
  if (!options.json) {
    for (const { text } of errorParts(error, options.debug)) process.stderr.write(`${text}\n`);
    return;
  }
  const body =
    error instanceof LabError
      ? { code: error.code, message: error.message, hint: error.hint ?? null }
      : { code: "bug", message: messageOf(error), hint: bugHint };
  process.stderr.write(`${jsonText({ schemaVersion: 1, error: body })}\n`);
  const [stack] = stackParts(error, options.debug);
  if (stack) process.stderr.write(`${stack.text}\n`);
}

export interface ErrorPart {
  readonly kind: "error" | "hint" | "cause" | "stack";
  /** Safe for the screen; several lines, perhaps. */
  readonly text: string;
}

/** What there is to say about anything that was thrown. */
export function errorParts(error: unknown, debug: boolean): readonly ErrorPart[] {
  const isBug = !(error instanceof LabError);
  const hint = isBug ? bugHint : error.hint;
  const cause = isBug || error.cause === undefined ? "" : messageOf(error.cause);
  const isNews = cause !== "" && !messageOf(error).includes(cause);
  return [
    { kind: "error", text: `error: ${showLines(messageOf(error))}` },
    ...(hint ? [{ kind: "hint", text: `hint: ${showLines(inProgramWords(hint))}` } as const] : []),
    ...(isNews ? [{ kind: "cause", text: `cause: ${showLines(cause)}` } as const] : []),
    ...stackParts(error, debug),
  ];
}

function stackParts(error: unknown, debug: boolean): readonly ErrorPart[] {
  const isBug = !(error instanceof LabError);
  if (!(isBug || debug) || !(error instanceof Error) || !error.stack) return [];
  return [{ kind: "stack", text: showLines(error.stack) }];
}

const bugHint = "this is a bug in kaniko-lab; please report it with the lines below";

/** Messages can quote hostile input: shown line by line, escaped. */
function showLines(text: string): string {
  return text.split("\n").map(showText).join("\n  ");
}
