/** One build or image of a report: what it is, its steps, its image as a whole. */

import { relative, sep } from "node:path";
import { findCheckout } from "../../../lib/build/find-checkout.ts";
import { mask } from "../../../lib/build/secrets.ts";
import { quoteWord } from "../../../lib/ci/shell/quote-word.ts";
import { factsOfConfig } from "../../../lib/compare/config-facts.ts";
import { explainTarget } from "../../../lib/explain/explain-target.ts";
import { finalStep } from "../../../lib/lab/chain.ts";
import { configOf } from "../../../lib/lab/config-of.ts";
import type { BuildRecord } from "../../../lib/model/build.ts";
import type { Target } from "../../../lib/model/target.ts";
import { BuildStore } from "../../../lib/store/build-store.ts";
import { previousOf } from "../../../lib/store/find-build.ts";
import type { ReportBuild, ReportImage, ReportSide } from "../document.ts";
import { partValue } from "../part-value.ts";
import { lastOutput } from "./last-output.ts";
import { partOf } from "./parts.ts";
import type { ReportRequest } from "./request.ts";
import { reportSteps } from "./steps.ts";

/** @param against The build to explain the misses against; undefined: the one before of the same context. */
export async function collectSide(
  request: ReportRequest,
  target: Target,
  word: string,
  against?: BuildRecord | null,
): Promise<ReportSide> {
  const { build } = target;
  const other = build === null ? null : against === undefined ? await buildBefore(request, build) : against;
  const explanation = build && (await explainTarget(request.cache, request.lab, other, build, request.progress));
  return {
    name: target.name,
    word: build?.id ?? quoteWord(word),
    build: build && reportBuild(build, await lastOutput(request, build)),
    image: await reportImage(request, target),
    steps: reportSteps(target, explanation?.steps ?? []),
    against: other && { name: other.name ?? other.id, word: other.id },
  };
}

async function buildBefore({ cache }: ReportRequest, build: BuildRecord): Promise<BuildRecord | null> {
  const { builds } = await new BuildStore(cache).list();
  return previousOf(builds, build);
}

function reportBuild(build: BuildRecord, output: readonly string[]): ReportBuild {
  const { spec, executor } = build;
  return {
    id: build.id,
    status: build.status,
    driver: build.driver,
    executor: [executor.version, executor.family === "unknown" ? "" : `(${executor.family})`].join(" ").trim(),
    context: spec.context,
    dockerfile: spec.dockerfile,
    dockerfileUri: uriOf(spec.context, spec.dockerfile),
    startedAt: build.startedAt,
    durationMs: build.durationMs,
    failure: build.failure && { message: build.failure.message, step: build.failure.step, output },
    warnings: build.warnings,
    cacheIsOn: spec.cache !== "off",
  };
}

/** CI systems name files from the top of the checkout. */
function uriOf(context: string, dockerfile: string): string {
  const checkout = context.startsWith("/") ? findCheckout(context) : null;
  const folder = checkout === null ? "" : relative(checkout, context);
  return [...folder.split(sep), ...dockerfile.split(sep)].filter(name => name !== "").join("/");
}

async function reportImage(request: ReportRequest, target: Target): Promise<ReportImage | null> {
  const layers = target.build?.layers ?? target.image?.layers ?? [];
  const last = finalStep(target.steps);
  if (last === null || layers.length === 0) return null;
  const config = await configOf(request.cache, target);
  const snapshot = partValue(await partOf(() => request.lab.snapshotAt(target, last, request.progress)));
  return {
    digest: target.build?.manifest ?? target.image?.manifestDigest ?? null,
    platform:
      config === null ? "" : [config.os, config.architecture, config.variant].filter(word => word !== "").join("/"),
    sizeBytes: layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    unpackedBytes: snapshot?.totalBytes ?? null,
    layerCount: layers.length,
    fileCount: snapshot?.nodeCount ?? null,
    config: config === null ? [] : factsOfConfig(config).map(fact => (fact.secret ? { ...fact, value: mask } : fact)),
  };
}
