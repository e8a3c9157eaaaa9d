/** What a prediction of keys is made from, and what comes out. */

import type { Instruction } from "../dockerfile/dockerfile.ts";
import type { DockerIgnore } from "../dockerfile/dockerignore.ts";
import type { Variables } from "../dockerfile/expansion.ts";
import type { ResolvedDockerfile } from "../dockerfile/resolve.ts";
import type { Digest } from "../model/digest.ts";
import type { ContextReader, Unknown } from "./context-reader.ts";
import type { KeyAlgorithm } from "./key-algorithm.ts";
import type { KeyBase } from "./key-base.ts";
import type { KeyPart } from "./key-part.ts";
import type { PlacedInstruction } from "./stage-runs.ts";

/** What the layer cache has under a key. */
export type CacheEntry =
  | { readonly state: "hit"; readonly layer: Digest | null }
  | { readonly state: "miss" }
  | { readonly state: "expired" }
  | { readonly state: "unknown"; readonly why: string };

export interface CopiedRequest {
  readonly instruction: Instruction;
  readonly sourceStage: number;
  /** The final key of that stage. */
  readonly sourceKey: string;
  /** Of the steps of that stage that the layer cache has: their layers by key. */
  readonly sourceLayers: ReadonlyMap<string, Digest | null>;
  readonly words: readonly string[];
}

export interface PredictionPorts {
  readonly context: ContextReader;
  readonly ignore: DockerIgnore;
  /** By the image's name. */
  base(reference: string): Promise<KeyBase | Unknown>;
  entry(key: string): Promise<CacheEntry>;
  /** The hashes of what a COPY takes from an earlier stage that is the same as in an earlier build. */
  copiedFromStage(request: CopiedRequest): Promise<readonly KeyPart[] | Unknown>;
  /** The same of an image. */
  copiedFromImage(
    instruction: Instruction,
    image: string,
    words: readonly string[],
  ): Promise<readonly KeyPart[] | Unknown>;
}

export interface PredictionRequest {
  readonly resolved: ResolvedDockerfile;
  readonly algorithm: KeyAlgorithm;
  /** As the executor gets them. */
  readonly buildArgs: Variables;
  /** The ARGs before the first FROM. */
  readonly globalArgs: ReadonlyMap<string, string | null>;
  /** TARGETPLATFORM and the like. */
  readonly predefinedArgs: Variables;
  /** What a stage made is found in the layer cache by the stages after it; null when that is not certain. */
  readonly findsOwnLayers: boolean | null;
  readonly ports: PredictionPorts;
}

/** `skipped`: not looked up, after an earlier miss or as its kind never is. */
export type PredictedResult = "hit" | "miss" | "expired" | "skipped" | "unknown";

export interface PredictedStep {
  readonly placed: PlacedInstruction;
  /** What this instruction adds to the key; the first one of a stage has the base in front. Null when it is not known. */
  readonly parts: readonly KeyPart[] | null;
  readonly key: string | null;
  readonly result: PredictedResult;
  /** Why the key or the result is not known; else null. */
  readonly unknown: string | null;
}
