/** What Kaniko's warmer says, with `--log-format json`. */

import { plainHttpHint } from "../../build/failure-hint.ts";
import { LabError } from "../../error.ts";
import { parseLogLine } from "../../executor/log-line.ts";

/** Flags that make it say so. */
export const warmerLogFlags = ["--log-format=json", "--verbosity=info"];

const failureForm = /^Error while trying to warm image: (.*)$/s;

/**
 * @param failures takes what the warmer says of images that it could not fetch.
 * @returns what the line says.
 */
export function readWarmerLine(text: string, failures: string[], onProgress: (what: string) => void): string {
  const [line] = parseLogLine(text);
  if (line?.kind !== "log") return text.trim();
  const failure = failureForm.exec(line.message);
  // Told twice by the warmer, the second time with the image in front.
  if (failure && !failures.some(known => (failure[1] as string).includes(known))) failures.push(failure[1] as string);
  if (line.level === "info" && /^(?:Retrieving|Image already)/.test(line.message)) onProgress(line.message);
  return line.message;
}

/** @param said the last lines */
export function warmerFailed(failures: readonly string[], said: readonly string[]): LabError {
  const flag = said.find(line => /unknown (?:shorthand )?flag|unknown command/.test(line));
  const why = failures[0] ?? flag ?? said.findLast(line => line !== "") ?? "it said nothing";
  const hint =
    flag === undefined
      ? (plainHttpHint(why) ?? "check the names, the network and the credentials")
      : "this is no warmer; --warmer names one: its image is called as the executor's, with the tag warmer";
  return new LabError("build-failed", `the warmer failed: ${why}`, { hint });
}
