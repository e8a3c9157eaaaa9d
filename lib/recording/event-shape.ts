/** What a recorded event must look like to be shown. */

import * as z from "zod/mini";
import type { BuildEvent } from "../executor/events.ts";
import { isDigest } from "../model/digest.ts";
import { driverShape, executorShape, failureShape, statusShape, timesShape } from "../store/record-shape.ts";

const atMs = z.number().check(z.gte(0));
const text = z.string();
const step = z.int().check(z.gte(0));
const sizeBytes = z.nullable(z.number());

const plannedStep = z.object({
  number: step,
  stage: z.object({ index: step, name: text }),
  line: z.nullable(step),
  endLine: z.nullable(step),
  instruction: text,
  text,
});

const shape = z.discriminatedUnion("type", [
  z.object({ type: z.literal("started"), atMs, id: text, driver: driverShape, why: text, steps: z.array(plannedStep) }),
  z.object({ type: z.literal("preparing"), atMs, what: text, doneBytes: sizeBytes, totalBytes: sizeBytes }),
  z.object({ type: z.literal("executor"), atMs, executor: executorShape }),
  z.object({ type: z.literal("pulling"), atMs, reference: text }),
  z
    .object({
      type: z.literal("stage-started"),
      atMs,
      stage: step,
      base: text,
      // Recordings from before it was kept have none.
      baseStage: z._default(z.nullable(step), null),
    })
    .check(z.refine(event => event.baseStage === null || event.baseStage < event.stage)),
  z.object({ type: z.literal("step-discovered"), atMs, step: plannedStep }),
  z.object({ type: z.literal("step-started"), atMs, step }),
  z.object({ type: z.literal("cache-key"), atMs, step, key: text, parts: z.nullable(z.array(text)) }),
  z.object({ type: z.literal("cache-lookup"), atMs, step, key: text }),
  z.object({ type: z.literal("cache-hit"), atMs, step }),
  z.object({ type: z.literal("cache-miss"), atMs, step, reason: text }),
  z.object({ type: z.literal("unpacking"), atMs, stage: step }),
  z.object({ type: z.literal("snapshot-started"), atMs, step, full: z.boolean() }),
  z.object({ type: z.literal("layer-pushed"), atMs, reference: text }),
  z.object({ type: z.literal("output"), atMs, step: z.nullable(step), text }),
  z.object({ type: z.literal("log"), atMs, level: z.enum(["trace", "debug", "info", "warning", "error"]), text }),
  z.object({ type: z.literal("warning"), atMs, text }),
  z.object({
    type: z.literal("step-finished"),
    atMs,
    step,
    status: z.enum(["executed", "cached", "metadata", "skipped", "failed"]),
  }),
  z.object({
    type: z.literal("step-measured"),
    atMs,
    step,
    startedMs: z.nullable(atMs),
    durationMs: z.nullable(atMs),
    times: timesShape,
    key: z.nullable(text),
    line: z.nullable(step),
    isHit: z.nullable(z.boolean()),
  }),
  z.object({ type: z.literal("collecting"), atMs, layer: z.number(), of: z.number() }),
  z.object({
    type: z.literal("finished"),
    atMs,
    status: statusShape,
    manifest: z.nullable(text.check(z.refine(isDigest))),
    failure: z.nullable(failureShape),
  }),
]);

/** One line of `events.ndjson`; null when it is no event. */
export function parseEvent(line: string): BuildEvent | null {
  try {
    return shape.parse(JSON.parse(line)) as BuildEvent;
  } catch {
    return null;
  }
}
