/** Findings and waste as SARIF 2.1.0, which code hosts show beside the lines of the Dockerfile. */

import { createHash } from "node:crypto";
import { lintRules } from "../../lib/analysis/lint/lint-rules.ts";
import { wasteKinds } from "../../lib/analysis/waste/find-waste.ts";
import { showText } from "../../lib/model/path-text.ts";
import { formatBytes } from "../display/format.ts";
import { jsonText } from "../display/json-text.ts";
import type { ReportDocument, ReportFinding, ReportSide, ReportWasteFinding } from "./document.ts";
import { partValue } from "./part-value.ts";

type Level = "error" | "warning" | "note";

interface Rule {
  readonly id: string;
  readonly level: Level;
  readonly why: string;
  readonly hint: string;
}

const rules: readonly Rule[] = [
  {
    id: "build-failed",
    level: "error",
    why: "the build failed at this step",
    hint: "kaniko-lab explain and the build's log tell more",
  },
  ...lintRules.map(({ id, severity, why, hint }) => ({ id, level: severity, why, hint })),
  ...wasteKinds.map(({ kind, title, hint }) => ({
    id: `waste-${kind}`,
    level: "note" as const,
    why: `bytes are stored without need: ${title}`,
    hint,
  })),
  {
    id: "waste-rule",
    level: "error",
    why: "a rule for waste that the context has is broken",
    hint: "kaniko-lab waste tells where",
  },
];

/** Something to be shown at a line. */
interface Found {
  readonly rule: string;
  readonly level: Level;
  readonly message: string;
  readonly step: number | null;
  /** In the image, where it has one. */
  readonly path: string | null;
  /** What stays the same while lines move. */
  readonly identity: string;
}

export function reportSarif({ side, waste, lint }: ReportDocument): string {
  const ofWaste = partValue(waste);
  const found = [
    ...failureOf(side),
    ...(partValue(lint)?.findings ?? []).map(lintFound),
    ...(ofWaste?.findings ?? []).map(wasteFound),
    ...(ofWaste?.brokenRules ?? []).map(rule => foundOf("waste-rule", "error", rule, null, null, rule)),
  ];
  const run = {
    tool: { driver: { name: "kaniko-lab", rules: rules.map(ruleDocument) } },
    columnKind: "utf16CodeUnits",
    invocations: [{ executionSuccessful: true, endTimeUtc: documentTime(side) }],
    results: found.map(each => resultDocument(each, side)),
  };
  const schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
  return `${jsonText({ $schema: schema, version: "2.1.0", runs: [run] }, 2)}\n`;
}

function documentTime({ build }: ReportSide): string | undefined {
  return build === null ? undefined : new Date(Date.parse(build.startedAt) + (build.durationMs ?? 0)).toISOString();
}

function ruleDocument({ id, level, why, hint }: Rule): object {
  return {
    id,
    shortDescription: { text: sentence(why) },
    help: { text: sentence(hint) },
    defaultConfiguration: { level },
  };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function foundOf(
  rule: string,
  level: Level,
  message: string,
  step: number | null,
  path: string | null,
  identity: string,
): Found {
  return { rule, level, message, step, path, identity };
}

function failureOf({ build }: ReportSide): Found[] {
  if (build === null || build.failure === null) return [];
  const { message, step } = build.failure;
  return [foundOf("build-failed", "error", message, step, null, message)];
}

function lintFound({ rule, severity, step, path, detail, why, gone }: ReportFinding): Found {
  const where = path === null ? "" : `/${path}: `;
  const still = gone === null ? "" : ` It was ${gone.how} by step ${gone.step}, but is still in this step's layer.`;
  const message = `${where}${detail === "" ? why : detail}.${still}`;
  return foundOf(rule, severity, message, step, path, `${path} ${detail}`);
}

function wasteFound({ kind, title, step, otherStep, sizeBytes, count, paths, hint }: ReportWasteFinding): Found {
  const by = otherStep === null || otherStep === step ? "" : ` (step ${otherStep})`;
  const first = paths.slice(0, 3).map(({ path }) => `/${path}`);
  const message = `${formatBytes(sizeBytes)} in ${count} ${count === 1 ? "file" : "files"}: ${title}${by}: ${first.join(", ")}${count > first.length ? " …" : ""}. ${sentence(hint)}`;
  return foundOf(`waste-${kind}`, "note", message, step, paths[0]?.path ?? null, `${kind} ${title}`);
}

function resultDocument({ rule, level, message, step, path, identity }: Found, side: ReportSide): object {
  const logical = path === null ? [] : [{ fullyQualifiedName: showText(`/${path}`), kind: "resource" }];
  const physical = physicalLocation(side, step);
  const location = {
    ...(physical === null ? {} : { physicalLocation: physical }),
    ...(logical.length === 0 ? {} : { logicalLocations: logical }),
  };
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex(({ id }) => id === rule),
    level,
    message: { text: showText(message) },
    locations: Object.keys(location).length === 0 ? [] : [location],
    partialFingerprints: { "kanikoLab/v1": createHash("sha256").update(`${rule} ${identity}`).digest("hex") },
    ...(step === null ? {} : { properties: { step } }),
  };
}

/** The instruction in the Dockerfile; an image that was not built here has none. What no step made stands at the first line. */
function physicalLocation({ build, steps }: ReportSide, number: number | null): object | null {
  if (build === null) return null;
  const step = steps.find(each => each.number === number);
  const startLine = step?.line ?? 1;
  return {
    artifactLocation: { uri: encodeURI(showText(build.dockerfileUri)), uriBaseId: "%SRCROOT%" },
    region: { startLine, endLine: Math.max(startLine, step?.endLine ?? startLine) },
  };
}
