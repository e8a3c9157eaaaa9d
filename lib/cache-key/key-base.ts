import { createHash } from "node:crypto";
import type { Instruction } from "../dockerfile/dockerfile.ts";
import { parseTriggers } from "../dockerfile/parse.ts";
import { LabError } from "../error.ts";
import { type Digest, digestOfHex } from "../model/digest.ts";
import { type BaseDocuments, reproducibleDigest } from "./base-digest.ts";
import type { KeyAlgorithm } from "./key-algorithm.ts";

/** A base image as far as keys depend on it. */
export interface KeyBase {
  /** What stands for it in a key. */
  readonly digest: Digest;
  /** Null for a config without Env. */
  readonly env: readonly string[] | null;
  /** ONBUILD. */
  readonly triggers: readonly Instruction[];
}

/** From the platform's manifest and its config. Pure. @throws LabError `damaged`, `dockerfile-syntax` for a trigger that is none */
export function keyBaseOf(base: BaseDocuments, algorithm: KeyAlgorithm): KeyBase {
  const digest =
    algorithm.base === "manifest"
      ? digestOfHex(createHash("sha256").update(base.manifest).digest("hex"))
      : reproducibleDigest(base, algorithm.keepsAnnotationNames);
  const { config } = JSON.parse(base.config) as { config?: { Env?: unknown; OnBuild?: unknown } | null };
  return { digest, env: listOf(config?.Env), triggers: parseTriggers(listOf(config?.OnBuild) ?? []) };
}

function listOf(value: unknown): string[] | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value) && value.every(item => typeof item === "string")) return value;
  throw new LabError("damaged", "the base's config is not of the form that images have");
}
