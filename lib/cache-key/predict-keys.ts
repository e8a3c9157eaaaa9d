import { scratchDigest } from "./base-digest.ts";
import { BuildArguments } from "./build-arguments.ts";
import { CompositeKey } from "./composite-key.ts";
import { Unknown } from "./context-reader.ts";
import type { KeyBase } from "./key-base.ts";
import type { PredictedStep, PredictionRequest } from "./prediction.ts";
import { fresh, RunningStage, type StageEnd, type StageStart } from "./running-stage.ts";
import { type StageRun, stageRuns } from "./stage-runs.ts";
import { defaultEnv, StageScope } from "./stage-scope.ts";

/** In the order in which the executor goes through them. */
export async function predictKeys(request: PredictionRequest): Promise<PredictedStep[]> {
  const prediction = new Prediction(request);
  await prediction.findBases();
  const steps: PredictedStep[] = [];
  for (const run of prediction.runs()) steps.push(...(await prediction.run(run)));
  return steps;
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
