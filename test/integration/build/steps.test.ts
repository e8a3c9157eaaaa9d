import { existsSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import {
  busybox,
  type Driver,
  type Family,
  Place,
  type StepDocument,
  sha256Of,
  skipNote,
  whyNotAgain,
} from "./support.ts";

const dockerfile = `ARG BASE
FROM \${BASE} AS words
WORKDIR /src
COPY words.txt .
RUN sort words.txt > sorted.txt && rm words.txt
ENV SORTED=yes

FROM \${BASE}
LABEL title=greeter
COPY --from=words /src/sorted.txt /usr/share/words
WORKDIR /home
COPY greet.sh /usr/bin/greet
RUN chmod 755 /usr/bin/greet && mkdir /etc/greet && echo hi > /etc/greet/word
RUN rm -r /etc/greet
USER 1000
CMD ["greet"]
`;
const files = { Dockerfile: dockerfile, "words.txt": "b\na\n", "greet.sh": "#!/bin/sh\ncat /usr/share/words\n" };

for (const family of ["fork", "upstream"] as const) {
  for (const driver of ["sandbox", "docker"] as const) {
    const reason = whyNotAgain(driver, family);
    describe.skipIf(reason)(`${family} in ${driver}${skipNote(reason)}`, () => testSteps(driver, family));
  }
}

function testSteps(driver: Driver, family: Family): void {
  let place: Place;
  afterEach(() => place.remove());

  test("each step shows its layer, each layer hashes to its name; the next build hits, an edit misses where it matters", async () => {
    place = await Place.create(files);
    const build = () => place.build({ driver, family }, "--build-arg", `BASE=${busybox}`);

    const first = await build();
    expect(first.build).toMatchObject({ status: "succeeded", failure: null, warnings: [] });
    expect(first.steps.map(step => step.instruction)).toEqual([
      "FROM",
      "WORKDIR",
      "COPY",
      "RUN",
      "ENV",
      "FROM",
      "LABEL",
      "COPY",
      "WORKDIR",
      "COPY",
      "RUN",
      "RUN",
      "USER",
      "CMD",
    ]);
    checkLayers(first.steps);
    expect(namedOf(first.steps)).toMatchObject({
      "COPY words.txt .": { added: family === "fork" ? 1 : null },
      "RUN rm -r /etc/greet": { status: "executed", deleted: 2, added: 0 },
      "COPY greet.sh /usr/bin/greet": { added: 2, deleted: 0 },
    });
    const layers = place.layerFiles();
    for (const [digest, file] of layers) expect(sha256Of(file)).toBe(digest);
    expect(await place.halfWritten()).toEqual([]);

    const second = await build();
    expect(hits(second.steps)).toEqual(looked(second.steps));
    expect(layersOf(second.steps)).toEqual(layersOf(first.steps));
    // What upstream does not cache it makes anew, with new times.
    if (family === "fork") expect(place.layerFiles()).toEqual(layers);

    await place.write({ "greet.sh": "#!/bin/sh\ntac /usr/share/words\n" });
    const third = await build();
    expect(namedOf(third.steps)).toMatchObject({
      "RUN sort words.txt > sorted.txt && rm words.txt": { status: "cached", cache: { result: "hit" } },
      "COPY --from=words /src/sorted.txt /usr/share/words": { status: "cached", cache: { result: "hit" } },
      "COPY greet.sh /usr/bin/greet": { status: "executed", cache: { result: "miss" } },
      "RUN rm -r /etc/greet": { status: "executed", cache: { result: "skipped" } },
    });
    checkLayers(third.steps);
    for (const [digest, file] of place.layerFiles()) expect(sha256Of(file)).toBe(digest);
    expect((await place.json("builds")).builds).toHaveLength(3);
  });

  /** Upstream does not cache WORKDIR, and with it metadata leaves no layers in the image. */
  function checkLayers(steps: readonly StepDocument[]): void {
    for (const step of steps) {
      if (step.instruction === "FROM") expect(step.baseLayers).toHaveLength(1);
      else if (/^(COPY|RUN)$/.test(step.instruction)) expect(step.layer, step.text).not.toBeNull();
      else if (step.instruction === "WORKDIR" && (family === "fork" || step.stage.index === 1))
        expect(step.layer, step.text).not.toBeNull();
    }
    const stored = place.layerFiles();
    for (const digest of steps.flatMap(digestsOf))
      expect(stored.has(digest) && existsSync(stored.get(digest) as string)).toBe(true);
  }
}

function digestsOf(step: StepDocument): string[] {
  return [...step.baseLayers.map(layer => layer.digest), ...(step.layer ? [step.layer.digest] : [])];
}

function namedOf(steps: readonly StepDocument[]): Record<string, StepDocument> {
  return Object.fromEntries(steps.map(step => [step.text, step]));
}

function looked(steps: readonly StepDocument[]): number[] {
  return steps.filter(step => /^(COPY|RUN)$/.test(step.instruction)).map(step => step.number);
}

function hits(steps: readonly StepDocument[]): number[] {
  const found = steps.filter(step => step.cache.result === "hit" && step.instruction !== "WORKDIR");
  return found.map(step => step.number);
}

function layersOf(steps: readonly StepDocument[]): Record<number, string | undefined> {
  const cached = steps.filter(step => /^(COPY|RUN)$/.test(step.instruction));
  return Object.fromEntries(cached.map(step => [step.number, step.layer?.digest]));
}
