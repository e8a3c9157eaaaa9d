/**
 * The keys of a build before it runs, and what the layer cache will say to each. Comes in: the Dockerfile, the algorithm,
 * and ports for what has to be read (files, bases, the layer cache, earlier builds). Goes out: for every instruction its
 * parts and its key, or why they cannot be known.
 */

import type { Instruction } from "../dockerfile/dockerfile.ts";
import type { DockerIgnore } from "../dockerfile/dockerignore.ts";
import type { Variables } from "../dockerfile/expansion.ts";
import type { ResolvedDockerfile } from "../dockerfile/resolve.ts";
import { LabError } from "../error.ts";
import type { Digest } from "../model/digest.ts";
import { scratchDigest } from "./base-digest.ts";
import { BuildArguments } from "./build-arguments.ts";
import { CompositeKey } from "./composite-key.ts";
import { type ContextReader, Unknown } from "./context-reader.ts";
import { instructionParts } from "./instruction-parts.ts";
import type { KeyAlgorithm } from "./key-algorithm.ts";
import type { KeyBase } from "./key-base.ts";
import type { KeyPart } from "./key-part.ts";
import { sourcePart } from "./source-hash.ts";
import { mountWords, sourcePaths, sourceWords } from "./source-paths.ts";
import { type PlacedInstruction, type StageRun, stageRuns } from "./stage-runs.ts";
import { defaultEnv, StageScope } from "./stage-scope.ts";

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

/** In the order in which the executor goes through them. */
export async function predictKeys(request: PredictionRequest): Promise<PredictedStep[]> {
  const prediction = new Prediction(request);
  await prediction.findBases();
  const steps: PredictedStep[] = [];
  for (const run of prediction.runs()) steps.push(...(await prediction.run(run)));
  return steps;
}

interface StageEnd {
  /** Null when it is not known. */
  readonly finalKey: string | null;
  readonly env: readonly string[];
  readonly args: BuildArguments;
  /** Layers by key of the steps that will be taken from the layer cache. */
  readonly cached: ReadonlyMap<string, Digest | null>;
  /** The stage's files will be what an earlier build with the same keys had, or why not. */
  readonly changed: string | null;
  readonly unknown: string | null;
}

class Prediction {
  readonly #request: PredictionRequest;
  readonly #bases = new Map<number, KeyBase | Unknown>();
  readonly #ends = new Map<number, StageEnd>();
  /** Keys under which the stages so far have put their layers. */
  readonly #pushed = new Set<string>();
  #lastArgs: BuildArguments;

  constructor(request: PredictionRequest) {
    this.#request = request;
    this.#lastArgs = this.#firstArgs();
  }

  /** Triggers of a base can need further stages, so all that may be needed are looked at. */
  async findBases(): Promise<void> {
    const { resolved, ports } = this.#request;
    const last = resolved.stages.slice(0, resolved.target + 1);
    await Promise.all(
      last.map(async ({ stage, base }) => {
        if (base.kind === "image") this.#bases.set(stage.index, await ports.base(base.reference));
      }),
    );
  }

  runs(): StageRun[] {
    const { resolved, algorithm } = this.#request;
    return stageRuns(resolved, algorithm, stage => {
      const base = this.#bases.get(stage);
      return base === undefined || base instanceof Unknown ? [] : base.triggers;
    });
  }

  async run(run: StageRun): Promise<PredictedStep[]> {
    const start = this.#start(run);
    const { scope } = start;
    const stage = new RunningStage(this.#request, start, { ends: this.#ends, pushed: this.#pushed });
    const steps: PredictedStep[] = [];
    for (const placed of run.instructions) steps.push(await stage.step(placed));
    this.#lastArgs = scope.args;
    this.#ends.set(run.index, stage.end);
    for (const key of stage.made) this.#pushed.add(key);
    return steps;
  }

  #firstArgs(): BuildArguments {
    const { buildArgs, globalArgs, predefinedArgs } = this.#request;
    return new BuildArguments(buildArgs, globalArgs, predefinedArgs);
  }

  #start(run: StageRun): StageStart {
    const { algorithm } = this.#request;
    const { base, stage, baseName } = run.bottom;
    const below = base.kind === "stage" ? this.#ends.get(base.index) : undefined;
    const args = algorithm.leaksArgs ? this.#lastArgs : (below?.args ?? this.#firstArgs());
    const scopeOf = (env: readonly string[] | null) => new StageScope(algorithm, env ?? defaultEnv, args.clone());
    if (base.kind === "stage") return this.#onStage(base.index, baseName, below, scopeOf);
    if (base.kind === "scratch") {
      const found = this.#onBase(scratchDigest(algorithm.scratchIsOci), "scratch");
      return { ...fresh, ...found, scope: scopeOf(null), unknown: null };
    }
    const found = this.#bases.get(stage.index) ?? new Unknown(`${baseName} was not looked at`);
    if (found instanceof Unknown)
      return { ...fresh, key: null, basePart: null, scope: scopeOf([]), unknown: found.why };
    return { ...fresh, ...this.#onBase(found.digest, baseName), scope: scopeOf(found.env), unknown: null };
  }

  #onBase(digest: string, name: string): Pick<StageStart, "key" | "basePart"> {
    return {
      key: CompositeKey.of(digest, this.#request.algorithm.isRolling),
      basePart: { kind: "base", name, value: digest },
    };
  }

  #onStage(
    index: number,
    name: string,
    below: StageEnd | undefined,
    scopeOf: (env: readonly string[] | null) => StageScope,
  ): StageStart {
    const { algorithm } = this.#request;
    const { cached, changed } = below ?? fresh;
    const start = { scope: scopeOf(below?.env ?? []), cached, changed };
    if (below === undefined || below.finalKey === null) {
      const why = below?.unknown ?? `the key of stage ${index} is not known`;
      return { ...start, key: null, basePart: null, unknown: why };
    }
    const key = CompositeKey.resume(below.finalKey, algorithm.isRolling);
    return { ...start, key, basePart: { kind: "base", name, value: below.finalKey }, unknown: null };
  }
}

interface StageStart extends Pick<StageEnd, "cached" | "changed"> {
  readonly key: CompositeKey | null;
  readonly basePart: KeyPart | null;
  readonly scope: StageScope;
  readonly unknown: string | null;
}

const fresh: Pick<StageEnd, "cached" | "changed"> = { cached: new Map(), changed: null };

interface StagesBefore {
  readonly ends: ReadonlyMap<number, StageEnd>;
  readonly pushed: ReadonlySet<string>;
}

class RunningStage {
  readonly #request: PredictionRequest;
  readonly #scope: StageScope;
  readonly #before: StagesBefore;
  readonly #made: string[] = [];
  readonly #cached: Map<string, Digest | null>;
  #key: CompositeKey | null;
  #basePart: KeyPart | null;
  #unknown: string | null;
  #changed: string | null;
  #finalKey: string | null;
  /** After the first miss nothing is looked up; null when it is not known whether there was one. */
  #stopped: boolean | null = false;

  constructor(request: PredictionRequest, start: StageStart, before: StagesBefore) {
    this.#request = request;
    this.#scope = start.scope;
    this.#before = before;
    this.#key = start.key;
    this.#basePart = start.basePart;
    this.#unknown = start.unknown;
    this.#cached = new Map(start.cached);
    this.#changed = start.changed;
    // A stage without instructions: its key is that of its base, upstream has none then.
    this.#finalKey = request.algorithm.family === "fork" ? (start.key?.hash ?? null) : "";
  }

  get end(): StageEnd {
    return {
      finalKey: this.#key === null ? null : this.#finalKey,
      env: this.#scope.env,
      args: this.#scope.args,
      cached: this.#cached,
      changed: this.#changed,
      unknown: this.#unknown,
    };
  }

  /** Keys of what the stage makes and puts into the layer cache, or has from there. */
  get made(): readonly string[] {
    return this.#made;
  }

  async step(placed: PlacedInstruction): Promise<PredictedStep> {
    const parts = await this.#partsOf(placed);
    if (parts instanceof Unknown) {
      this.#key = null;
      this.#unknown ??= parts.why;
      this.#changed ??= parts.why;
      this.#apply(placed.instruction);
      return { placed, parts: null, key: null, result: this.#resultWithoutKey(placed.instruction), unknown: parts.why };
    }
    const key = this.#key as CompositeKey;
    const added = this.#basePart === null ? parts : [this.#basePart, ...parts];
    this.#basePart = null;
    key.add(parts.map(({ value }) => value));
    this.#finalKey = key.hash;
    const { result, unknown } = await this.#lookUp(placed.instruction, key.hash);
    this.#apply(placed.instruction);
    return { placed, parts: added, key: key.hash, result, unknown };
  }

  async #partsOf(placed: PlacedInstruction): Promise<readonly KeyPart[] | Unknown> {
    if (this.#key === null) return new Unknown(this.#unknown ?? "the key of an instruction before it is not known");
    try {
      const own = instructionParts(placed.instruction, this.#scope, this.#request.algorithm);
      const files = await this.#fileParts(placed);
      return files instanceof Unknown ? files : [...own, ...files];
    } catch (error) {
      if (!(error instanceof LabError) || error.code === "cancelled") throw error;
      return new Unknown(error.message);
    }
  }

  async #fileParts({ instruction, source }: PlacedInstruction): Promise<readonly KeyPart[] | Unknown> {
    const { algorithm, ports } = this.#request;
    const variables = this.#scope.variables();
    if (instruction.keyword === "RUN") {
      return algorithm.hashesMounts && instruction.flags.length > 0
        ? this.#contextParts(mountWords(instruction, variables))
        : [];
    }
    if (instruction.keyword !== "COPY" && instruction.keyword !== "ADD") return [];
    const words = sourceWords(instruction, variables);
    if (source === null) return this.#contextParts(words);
    if (source.stage === null) {
      return source.image === null
        ? new Unknown(`there is no stage ${source.from}`)
        : ports.copiedFromImage(instruction, source.image, words);
    }
    return this.#copiedParts(instruction, source.stage, words);
  }

  async #copiedParts(
    instruction: Instruction,
    sourceStage: number,
    words: readonly string[],
  ): Promise<readonly KeyPart[] | Unknown> {
    const end = this.#before.ends.get(sourceStage);
    if (end === undefined) return new Unknown(`stage ${sourceStage} is not built before`);
    if (end.changed !== null) return new Unknown(`what it copies is made anew: ${end.changed}`);
    if (end.finalKey === null) return new Unknown(end.unknown ?? `the key of stage ${sourceStage} is not known`);
    const { ports } = this.#request;
    return ports.copiedFromStage({
      instruction,
      sourceStage,
      sourceKey: end.finalKey,
      sourceLayers: end.cached,
      words,
    });
  }

  async #contextParts(words: readonly string[]): Promise<readonly KeyPart[] | Unknown> {
    const { algorithm, ports } = this.#request;
    const paths = await sourcePaths(words, ports.context);
    if (paths instanceof Unknown) return paths;
    const parts: KeyPart[] = [];
    for (const path of paths) {
      const { folderHash } = algorithm;
      const part = await sourcePart(path, { reader: ports.context, ignore: ports.ignore, folderHash, root: "" });
      if (part instanceof Unknown) return part;
      if (part !== null) parts.push(part);
    }
    return parts;
  }

  async #lookUp(instruction: Instruction, key: string): Promise<Pick<PredictedStep, "result" | "unknown">> {
    const isLookedUp = this.#isLookedUp(instruction);
    if (isLookedUp) this.#made.push(key);
    if (!isLookedUp || this.#stopped) {
      this.#noteUncached(instruction);
      return { result: "skipped", unknown: null };
    }
    if (this.#stopped === null) {
      this.#changed ??= `whether ${instruction.text} is looked up is not known`;
      return { result: "unknown", unknown: "whether an instruction before it hits is not known" };
    }
    const entry = await this.#entry(key);
    if (entry.state === "hit") {
      if (entry.layer === null) this.#changed ??= `${instruction.text} is made by an earlier stage`;
      this.#cached.set(key, entry.layer);
      return { result: "hit", unknown: null };
    }
    this.#changed ??= `${instruction.text} will run`;
    if (entry.state === "unknown") {
      if (!this.#request.algorithm.looksUpAfterMiss) this.#stopped = null;
      return { result: "unknown", unknown: entry.why };
    }
    if (!this.#request.algorithm.looksUpAfterMiss) this.#stopped = true;
    return { result: entry.state, unknown: null };
  }

  async #entry(key: string): Promise<CacheEntry> {
    const found = await this.#request.ports.entry(key);
    if (found.state === "hit" || !this.#before.pushed.has(key)) return found;
    const { findsOwnLayers } = this.#request;
    if (findsOwnLayers === null)
      return { state: "unknown", why: "what an earlier stage made may have expired by then" };
    return findsOwnLayers ? { state: "hit", layer: null } : found;
  }

  #isLookedUp({ keyword }: Instruction): boolean {
    const { looksUp } = this.#request.algorithm;
    if (keyword === "RUN") return looksUp.run;
    if (keyword === "WORKDIR") return looksUp.workdir;
    if (keyword === "COPY") return looksUp.copy;
    return keyword === "ADD" && looksUp.add;
  }

  /** What is not taken from the cache is made anew: RUN and downloads can come out otherwise, copies of the context not. */
  #noteUncached(instruction: Instruction): void {
    const makesNew =
      instruction.keyword === "RUN" ||
      (instruction.keyword === "ADD" && /:\/\//.test(instruction.args.slice(0, -1).join(" ")));
    if (makesNew) this.#changed ??= `${instruction.text} will run`;
  }

  #resultWithoutKey(instruction: Instruction): PredictedResult {
    if (!this.#isLookedUp(instruction) || this.#stopped) return "skipped";
    if (!this.#request.algorithm.looksUpAfterMiss) this.#stopped = null;
    return "unknown";
  }

  #apply(instruction: Instruction): void {
    try {
      this.#scope.apply(instruction);
    } catch (error) {
      if (!(error instanceof LabError) || error.code === "cancelled") throw error;
      this.#key = null;
      this.#unknown ??= error.message;
    }
  }
}
