import { LabError } from "../../lib/error.ts";

/** `NAME=VALUE`, or `NAME` for the value of the variable of that name. */
export function pairs(option: string, words: readonly string[] | undefined): Record<string, string> {
  const result: Record<string, string> = {};
  for (const word of words ?? []) {
    const at = word.indexOf("=");
    const name = at < 0 ? word : word.slice(0, at);
    const value = at < 0 ? process.env[word] : word.slice(at + 1);
    if (name === "") throw new LabError("usage", `${option} takes NAME=VALUE, not ${JSON.stringify(word)}`);
    if (value === undefined) {
      throw new LabError("usage", `${option} ${name}: no value, and there is no variable ${name}`, {
        hint: `${option} ${name}=VALUE`,
      });
    }
    result[name] = value;
  }
  return result;
}
