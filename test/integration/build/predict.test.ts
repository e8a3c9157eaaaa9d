/** `predict` as its user calls it, against what the builds then do. */

import { describe, expect, test } from "vitest";
import { buildArgs, busybox, type Family, Place, registry, skipNote, whyNotAgain } from "./support.ts";

const stage = `FROM ${busybox} AS made
COPY src /src
RUN mkdir -p /out/sub && echo x > /out/x && echo y > /out/sub/y && ln -s x /out/link && ln -s sub /out/folder
RUN chmod 700 /out/sub && chown 12:34 /out/x && ln /out/x /out/hard && ln -s /out /absolute && rm /src/b.c
`;
const first = `${stage}FROM ${busybox}\nARG V=1\nRUN echo $V > /one\nCOPY word /word\nRUN cat /word > /two\nCOPY --from=made /out/x /three\n`;
const second = `${stage}FROM ${busybox}
RUN echo 1 > /one
COPY --from=made /out /o
COPY --from=made /out/link /out/hard /p/
COPY --from=made /src/*.h /src/more /q/
COPY --from=made /out/folder/y /r
COPY --from=made /absolute/x /s
COPY --from=${busybox} /etc /t
COPY --from=${busybox} /bin/s* /etc/group /u/
RUN echo end
`;
const files = { Dockerfile: first, word: "one\n", "src/a.h": "a\n", "src/b.c": "b\n", "src/more/c.h": "c\n" };

interface Foreseen {
  readonly number: number;
  readonly text: string;
  readonly result: string;
  readonly key: string | null;
  readonly cause: Record<string, unknown> | null;
  readonly unknown: string | null;
  readonly isInvalidated: boolean;
}

async function predict(place: Place, family: Family, ...more: string[]) {
  const [, ...args] = buildArgs({ driver: "sandbox", family });
  return (await place.json("predict", ...args, ...more)) as {
    unknown: string | null;
    against: string | null;
    lost: { durationMs: number; sizeBytes: number; measured: number } | null;
    steps: Foreseen[];
  };
}

const resultsOf = (steps: readonly Foreseen[], from: number) =>
  steps.filter(({ number }) => number >= from).map(({ result }) => result);

describe.each(["fork", "upstream"] as const)("%s", family => {
  const why = whyNotAgain("sandbox", family);

  test.skipIf(why)(`before and after a build, and what an edit costs${skipNote(why)}`, async () => {
    const place = await Place.create(files);
    try {
      const before = await predict(place, family);
      expect(resultsOf(before.steps, 5)).toEqual(["off", "skipped", "miss", "skipped", "skipped", "skipped"]);
      expect(before.steps.find(({ number }) => number === 7)?.cause).toEqual({ kind: "first-build" });
      const built = await place.build({ driver: "sandbox", family });
      // What step 10 copies is made only in this build.
      for (const step of built.steps.filter(({ number, cache }) => cache.key !== null && number !== 10)) {
        expect(before.steps.find(({ number }) => number === step.number)?.key).toBe(step.cache.key);
      }
      const after = await predict(place, family);
      expect(after.against).toBe(built.build.id);
      expect(resultsOf(after.steps, 5)).toEqual(["off", "skipped", "hit", "hit", "hit", "hit"]);

      const edited = await predict(place, family, "--edit", "word");
      expect(resultsOf(edited.steps, 5)).toEqual(["off", "skipped", "hit", "miss", "skipped", "skipped"]);
      expect(edited.steps.filter(step => step.isInvalidated).map(({ number }) => number)).toEqual([8, 9, 10]);
      expect(edited.steps[7]?.cause).toMatchObject({ kind: "file", path: "word" });
      expect(edited.lost?.measured).toBe(3);
      expect(edited.lost?.sizeBytes).toBeGreaterThan(0);

      const other = await predict(place, family, "--build-arg", "V=2");
      expect(resultsOf(other.steps, 5)).toEqual(["off", "skipped", "miss", "skipped", "skipped", "skipped"]);
      expect(other.steps[6]?.cause).toMatchObject({ kind: "arg", name: "V", before: "1", after: "2" });

      const shown = await place.run([
        "predict",
        ...buildArgs({ driver: "sandbox", family }).slice(1),
        "--edit",
        "word",
      ]);
      expect(shown.stdout).toContain("file word changed");
      expect(shown.stderr).toMatch(/a change of word invalidates steps 8, 9, 10: .* of layers/);
      expect(shown.stdout.split("\n").filter(line => [...line].length > 80)).toEqual([]);
      expect((await place.run(["predict", "context", "--edit", "../word"])).status).not.toBe(0);
    } finally {
      await place.remove();
    }
  });

  test.skipIf(why)(`new lines that copy from stages and images that are known${skipNote(why)}`, async () => {
    const place = await Place.create(files);
    try {
      await place.build({ driver: "sandbox", family });
      await place.write({ Dockerfile: second });
      const foreseen = await predict(place, family);
      const built = await place.build({ driver: "sandbox", family });
      const steps = built.steps.filter(({ stage: { index }, cache }) => index === 1 && cache.key !== null);
      expect(steps).toHaveLength(9);
      for (const { number, text, cache } of steps) {
        expect([text, foreseen.steps.find(step => step.number === number)?.key]).toEqual([text, cache.key]);
      }
    } finally {
      await place.remove();
    }
  });

  test.skipIf(why)(`a layer cache in a registry${skipNote(why)}`, async () => {
    const place = await Place.create(files);
    const repository = ["--cache", `${registry}/kaniko-lab-test/predict-${family}-${process.pid}-${Date.now()}`];
    try {
      expect(resultsOf((await predict(place, family, ...repository)).steps, 7)).toEqual([
        "miss",
        "skipped",
        "skipped",
        "skipped",
      ]);
      await place.build({ driver: "sandbox", family }, ...repository);
      const foreseen = await predict(place, family, ...repository);
      // Kaniko goes on where it cannot put a layer into the registry: what the next build finds is the truth.
      const { steps } = await place.build({ driver: "sandbox", family }, ...repository);
      const found = steps.filter(({ cache }) => cache.key !== null);
      expect(found.some(({ cache }) => cache.result === "hit")).toBe(true);
      for (const { number, text, cache } of found) {
        expect([text, foreseen.steps.find(step => step.number === number)?.result]).toEqual([text, cache.result]);
      }
    } finally {
      await place.remove();
    }
  });

  test.skipIf(why)(`where nothing can be predicted, it is said${skipNote(why)}`, async () => {
    const place = await Place.create(files);
    try {
      expect((await predict(place, family, "--cache", "off")).unknown).toContain("without the layer cache");
      await place.write({ Dockerfile: "FROM 127.0.0.1:1/no/such:base\nRUN echo x\n" });
      const { steps } = await predict(place, family);
      expect(steps[1]).toMatchObject({ result: "unknown", key: null, cause: null });
      expect(steps[1]?.unknown).toContain("127.0.0.1:1/no/such:base");
    } finally {
      await place.remove();
    }
  });
});
