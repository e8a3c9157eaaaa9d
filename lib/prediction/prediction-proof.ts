/** Predicts a build beside the build itself and says in the end how right that was. Never ends a build, never holds it up. */

import { Unknown } from "../cache-key/context-reader.ts";
import { messageOf } from "../error.ts";
import type { PredictionOutcome, Step } from "../model/build.ts";
import { noOutcome, outcomeOf } from "./compare-outcome.ts";
import { type BuildPrediction, type PredictBuildRequest, predictBuild } from "./predict-build.ts";

export class PredictionProof {
  readonly #stop = new AbortController();
  readonly #prediction: Promise<BuildPrediction | Unknown>;

  static start(request: PredictBuildRequest): PredictionProof {
    return new PredictionProof(stop => {
      const signal = AbortSignal.any([request.signal, stop]);
      return predictBuild({ ...request, signal }).catch(error => new Unknown(messageOf(error)));
    });
  }

  /** Of a build of which nothing can be predicted. */
  static without(why: string): PredictionProof {
    return new PredictionProof(async () => new Unknown(why));
  }

  private constructor(predict: (stop: AbortSignal) => Promise<BuildPrediction | Unknown>) {
    this.#prediction = predict(this.#stop.signal);
  }

  /** Called when the executor has ended: what is not predicted by then is given up. */
  async outcome(steps: readonly Step[]): Promise<PredictionOutcome> {
    const late = new Promise<Unknown>(resolve => setImmediate(resolve, new Unknown("the build was over before")));
    const prediction = await Promise.race([this.#prediction, late]);
    this.#stop.abort();
    return prediction instanceof Unknown ? noOutcome(prediction.why) : outcomeOf(prediction.steps, steps);
  }
}
