/** Steps, records and layers for tests, as small as they can be. */

import type { BuildRecord, LayerRef, Step } from "../../../lib/model/build.ts";
import { parseDiffId, parseDigest } from "../../../lib/model/digest.ts";

export function layerRef(letter: string): LayerRef {
  const digest = `sha256:${letter.repeat(64)}`;
  return { digest: parseDigest(digest), diffId: parseDiffId(digest), sizeBytes: 10, mediaType: "" };
}

export function step(number: number, text: string, more: Partial<Step> = {}): Step {
  return {
    number,
    stage: { index: 0, name: "" },
    line: number,
    endLine: number,
    instruction: text.split(" ")[0] as string,
    text,
    status: "executed",
    cache: { key: null, result: "off", parts: null },
    layer: null,
    baseLayers: [],
    baseStage: null,
    startedMs: null,
    durationMs: null,
    snapshotMs: null,
    added: null,
    modified: null,
    deleted: null,
    bytesAdded: null,
    ...more,
  };
}

export function record(id: string, more: Partial<BuildRecord> = {}): BuildRecord {
  return {
    schemaVersion: 1,
    id,
    name: null,
    status: "succeeded",
    driver: "docker",
    executor: { source: "kaniko", version: "v1.28.3", family: "fork" },
    spec: {
      context: "/context",
      dockerfile: "Dockerfile",
      buildArgs: {},
      target: null,
      destinations: [],
      cache: "folder",
      flags: [],
    },
    startedAt: "2026-01-01T00:00:00.000Z",
    durationMs: 1,
    manifest: null,
    config: null,
    layers: [],
    steps: [],
    failure: null,
    warnings: [],
    ...more,
  };
}
