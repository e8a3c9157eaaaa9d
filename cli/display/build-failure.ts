/** Why a build failed, below its steps. */

import { failureHint } from "../../lib/build/failure-hint.ts";
import type { BuildRecord } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";
import { inProgramWords } from "../program-word.ts";
import type { Output } from "./output.ts";

/** @param lastOutput What the step printed last, where it is known. */
export function showFailure(output: Output, record: BuildRecord, lastOutput: readonly string[] = []): void {
  const { failure } = record;
  const { style } = output;
  const step = record.steps.find(({ number }) => number === failure?.step);
  output.alert(`${style.red("error:")} ${showText(failure?.message ?? "the build failed")}`);
  if (step) {
    output.alert(`  in step ${step.number}${linesOf(step)}: ${showText(step.text)}`);
    if (failure?.exitCode) output.alert(`  exit code ${failure.exitCode}`);
  }
  if (lastOutput.length > 0) output.alert(`  its last output:`);
  for (const line of lastOutput) output.alert(`   ${style.dim("|")} ${showText(line)}`);
  const hint = failureHint(record);
  if (hint) output.alert(`hint: ${inProgramWords(hint)}`);
}

function linesOf({ line, endLine }: BuildRecord["steps"][number]): string {
  if (line === null) return "";
  return line === endLine ? ` (Dockerfile line ${line})` : ` (Dockerfile lines ${line}-${endLine})`;
}
