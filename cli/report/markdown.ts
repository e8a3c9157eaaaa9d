/** A report as Markdown for the comment of a pull request: one table to be seen at once, the rest folded. */

import { showText } from "../../lib/model/path-text.ts";
import { counted, formatBytes, formatDelta, formatDuration } from "../display/format.ts";
import { percent } from "../display/waste.ts";
import type { ReportChanges, ReportComparison, ReportDocument, ReportSide, ReportStep } from "./document.ts";
import { codeText, details, fencedBlock, markdownTable, plainText } from "./markdown-text.ts";
import { partValue } from "./part-value.ts";
import { cacheTotals, countSeverities } from "./totals.ts";

/** A comment of GitHub has at most 65,536 characters. */
const mostCharacters = 60_000;
const mostRows = 40;

export function reportMarkdown(document: ReportDocument): string {
  const { comparison } = document;
  const [head, ...blocks] = comparison === null ? ofTarget(document) : ofComparison(document, comparison);
  const shown = [head as string];
  let length = shown[0]!.length;
  let leftOut = 0;
  for (const block of blocks) {
    if (length + block.length > mostCharacters) leftOut += 1;
    else {
      shown.push(block);
      length += block.length;
    }
  }
  if (leftOut > 0) shown.push(`${counted(leftOut, "part")} left out, as a comment has no room for more.`);
  const words = comparison === null ? document.side.word : `${comparison.one.word} ${document.side.word}`;
  shown.push(`<sub>${codeText(`${document.shell} report ${words} -o report.html`)} makes a page of it</sub>`);
  return `${shown.join("\n\n")}\n`;
}

function ofTarget(document: ReportDocument): string[] {
  const { side } = document;
  const facts = totalsOf(document, side);
  return [
    `## ${statusSign(side)} ${codeText(side.name)}`,
    markdownTable(
      facts.map(([title]) => title),
      [facts.map(([, value]) => value)],
      1,
    ),
    ...failureBlock(side),
    ...causeBlock(side),
    details(`Steps: ${side.steps.length}`, stepTable(side.steps)),
    ...changesBlock(document),
    ...wasteBlock(document),
    ...lintBlock(document),
    ...packagesBlock(document),
  ];
}

function statusSign({ build }: ReportSide): string {
  if (build === null) return "📦";
  return build.status === "succeeded" ? "✅" : `❌ ${build.status}:`;
}

type Fact = readonly [title: string, value: string];

function totalsOf({ waste, lint }: ReportDocument, side: ReportSide): Fact[] {
  const { build, image, steps } = side;
  const cache = cacheTotals(side);
  const [wasted, findings] = [partValue(waste), partValue(lint)];
  const facts: (Fact | null)[] = [
    image && ["Image", formatBytes(image.sizeBytes)],
    image && image.unpackedBytes !== null ? ["Unpacked", formatBytes(image.unpackedBytes)] : null,
    ["Steps", String(steps.length)],
    cache && cache.asked > 0 ? ["Layer cache", `${cache.hits} of ${cache.asked}`] : null,
    build && build.durationMs !== null ? ["Time", formatDuration(build.durationMs)] : null,
    wasted && ["Efficiency", `${percent(wasted.efficiency)} (${formatBytes(wasted.wastedBytes)} wasted)`],
    findings && ["Findings", severityText(findings.findings)],
  ];
  return facts.filter(fact => fact !== null);
}

function severityText(findings: Parameters<typeof countSeverities>[0]): string {
  const { error, warning, note } = countSeverities(findings);
  return error + warning + note === 0
    ? "none"
    : `${counted(error, "error")}, ${counted(warning, "warning")}, ${counted(note, "note")}`;
}

function failureBlock({ build }: ReportSide): string[] {
  if (build === null || build.failure === null) return [];
  const { step, message, output } = build.failure;
  const printed = output.length === 0 ? [] : [fencedBlock("text", output.map(showText).join("\n"))];
  return [`**Failed${step === null ? "" : ` at step ${step}`}:** ${codeText(message)}`, ...printed];
}

/** What was missed by itself; what followed from that is counted. */
function causeBlock({ steps, against }: ReportSide): string[] {
  const told = steps.filter(({ why }) => why !== null);
  const first = told.filter(({ why }) => why?.isFirst);
  if (first.length === 0) return [];
  const lines = first
    .slice(0, mostRows)
    .map(({ number, text, why }) => `- step ${number} ${codeText(text)}: ${plainText(why?.sentence ?? "")}`);
  const later = told.length - first.length;
  const title = against === null ? "Why missed" : `Why missed, against ${codeText(against.name)}`;
  return [
    [`**${title}**`, "", ...lines, ...(later === 0 ? [] : [`- ${later} more only because of a step before`])].join(
      "\n",
    ),
  ];
}

function stepTable(steps: readonly ReportStep[]): string {
  return markdownTable(
    ["#", "Result", "Time", "Size", "\\+ ~ −", "Instruction"],
    steps.map(step => [
      String(step.number),
      step.result === "history" ? "" : step.result,
      formatDuration(step.durationMs),
      step.sizeBytes === null ? "" : formatBytes(step.sizeBytes),
      step.added === null || step.layer === null ? "" : `${step.added} ${step.modified} ${step.deleted}`,
      codeText(step.text),
    ]),
    100,
  );
}

function ofComparison(document: ReportDocument, comparison: ReportComparison): string[] {
  const { side } = document;
  const { one } = comparison;
  return [
    `## ${codeText(one.name)} → ${codeText(side.name)}`,
    totalsTable(document, comparison),
    ...failureBlock(side),
    ...causeBlock(side),
    ...pairsBlock(comparison, side),
    ...changesBlock(document),
    ...configBlock(comparison),
    ...diffBlocks(document),
    ...wasteBlock(document),
    ...lintBlock(document),
  ];
}

function totalsTable({ side, comparison }: ReportDocument, { one }: ReportComparison): string {
  const row = (
    title: string,
    before: number | null | undefined,
    after: number | null | undefined,
    format: (value: number) => string,
  ) => {
    const [was, is] = [before ?? null, after ?? null];
    const delta =
      was === null || is === null || was === is ? "" : `${is > was ? "+" : "−"}${format(Math.abs(is - was))}`;
    return was === null && is === null
      ? []
      : [[title, was === null ? "–" : format(was), is === null ? "–" : format(is), delta]];
  };
  const [before, after] = [cacheTotals(one), cacheTotals(side)];
  const hits = (totals: typeof before) =>
    totals === null || totals.asked === 0 ? "–" : `${totals.hits} of ${totals.asked}`;
  const files = comparison?.files;
  return markdownTable(
    ["", "Was", "Is", ""],
    [
      ...row("Image", one.image?.sizeBytes, side.image?.sizeBytes, formatBytes),
      ...row("Unpacked", one.image?.unpackedBytes, side.image?.unpackedBytes, formatBytes),
      ...row("Time", one.build?.durationMs, side.build?.durationMs, formatDuration),
      ...(before === null && after === null ? [] : [["Layer cache", hits(before), hits(after), ""]]),
      ...(files
        ? [["Files", "", `+${files.added} ~${files.modified} −${files.deleted}`, formatDelta(files.bytesDelta)]]
        : []),
    ],
    mostRows,
  );
}

function pairsBlock({ one, pairs }: ReportComparison, side: ReportSide): string[] {
  const differing = pairs.filter(({ status }) => status !== "same" && status !== "times");
  if (differing.length === 0) return ["No step differs."];
  const stepOf = (of: ReportSide, number: number | null) => of.steps.find(step => step.number === number);
  const table = markdownTable(
    ["Was", "Is", "", "Size", "Files", "Instruction"],
    differing.map(pair => {
      const [before, after] = [stepOf(one, pair.one), stepOf(side, pair.other)];
      const sizes = [before?.sizeBytes ?? null, after?.sizeBytes ?? null].map(size =>
        size === null ? "–" : formatBytes(size),
      );
      const { files } = pair;
      return [
        pair.one === null ? "" : String(pair.one),
        pair.other === null ? "" : String(pair.other),
        pair.status,
        sizes[0] === sizes[1] ? (sizes[0] as string) : sizes.join(" → "),
        files === null ? "" : `+${files.added} ~${files.modified} −${files.deleted}`,
        codeText((after ?? before)?.text ?? ""),
      ];
    }),
    mostRows,
  );
  return [`**Steps that differ: ${differing.length} of ${pairs.length}**\n\n${table}`];
}

function changesBlock({ changes, comparison }: ReportDocument): string[] {
  if (comparison !== null) {
    const whole = changes.find(({ step }) => step === null);
    return whole === undefined || whole.paths.length === 0
      ? []
      : [details(`Files that differ: ${whole.paths.length + whole.leftOut}`, changeTable(whole))];
  }
  const told = changes.filter(group => toldRows(group).length > 0);
  if (told.length === 0) return [];
  const parts = told.map(group => `Step ${group.step}\n\n${changeTable(group, 10)}`);
  return [details("Changed files", parts.join("\n\n"))];
}

/** What got nothing but another time is no change to talk about. */
function toldRows({ paths, causes }: ReportChanges): number[] {
  return [...paths.keys()].filter(row => causes[row]?.length !== 1 || causes[row][0] !== "time");
}

function changeTable(group: ReportChanges, most = mostRows): string {
  const signs = { A: "+", M: "~", D: "−" } as const;
  const told = toldRows(group);
  const rows = told.slice(0, most).map(at => {
    const [before, after] = [group.beforeBytes[at] as number, group.afterBytes[at] as number];
    const causes = (group.causes[at] ?? []).join(", ");
    return [
      signs[group.kinds[at] as "A" | "M" | "D"],
      codeText(`/${group.paths[at]}`),
      causes,
      formatDelta(after - before),
    ];
  });
  const more = told.length + group.leftOut - rows.length;
  return `${markdownTable(["", "Path", "Differs in", "Size"], rows, most)}${more === 0 ? "" : `\n\nand ${more} more`}`;
}

function configBlock({ config }: ReportComparison): string[] {
  if (config.length === 0) return [];
  const rows = config.map(({ field, name, before, after }) => [
    `${field} ${codeText(name)}`.trim(),
    before === null ? "–" : codeText(before),
    after === null ? "–" : codeText(after),
  ]);
  return [details(`Config: ${config.length} differ`, markdownTable(["What", "Was", "Is"], rows, mostRows))];
}

function diffBlocks({ diffs }: ReportDocument): string[] {
  return diffs
    .filter(({ step }) => step === null)
    .slice(0, 20)
    .map(({ path, text }) => {
      const lines = text.split("\n");
      const start = Math.max(
        0,
        lines.findIndex(line => line.startsWith("@@")),
      );
      return details(
        `<code>${escapeHtml(path)}</code>`,
        fencedBlock("diff", lines.slice(start, start + 200).join("\n")),
      );
    });
}

function escapeHtml(path: string): string {
  return plainText(`/${path}`).replaceAll("\\", "&#92;");
}

function wasteBlock({ waste }: ReportDocument): string[] {
  const value = partValue(waste);
  if (value === null || value.findings.length === 0) return [];
  const rows = value.findings.map(({ sizeBytes, step, title, count, paths, hint }) => [
    formatBytes(sizeBytes),
    String(step ?? ""),
    `${title}, ${counted(count, "file")}`,
    paths
      .slice(0, 2)
      .map(({ path }) => codeText(`/${path}`))
      .join(" "),
    hint,
  ]);
  const broken = value.brokenRules.map(rule => `**Broken rule:** ${codeText(rule)}`);
  const table = markdownTable(["Size", "Step", "What", "Such as", "What to do"], rows, mostRows);
  return [...broken, details(`Waste: ${formatBytes(value.wastedBytes)} of ${formatBytes(value.storedBytes)}`, table)];
}

function lintBlock({ lint }: ReportDocument): string[] {
  const value = partValue(lint);
  if (value === null || value.findings.length === 0) return [];
  const order = ["error", "warning", "note"];
  const findings = [...value.findings].sort(
    (one, other) => order.indexOf(one.severity) - order.indexOf(other.severity),
  );
  const rows = findings.map(({ severity, rule, step, line, path, detail }) => [
    severity,
    rule,
    `${step ?? "config"}${line === null ? "" : ` (line ${line})`}`,
    [path === null ? "" : codeText(`/${path}`), codeText(detail)].filter(word => word !== "").join(" "),
  ]);
  return [details(`Findings: ${severityText(findings)}`, markdownTable(["", "Rule", "Step", "What"], rows, mostRows))];
}

function packagesBlock({ packages }: ReportDocument): string[] {
  const own = (partValue(packages) ?? []).filter(({ isBase }) => !isBase);
  const rows = own.flatMap(({ step, changes }) =>
    changes.map(({ change, kind, name, before, after }) => [
      String(step),
      change,
      kind,
      codeText(name),
      codeText(before !== null && after !== null ? `${before} → ${after}` : (after ?? before ?? "")),
    ]),
  );
  if (rows.length === 0) return [];
  return [details(`Packages: ${rows.length}`, markdownTable(["Step", "", "By", "Name", "Version"], rows, mostRows))];
}
