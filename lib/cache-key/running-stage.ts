import type { Instruction } from "../dockerfile/dockerfile.ts";
import { LabError } from "../error.ts";
import type { Digest } from "../model/digest.ts";
import type { BuildArguments } from "./build-arguments.ts";
import type { CompositeKey } from "./composite-key.ts";
import { Unknown } from "./context-reader.ts";
import { instructionParts } from "./instruction-parts.ts";
import type { KeyPart } from "./key-part.ts";
import type { CacheEntry, PredictedResult, PredictedStep, PredictionRequest } from "./prediction.ts";
import { sourcePart } from "./source-hash.ts";
import { mountWords, sourcePaths, sourceWords } from "./source-paths.ts";
import type { PlacedInstruction } from "./stage-runs.ts";
import type { StageScope } from "./stage-scope.ts";

/** What later stages need of one that was gone through. */
export interface StageEnd {
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

export interface StageStart extends Pick<StageEnd, "cached" | "changed"> {
  readonly key: CompositeKey | null;
  readonly basePart: KeyPart | null;
  readonly scope: StageScope;
  readonly unknown: string | null;
}

/** Of a stage that starts from no other one. */
export const fresh: Pick<StageEnd, "cached" | "changed"> = { cached: new Map(), changed: null };

export interface StagesBefore {
  readonly ends: ReadonlyMap<number, StageEnd>;
  readonly pushed: ReadonlySet<string>;
}

/** A stage while its instructions are gone through: what is known of the key so far, and whether the layer cache is still asked. */
export class RunningStage {
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
