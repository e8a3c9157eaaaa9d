import type { EntryUse } from "./entry-use.ts";

/** What a key was made of. */
export interface KeyParts {
  /** The build whose record tells it. */
  readonly build: string;
  /** Of each step of the stage up to the one with the key, in order. */
  readonly steps: readonly { readonly step: number; readonly text: string; readonly parts: readonly string[] }[];
}

/** Null where no record has them all: the log must tell them, and Kaniko's debug lines of that step must be whole. */
export function keyParts(uses: readonly EntryUse[]): KeyParts | null {
  for (const { build, step } of uses) {
    const stage = build.steps.filter(({ stage, number }) => stage.index === step.stage.index && number <= step.number);
    if (step.cache.parts === null) continue;
    const steps = stage.flatMap(({ number, text, cache }) =>
      cache.parts === null ? [] : [{ step: number, text, parts: cache.parts }],
    );
    return { build: build.id, steps };
  }
  return null;
}
