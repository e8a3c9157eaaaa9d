/** Steps as a report has them: what became of each, what the layer cache said, and why. */

import { secretsInText } from "../../../lib/analysis/secrets/secret-scanner.ts";
import { mask, maskAssignments } from "../../../lib/build/secrets.ts";
import { BuildView } from "../../../lib/explain/build-view.ts";
import { cacheReason } from "../../../lib/explain/cache-reason.ts";
import type { ExplainedStep } from "../../../lib/explain/explain-builds.ts";
import { sentenceOf } from "../../../lib/explain/sentences.ts";
import type { BuildRecord, Step } from "../../../lib/model/build.ts";
import type { Target } from "../../../lib/model/target.ts";
import { cacheWords } from "../../display/cache-words.ts";
import type { ReportStep, ReportWhy, StepResult } from "../document.ts";

/** @param explained empty for an image, and where nothing is to be explained. */
export function reportSteps({ steps, build }: Target, explained: readonly ExplainedStep[]): ReportStep[] {
  const view = build && viewOf(build);
  return steps.map(step => {
    const layers = step.layer ? [step.layer] : step.baseLayers;
    const reason = view && cacheReason(view, step);
    return {
      number: step.number,
      stage: step.stage,
      line: step.line,
      endLine: step.endLine,
      instruction: step.instruction,
      text: withoutSecrets(step.text),
      result: build === null ? "history" : resultOf(step, build),
      cache: {
        key: step.cache.key,
        result: step.cache.result,
        reason,
        sentence: build === null ? "" : cacheWords(step.cache.result, reason).sentence,
      },
      layer: step.layer?.digest ?? null,
      sizeBytes: layers.length === 0 ? null : layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      baseLayers: step.baseLayers.length,
      startedMs: step.startedMs,
      durationMs: step.durationMs,
      snapshotMs: step.snapshotMs,
      times: step.times ?? null,
      added: step.added,
      modified: step.modified,
      deleted: step.deleted,
      why: whyOf(explained, step),
    };
  });
}

/** A report is sent to others: of an instruction that has a secret in it, what stands before that. */
function withoutSecrets(instruction: string): string {
  const text = maskAssignments(instruction);
  const [first] = secretsInText(text);
  return first === undefined ? text : `${Buffer.from(text).subarray(0, first.offset).toString()}${mask}`;
}

function viewOf(record: BuildRecord): BuildView {
  return new BuildView({ record, dockerfile: null, listing: null, config: null, features: null });
}

function resultOf({ status, cache }: Step, build: BuildRecord): StepResult {
  switch (status) {
    case "cached":
      return "hit";
    case "executed":
      return cache.reason === "expired" ? "expired" : cache.result === "miss" ? "miss" : "run";
    case "metadata":
      return "meta";
    case "skipped":
      return "skipped";
    case "failed":
      return build.status === "cancelled" ? "stopped" : "failed";
  }
}

function whyOf(all: readonly ExplainedStep[], { number }: Step): ReportWhy | null {
  const explained = all.find(({ step }) => step.number === number);
  const [first] = explained?.causes ?? [];
  if (explained === undefined || first === undefined) return null;
  return {
    sentence: sentenceOf(explained, all),
    isFirst: explained.isFirst,
    kind: first.kind,
    before: first.before,
    after: first.after,
    path: first.path,
  };
}
