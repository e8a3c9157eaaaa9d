import { describe, expect, test } from "vitest";
import { Unknown } from "../../../lib/cache-key/context-reader.ts";
import { keyAlgorithm } from "../../../lib/cache-key/key-algorithm.ts";
import { keyBaseOf } from "../../../lib/cache-key/key-base.ts";
import { predictKeys } from "../../../lib/cache-key/predict-keys.ts";
import type { CacheEntry, PredictedStep } from "../../../lib/cache-key/prediction.ts";
import { DockerIgnore, readIgnoreFile } from "../../../lib/dockerfile/dockerignore.ts";
import { ExpansionBudget } from "../../../lib/dockerfile/expansion-budget.ts";
import { globalArgDefaults } from "../../../lib/dockerfile/global-args.ts";
import { parseDockerfile } from "../../../lib/dockerfile/parse.ts";
import { resolveStages } from "../../../lib/dockerfile/resolve.ts";
import { matchSteps } from "../../../lib/prediction/compare-outcome.ts";
import { copiedBefore } from "../../../lib/prediction/earlier-copies.ts";
import { platformArguments } from "../../../lib/prediction/platform-arguments.ts";
import { dockerfileOf, type KeyCase, keyCases } from "../../fixtures/keys/cases.ts";
import { MemoryContext, type Outcomes, type RecordedCase, readOutcomes } from "./recorded-builds.ts";

const amd64 = { os: "linux", architecture: "amd64", variant: "" };

async function predict(
  of: KeyCase,
  recorded: RecordedCase,
  at: number,
  bases: Outcomes["bases"],
): Promise<PredictedStep[]> {
  const build = recorded.builds[at] as RecordedCase["builds"][number];
  const algorithm = keyAlgorithm({ executor: build.executor, args: build.flags, env: of.env ?? {} });
  if (typeof algorithm === "string") throw new Error(algorithm);
  const buildArgs = { BASE: bases[of.base ?? "busybox"].reference, PORT: recorded.port, ...of.buildArgs };
  const id = `${build.executor.family}-${keyCases.indexOf(of)}`;
  const target = of.spec?.target ?? null;
  const resolved = resolveStages(parseDockerfile(dockerfileOf(of, id)), { buildArgs, target });
  const hits = new Map(
    build.steps.filter(({ cache }) => cache.result === "hit").map(({ cache, layer }) => [cache.key, layer]),
  );
  const records = recorded.builds.slice(0, at).map(record => ({ ...record, spec: { buildArgs } }));
  return predictKeys({
    resolved,
    algorithm,
    buildArgs: new Map(Object.entries(buildArgs)),
    globalArgs: globalArgDefaults(resolved.dockerfile, buildArgs, new ExpansionBudget()),
    predefinedArgs: algorithm.hasPlatformArgs
      ? platformArguments(of.spec?.platform ?? null, resolved.stages[resolved.target]?.stage.name ?? "", amd64)
      : new Map(),
    findsOwnLayers: false,
    ports: {
      context: new MemoryContext(),
      ignore: new DockerIgnore(readIgnoreFile(of.ignoreFile ?? "")),
      base: async name => {
        const base = Object.values(bases).find(({ reference }) => reference === name);
        return base === undefined ? new Unknown(`no base ${name}`) : keyBaseOf(base, algorithm);
      },
      entry: async (key): Promise<CacheEntry> => {
        const layer = hits.get(key);
        return layer === undefined ? { state: "miss" } : { state: "hit", layer: layer?.digest ?? null };
      },
      copiedFromStage: request => copiedBefore(request, algorithm, buildArgs, { list: async () => records }),
      copiedFromImage: async () => new Unknown("not in the fixtures"),
    },
  });
}

describe.each(["fork", "upstream"] as const)("keys of the real executor: %s", family => {
  const { bases, cases } = readOutcomes(family);
  const byName = new Map(keyCases.map(of => [of.name, of]));

  test("every case of this executor was recorded", () => {
    const wanted = keyCases.filter(({ families }) => families === undefined || families.includes(family));
    expect(cases.map(({ name }) => name)).toEqual(wanted.map(({ name }) => name));
  });

  test.each(cases)("$name", async recorded => {
    const of = byName.get(recorded.name) as KeyCase;
    for (const [at, build] of recorded.builds.entries()) {
      const matched = matchSteps(await predict(of, recorded, at, bases), build.steps);
      const computed = matched.filter(([, step]) => step !== null && step.cache.key !== null);
      const withKey = build.steps.filter(({ cache }) => cache.key !== null);
      expect(computed).toHaveLength(withKey.length);
      const known = computed.filter(([{ key }]) => key !== null);
      for (const [prediction, step] of known) {
        expect([step?.text, prediction.key]).toEqual([step?.text, step?.cache.key]);
        // Rolling keys and secrets: the log does not tell the parts, or not as they were.
        const parts = step?.cache.parts?.some(part => part.includes("***")) ? null : step?.cache.parts;
        if (parts) expect(prediction.parts?.map(({ value }) => value)).toEqual(parts);
      }
      if (at > 0 || of.builds === undefined) {
        expect(computed.length - known.length).toBe(of.unknown?.[family]?.length ?? 0);
      }
    }
  });
});
