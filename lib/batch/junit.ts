/** The outcome of a batch as JUnit XML, which CI systems show as tests: a context is a test case. */

import type { BatchOutcome } from "./run-batch.ts";

/** @param name of the test suite. */
export function junitXml(name: string, outcomes: readonly BatchOutcome[]): string {
  const count = (status: BatchOutcome["status"]) => outcomes.filter(outcome => outcome.status === status).length;
  const skipped = count("skipped") + count("cancelled");
  const totals = `tests="${outcomes.length}" failures="${count("failed")}" errors="0" skipped="${skipped}"`;
  const seconds = outcomes.reduce((sum, outcome) => sum + (outcome.durationMs ?? 0), 0) / 1000;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${totals} time="${seconds.toFixed(3)}">`,
    `  <testsuite name="${escapeXml(name)}" ${totals} time="${seconds.toFixed(3)}">`,
    ...outcomes.flatMap(testCase),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function testCase({ context, status, durationMs, failure, lastOutput }: BatchOutcome): string[] {
  const head = `    <testcase classname="kaniko" name="${escapeXml(context.name)}" time="${((durationMs ?? 0) / 1000).toFixed(3)}"`;
  if (status === "succeeded") return [`${head}/>`];
  const element = status === "failed" ? "failure" : "skipped";
  const open = `      <${element} message="${escapeXml(failure ?? status)}"`;
  const body = lastOutput.map(escapeXml).join("\n");
  return [`${head}>`, body === "" ? `${open}/>` : `${open}>${body}</${element}>`, "    </testcase>"];
}

/** Also leaves out what XML 1.0 cannot hold at all: most control characters, and halves of surrogate pairs. */
export function escapeXml(text: string): string {
  const escapes: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\n": "&#10;",
    "\r": "&#13;",
    "\t": "&#9;",
  };
  return text
    .toWellFormed()
    .replace(/[&<>"\n\r\t]/g, character => escapes[character] as string)
    .replace(/[^\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");
}
