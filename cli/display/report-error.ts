import { LabError, messageOf } from "../../lib/error.ts";
import { showText } from "../../lib/model/path-text.ts";
import { jsonText } from "./json-text.ts";

/** Prints what went wrong on stderr: message, hint, causes; a stack only for bugs or with `--debug`. */
export function reportError(error: unknown, options: { readonly json: boolean; readonly debug: boolean }): void {
  const isBug = !(error instanceof LabError);
  if (options.json) {
    const body = isBug
      ? { code: "bug", message: messageOf(error), hint: bugHint }
      : { code: error.code, message: error.message, hint: error.hint ?? null };
    process.stderr.write(`${jsonText({ schemaVersion: 1, error: body })}\n`);
  } else {
    process.stderr.write(`error: ${showLines(messageOf(error))}\n`);
    const hint = isBug ? bugHint : error.hint;
    if (hint) process.stderr.write(`hint: ${showLines(hint)}\n`);
    const cause = isBug || error.cause === undefined ? "" : messageOf(error.cause);
    if (cause !== "" && !messageOf(error).includes(cause)) process.stderr.write(`cause: ${showLines(cause)}\n`);
  }
  if ((isBug || options.debug) && error instanceof Error && error.stack)
    process.stderr.write(`${showLines(error.stack)}\n`);
}

const bugHint = "this is a bug in kaniko-lab; please report it with the lines below";

/** Messages can quote hostile input: shown line by line, escaped. */
function showLines(text: string): string {
  return text.split("\n").map(showText).join("\n  ");
}
