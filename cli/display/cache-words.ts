/** What the layer cache said to a step: a sign, a short word and a sentence for each answer. */

import { BuildView } from "../../lib/explain/build-view.ts";
import { cacheReason } from "../../lib/explain/cache-reason.ts";
import type { BuildRecord, CacheReason, CacheResult, Step } from "../../lib/model/build.ts";

export interface CacheWords {
  /** One character, which differs where the colour does. */
  readonly sign: string;
  /** At most five. */
  readonly word: string;
  readonly sentence: string;
}

const ofMiss: Partial<Record<CacheReason, CacheWords>> = {
  expired: { sign: "!", word: "old", sentence: "expired: its entry is older than the cache's time to live" },
  "media-type": {
    sign: "!",
    word: "type",
    sentence: "wrong media type: what the layer cache has under this key is no image",
  },
  unreadable: { sign: "!", word: "bad", sentence: "unreadable: there is an entry, but it could not be read" },
};

const ofSkipped: Partial<Record<CacheReason, CacheWords>> = {
  "after-miss": { sign: ".", word: "run", sentence: "not looked up, as a step before it missed" },
  "not-reached": {
    sign: " ",
    word: "",
    sentence: "not looked up: the executor did not come to it, or did not need it",
  },
};

const neverAsked: CacheWords = { sign: " ", word: "run", sentence: "not looked up: steps of its kind never are" };

export function cacheWords(result: CacheResult, reason: CacheReason | null): CacheWords {
  switch (result) {
    case "hit":
      return { sign: "+", word: "hit", sentence: "hit: the layer was found under this key" };
    case "miss":
      return ofMiss[reason ?? "no-entry"] ?? { sign: "!", word: "miss", sentence: "miss: no entry under this key" };
    case "skipped":
      return ofSkipped[reason ?? "kind"] ?? neverAsked;
    case "off":
      return { sign: "-", word: "run", sentence: "off: the build ran without the layer cache" };
  }
}

/** Each build's answers are asked for with every key that is pressed. */
const views = new WeakMap<BuildRecord, BuildView>();

/** As far as the record itself tells. */
export function cacheWordsOf(build: BuildRecord, step: Step): CacheWords {
  let view = views.get(build);
  if (view === undefined) {
    view = new BuildView({ record: build, dockerfile: null, listing: null, config: null, features: null });
    views.set(build, view);
  }
  return cacheWords(step.cache.result, cacheReason(view, step));
}
