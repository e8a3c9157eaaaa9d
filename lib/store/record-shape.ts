/** What a build's record must look like to be used: it can come from another machine, or from a disk that lost some of it. */

import * as z from "zod/mini";
import type { BuildRecord } from "../model/build.ts";
import { isDigest } from "../model/digest.ts";
import { featureFlagForm } from "../model/feature-flag.ts";

const digest = z.string().check(z.refine(isDigest));
const whole = z.int().check(z.gte(0));
const count = z.nullable(whole);

export const layerShape = z.looseObject({
  digest,
  diffId: z.nullable(digest),
  sizeBytes: whole,
  mediaType: z.string(),
});

const partMs = z.nullable(z.number().check(z.gte(0)));

export const timesShape = z.object({
  unpackMs: partMs,
  firstSnapshotMs: partMs,
  runMs: partMs,
  snapshotMs: partMs,
  pushMs: partMs,
});

const stepShape = z.looseObject({
  number: whole,
  stage: z.looseObject({ index: whole, name: z.string() }),
  line: count,
  endLine: count,
  instruction: z.string(),
  text: z.string(),
  status: z.enum(["executed", "cached", "metadata", "skipped", "failed"]),
  cache: z.looseObject({
    key: z.nullable(z.string()),
    result: z.enum(["hit", "miss", "skipped", "off"]),
    reason: z.optional(
      z.nullable(z.enum(["no-entry", "expired", "media-type", "unreadable", "after-miss", "kind", "not-reached"])),
    ),
    parts: z.nullable(z.array(z.string())),
  }),
  layer: z.nullable(layerShape),
  baseLayers: z.array(layerShape),
  baseStage: count,
  startedMs: z.nullable(z.number()),
  durationMs: z.nullable(z.number()),
  snapshotMs: z.nullable(z.number()),
  times: z.optional(timesShape),
  added: count,
  modified: count,
  deleted: count,
  bytesAdded: z.nullable(z.number()),
});

export const executorShape = z.looseObject({
  source: z.string(),
  version: z.string(),
  family: z.enum(["fork", "upstream", "unknown"]),
});

export const failureShape = z.looseObject({
  message: z.string(),
  step: count,
  exitCode: z.nullable(z.int()),
});

export const statusShape = z.enum(["running", "succeeded", "failed", "cancelled"]);
export const driverShape = z.enum(["docker", "sandbox", "kubernetes"]);

const recordShape = z.looseObject({
  schemaVersion: z.literal(1),
  id: z.string().check(z.regex(/^\d{8}-\d{6}-[a-z0-9]{4}$/)),
  name: z.nullable(z.string()),
  status: statusShape,
  driver: driverShape,
  executor: executorShape,
  spec: z.looseObject({
    context: z.string(),
    dockerfile: z.string(),
    buildArgs: z.record(z.string(), z.string()),
    target: z.nullable(z.string()),
    destinations: z.array(z.string()),
    cache: z.string(),
    flags: z.array(z.string()),
    featureFlags: z.optional(z.record(z.string().check(z.regex(featureFlagForm)), z.string())),
    origin: z.optional(
      z.looseObject({
        file: z.string(),
        format: z.string(),
        kind: z.string(),
        name: z.string(),
        job: z.string(),
        template: z.nullable(z.string()),
        line: whole,
      }),
    ),
  }),
  startedAt: z.iso.datetime(),
  durationMs: z.nullable(z.number()),
  manifest: z.nullable(digest),
  config: z.nullable(digest),
  layers: z.array(layerShape),
  unpackedBytes: z.optional(whole),
  steps: z.array(stepShape),
  failure: z.nullable(failureShape),
  warnings: z.array(z.string()),
  prediction: z.optional(
    z.looseObject({
      keys: whole,
      known: whole,
      exact: whole,
      wrong: z.array(whole),
      results: z.looseObject({ known: whole, exact: whole, wrong: z.array(whole) }),
      unknown: z.nullable(z.string()),
      differences: z.optional(
        z.array(
          z.looseObject({
            step: whole,
            predictedKey: z.nullable(z.string()),
            key: z.string(),
            predictedResult: z.enum(["hit", "miss", "expired", "skipped", "unknown"]),
            result: z.enum(["hit", "miss", "skipped", "off"]),
          }),
        ),
      ),
    }),
  ),
});

/** @returns the record, or in words what is wrong with it. */
export function checkRecord(document: unknown): BuildRecord | string {
  const checked = recordShape.safeParse(document);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    return `${issue?.path.join(".") || "the whole"}: ${issue?.message}`;
  }
  const record = document as BuildRecord;
  // A stage starts from an earlier one: anything else would go round in circles.
  const circular = record.steps.find(step => step.baseStage !== null && step.baseStage >= step.stage.index);
  return circular ? `step ${circular.number} starts from a stage that is not before its own` : record;
}
