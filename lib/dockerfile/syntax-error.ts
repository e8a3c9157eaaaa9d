import { LabError } from "../error.ts";

/**
 * A mistake in a Dockerfile, worded as BuildKit (and so Kaniko) words it. It is thrown without a line where only the
 * caller knows the line; `atLine` adds it.
 */
export class SyntaxFault extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = "SyntaxFault";
    this.hint = hint;
  }
}

/** Runs `parse`; a fault in it becomes the LabError for that line. */
export function atLine<Result>(line: number, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SyntaxFault) throw syntaxError(line, error.message, error.hint);
    throw error;
  }
}

/** A message may repeat a whole instruction, which may be megabytes long. */
const maxMessageLength = 8192;

/** The LabError `dockerfile-syntax`, in the form in which Kaniko prints parse errors. */
export function syntaxError(line: number, message: string, hint?: string): LabError {
  const shown = message.length > maxMessageLength ? `${message.slice(0, maxMessageLength)}…` : message;
  return new LabError("dockerfile-syntax", `dockerfile parse error on line ${line}: ${shown}`, {
    hint: hint ?? `correct line ${line} of the Dockerfile`,
  });
}
