/** Waste, findings of lint, packages. */

import { counted, formatBytes } from "../../../display/format.ts";
import type {
  Part,
  ReportFinding,
  ReportLint,
  ReportSide,
  ReportStepPackages,
  ReportWaste,
  ReportWasteFinding,
} from "../../document.ts";
import { countSeverities } from "../../totals.ts";
import { type Child, element, nameText } from "../dom.ts";
import { badge, stepLink, stepOf } from "../marks.ts";
import { missingNote, type Section, section, table } from "../section.ts";

export function wasteSection(side: ReportSide, part: Part<ReportWaste>, shell: string): Section {
  const command = `${shell} waste ${side.word}`;
  if ("missing" in part) return section({ id: "waste", title: "Waste", command }, missingNote(part.missing));
  const { findings, wastedBytes, storedBytes, efficiency, base, brokenRules } = part.value;
  const percent = (Math.floor(efficiency * 1000) / 10).toFixed(1);
  const apart =
    base.storedBytes === 0
      ? ""
      : ` The base is counted apart: ${formatBytes(base.wastedBytes)} of ${formatBytes(base.storedBytes)}.`;
  return section(
    {
      id: "waste",
      title: "Waste",
      count: findings.length === 0 ? "0" : formatBytes(wastedBytes),
      lead: `${formatBytes(wastedBytes)} of ${formatBytes(storedBytes)} are stored for nothing: efficiency ${percent} %.${apart}`,
      command,
    },
    ...brokenRules.map(rule => element("p", { class: "notice bad" }, `broken rule: ${rule}`)),
    ...findings.map(finding =>
      element(
        "details",
        { class: "finding" },
        element(
          "summary",
          {},
          element("b", { class: "finding-size" }, formatBytes(finding.sizeBytes)),
          element("span", {}, `step ${finding.step ?? "–"}: ${finding.title}`, otherText(finding)),
          element("span", { class: "quiet-text" }, counted(finding.count, "file")),
        ),
        element("p", { class: "hint" }, `What to do: ${finding.hint}.`),
        table(
          `Largest paths: ${finding.title}, step ${finding.step}`,
          [{ title: "Size", isNumber: true }, { title: "Path" }, { title: "Same as" }],
          finding.paths.map(({ path, sizeBytes, same }) => [
            formatBytes(sizeBytes),
            nameText(`/${path}`),
            same === null || same === path ? "" : nameText(`/${same}`),
          ]),
        ),
        finding.count > finding.paths.length
          ? element("p", { class: "quiet-text" }, `and ${finding.count - finding.paths.length} more`)
          : null,
      ),
    ),
  );
}

function otherText({ kind, step, otherStep }: ReportWasteFinding): string | null {
  if (otherStep === null || otherStep === step) return null;
  return kind === "rewritten" ? `, first by step ${otherStep}` : ` by step ${otherStep}`;
}

const tones = { error: ["✕", "bad"], warning: ["!", "warn"], note: ["i", "quiet"] } as const;
const severityOrder = ["error", "warning", "note"] as const;
/** So many findings of one rule are listed. */
const mostOfRule = 50;

export function lintSection(side: ReportSide, part: Part<ReportLint>, shell: string): Section {
  const command = `${shell} lint ${side.word}`;
  if ("missing" in part) return section({ id: "lint", title: "Findings", command }, missingNote(part.missing));
  const { findings, dropped, namesOnly } = part.value;
  const counts = countSeverities(findings);
  const rules = [...Map.groupBy(findings, ({ rule }) => rule).values()].sort(
    ([one], [other]) => severityOrder.indexOf(one!.severity) - severityOrder.indexOf(other!.severity),
  );
  const lead = [
    `${counted(counts.error, "error")}, ${counted(counts.warning, "warning")}, ${counted(counts.note, "note")}`,
    dropped === 0 ? "" : `${dropped} more are not kept`,
    namesOnly ? "contents are not here: only names and the config were judged" : "",
  ];
  return section(
    {
      id: "lint",
      title: "Findings",
      count: String(findings.length),
      lead: `${lead.filter(word => word !== "").join("; ")}.`,
      command,
    },
    ...rules.map(ruleNode),
  );
}

function ruleNode(findings: readonly ReportFinding[]): HTMLElement {
  const { rule, severity, why, hint } = findings[0] as ReportFinding;
  const [sign, tone] = tones[severity];
  return element(
    "details",
    { class: "finding", open: severity === "error" },
    element(
      "summary",
      {},
      badge(sign, severity, tone),
      element("b", {}, rule),
      element("span", { class: "quiet-text" }, counted(findings.length, "finding")),
    ),
    element("p", {}, `${why.charAt(0).toUpperCase()}${why.slice(1)}.`),
    element("p", { class: "hint" }, `What to do: ${hint}.`),
    table(
      `Findings of ${rule}`,
      [{ title: "Step" }, { title: "Line", isNumber: true }, { title: "Where" }, { title: "What" }],
      findings
        .slice(0, mostOfRule)
        .map(({ step, line, path, detail, gone }): Child[] => [
          stepLink(step),
          line,
          path === null ? "config" : nameText(`/${path}`),
          `${detail}${gone === null ? "" : `; ${gone.how} by step ${gone.step}, but still in this step's layer`}`,
        ]),
    ),
    findings.length > mostOfRule
      ? element("p", { class: "quiet-text" }, `and ${findings.length - mostOfRule} more`)
      : null,
  );
}

const marks = { added: "+", removed: "−", upgraded: "↑", downgraded: "↓", changed: "~" } as const;

export function packagesSection(
  side: ReportSide,
  part: Part<readonly ReportStepPackages[]>,
  shell: string,
): Section | null {
  const command = `${shell} packages ${side.word}`;
  if ("missing" in part) return null;
  const steps = part.value;
  if (steps.length === 0) return null;
  const own = steps.filter(({ isBase }) => !isBase).reduce((sum, { changes }) => sum + changes.length, 0);
  return section(
    {
      id: "packages",
      title: "Packages",
      count: String(own),
      lead: "What each step installed, removed or upgraded.",
      command,
    },
    ...steps.map(({ step, isBase, changes }) =>
      element(
        "details",
        { class: "finding" },
        element(
          "summary",
          {},
          element("b", {}, `step ${step}`),
          element("code", { class: "instruction" }, stepOf(side, step)?.text ?? ""),
          element("span", { class: "quiet-text" }, `${changes.length} ${isBase ? "of the base" : "changed"}`),
        ),
        table(
          `Packages of step ${step}`,
          [
            { title: "Is" },
            { title: "By" },
            { title: "Name" },
            { title: "Version" },
            { title: "Size", isNumber: true },
          ],
          changes.map(({ change, kind, name, before, after, sizeBytes }) => [
            `${marks[change]} ${change}`,
            kind,
            nameText(name),
            nameText(before !== null && after !== null ? `${before} → ${after}` : (after ?? before ?? "")),
            sizeBytes === null ? "" : formatBytes(sizeBytes),
          ]),
        ),
      ),
    ),
  );
}
