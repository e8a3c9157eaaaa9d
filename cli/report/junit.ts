/** A report as JUnit XML, which CI systems show as tests: a step is a case, and so is each rule of lint and of waste. */

import { lintRules } from "../../lib/analysis/lint/lint-rules.ts";
import { escapeXml } from "../../lib/batch/junit.ts";
import { showText } from "../../lib/model/path-text.ts";
import { formatBytes } from "../display/format.ts";
import { percent } from "../display/waste.ts";
import type { ReportDocument, ReportFailure, ReportFinding, ReportStep, ReportWaste } from "./document.ts";

interface Case {
  readonly name: string;
  readonly seconds: number;
  readonly failure?: { readonly message: string; readonly text: string };
  readonly skipped?: string;
  /** What there is to say of a case that passes. */
  readonly output?: string;
}

export function reportJunit({ side, waste, lint }: ReportDocument): string {
  const suites = [
    suite(
      "steps",
      side.steps.map(step => stepCase(step, side.build?.failure ?? null)),
    ),
    suite("lint", "value" in lint ? lintCases(lint.value.findings) : [unknownCase("lint", lint.missing)]),
    suite("waste", "value" in waste ? wasteCases(waste.value) : [unknownCase("waste", waste.missing)]),
  ];
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${attribute(`kaniko-lab ${side.name}`)}" ${totals(all)}>`,
    ...suites.flatMap(({ lines }) => lines),
    "</testsuites>",
    "",
  ].join("\n");
}

function suite(name: string, cases: readonly Case[]): { readonly cases: readonly Case[]; readonly lines: string[] } {
  const lines = [
    `  <testsuite name="${name}" ${totals(cases)}>`,
    ...cases.flatMap(each => caseLines(name, each)),
    "  </testsuite>",
  ];
  return { cases, lines };
}

function totals(cases: readonly Case[]): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const skipped = cases.filter(each => each.skipped !== undefined).length;
  const seconds = cases.reduce((sum, each) => sum + each.seconds, 0).toFixed(3);
  return `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}" time="${seconds}"`;
}

function caseLines(suiteName: string, { name, seconds, failure, skipped, output }: Case): string[] {
  const head = `    <testcase classname="kaniko-lab.${suiteName}" name="${attribute(name)}" time="${seconds.toFixed(3)}"`;
  const inner = [
    ...(failure === undefined
      ? []
      : [`      <failure message="${attribute(failure.message)}">${content(failure.text)}</failure>`]),
    ...(skipped === undefined ? [] : [`      <skipped message="${attribute(skipped)}"/>`]),
    ...(output === undefined ? [] : [`      <system-out>${content(output)}</system-out>`]),
  ];
  return inner.length === 0 ? [`${head}/>`] : [`${head}>`, ...inner, "    </testcase>"];
}

function stepCase({ number, text, result, durationMs, why, cache }: ReportStep, failure: ReportFailure | null): Case {
  const told = why?.sentence ?? cache.sentence;
  const base = { name: `step ${number}: ${text}`, seconds: (durationMs ?? 0) / 1000 };
  if (result === "failed") {
    const { message = "", output = [] } = failure ?? {};
    return { ...base, failure: { message, text: [message, ...output].join("\n") } };
  }
  if (result === "skipped" || result === "stopped") return { ...base, skipped: result };
  return told === "" ? base : { ...base, output: told };
}

/** Every rule is a case, so that one that was mended is seen to pass. */
function lintCases(findings: readonly ReportFinding[]): Case[] {
  return lintRules.map(({ id, severity, why, hint }) => {
    const found = findings.filter(({ rule }) => rule === id);
    const told = found.map(findingLine).join("\n");
    if (found.length === 0) return { name: id, seconds: 0 };
    if (severity === "note") return { name: id, seconds: 0, output: told };
    return { name: id, seconds: 0, failure: { message: `${why} (${found.length})`, text: `${told}\n${hint}` } };
  });
}

function findingLine({ step, line, path, detail, gone }: ReportFinding): string {
  const place = step === null ? "config" : `step ${step}${line === null ? "" : ` (line ${line})`}`;
  const still = gone === null ? "" : ` (${gone.how} by step ${gone.step}, but still in the layer)`;
  return `${place}: ${path === null ? "" : `/${path} `}${detail}${still}`;
}

/** Waste fails only by a rule that the context has; else it is told. */
function wasteCases({ efficiency, wastedBytes, findings, brokenRules }: ReportWaste): Case[] {
  return [
    { name: "efficiency", seconds: 0, output: `${percent(efficiency)}: ${formatBytes(wastedBytes)} wasted` },
    ...brokenRules.map(rule => ({ name: `rule ${rule}`, seconds: 0, failure: { message: rule, text: rule } })),
    ...findings.map(({ title, step, sizeBytes, count, paths, hint }) => ({
      name: `step ${step}: ${title}`,
      seconds: 0,
      output: [`${formatBytes(sizeBytes)} in ${count} files`, ...paths.map(({ path }) => `/${path}`), hint].join("\n"),
    })),
  ];
}

function unknownCase(name: string, reason: string): Case {
  return { name, seconds: 0, skipped: `not known: ${reason}` };
}

function attribute(text: string): string {
  return escapeXml(showText(text));
}

/** Lines stay lines. */
function content(text: string): string {
  return text.split("\n").map(attribute).join("\n");
}
