import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anyDriver, busybox, type Family, Place, registry, skipNote, whyNot, whyNotAgain } from "../build/support.ts";

const dockerfile = (base: string) =>
  `FROM ${base}\nCOPY one.txt /one.txt\nRUN cat /one.txt > /two.txt\nLABEL made=here\nRUN cat /two.txt\n`;

/** What changes from one build to the next although no instruction and no file does. */
describe.each<Family>(["fork", "upstream"])("what else makes a step miss, with the executor of the %s", family => {
  const missing = whyNotAgain(anyDriver, family);
  const other: Family = family === "fork" ? "upstream" : "fork";
  let place: Place;
  beforeAll(async () => {
    if (missing !== "") return;
    place = await Place.create({ Dockerfile: dockerfile(busybox), "one.txt": "one\n" });
  });
  afterAll(() => place?.remove());

  /** Each step's number, result, reason and cause. */
  async function explained(...args: string[]): Promise<Row[]> {
    const { steps } = await place.json("explain", ...args);
    return steps.map(({ number, result, reason, cause }: Row) => ({ number, result, reason, cause }));
  }

  test.skipIf(missing)(
    `the first build, the same again, a cleared cache, its time over${skipNote(missing)}`,
    async () => {
      await place.build({ family });
      expect(await explained()).toMatchObject([
        { number: 1, cause: null },
        { number: 2, result: "miss", reason: "no-entry", cause: { kind: "first-build" } },
        { number: 3, result: "skipped", reason: "after-miss", cause: { kind: "earlier-step", step: 2 } },
        { number: 4, result: "skipped", reason: "kind", cause: null },
        { number: 5, result: "skipped", reason: "after-miss", cause: { kind: "earlier-step", step: 2 } },
      ]);

      await place.build({ family });
      const again = await explained();
      expect(again.map(({ result, cause }) => [result, cause])).toEqual([
        ["skipped", null],
        ["hit", null],
        ["hit", null],
        ["skipped", null],
        ["hit", null],
      ]);

      await place.build({ family }, "--", "--cache-ttl=1ns");
      expect(await explained()).toMatchObject([
        { cause: null },
        { result: "miss", reason: "expired", cause: { kind: "expired", name: "--cache-ttl", after: "1ns" } },
        {
          result: "skipped",
          reason: "after-miss",
          cause: { kind: "earlier-step", step: 2, root: { kind: "expired" } },
        },
        { result: "skipped", reason: "kind", cause: null },
        { result: "skipped", reason: "after-miss", cause: { kind: "earlier-step", step: 2 } },
      ]);

      await rm(place.path("cache/layer-cache"), { recursive: true });
      await place.build({ family });
      expect(await explained()).toMatchObject([
        { cause: null },
        { result: "miss", reason: "no-entry", cause: { kind: "no-entry" } },
        {
          result: "skipped",
          reason: "after-miss",
          cause: { kind: "earlier-step", step: 2, root: { kind: "no-entry" } },
        },
        { cause: null },
        { cause: { kind: "earlier-step", step: 2 } },
      ]);
    },
  );

  test.skipIf(missing)(`flags, the layer cache off and on, another executor${skipNote(missing)}`, async () => {
    await place.build({ family }, "--no-cache-copy-layers", "--build-arg", "NOWHERE=1");
    const withoutCopies = await explained();
    expect(withoutCopies[1]).toMatchObject({ result: "skipped", reason: "kind", cause: null });

    await place.build({ family }, "--cache", "off");
    const off = await explained();
    expect(off[2]).toMatchObject({ result: "off", cause: { kind: "flags", name: "--cache", after: "off" } });

    await place.write({ "one.txt": "another\n" });
    await place.build({ family }, "--cache", "off");
    await place.build({ family });
    expect((await explained())[1]).toMatchObject({
      result: "miss",
      cause: { kind: "flags", name: "--cache", before: "off", after: "on" },
    });

    if (whyNot(anyDriver, other) !== "") return;
    await place.build({ family: other });
    const cause = { kind: "flags", name: "executor" };
    expect(await explained()).toMatchObject([
      { number: 1, cause },
      { number: 2, result: "miss", cause },
      { number: 3, cause: { kind: "earlier-step", root: cause } },
      { number: 4, cause: { kind: "earlier-step", root: cause } },
      { number: 5, cause: { kind: "earlier-step", root: cause } },
    ]);
  });

  test.skipIf(missing)(`another base image under the same name, and another name${skipNote(missing)}`, async () => {
    const base = `${registry}/lab/explained-${family}:1`;
    const bases = await Place.create();
    try {
      const push = async (lines: string) => {
        await bases.write({ Dockerfile: `FROM ${busybox}\n${lines}` });
        await bases.build({ family }, "--destination", base, "--cache", "off");
      };
      await push("RUN echo one > /base\n");
      await place.write({ Dockerfile: dockerfile(base) });
      await place.build({ family });
      const [renamed, first] = await explained();
      expect(renamed?.cause).toMatchObject({ kind: "base", before: busybox, after: base });
      expect(first).toMatchObject({ result: "miss", cause: { kind: "base", after: base } });

      await push("RUN echo two > /base\n");
      await place.build({ family });
      const moved = await explained();
      const cause = {
        kind: "base",
        name: base,
        before: expect.stringMatching(/^sha256:/),
        notes: ["1 of its 2 layers is new"],
      };
      expect(moved).toMatchObject([
        { cause },
        { result: "miss", cause },
        { result: "skipped", cause: { kind: "earlier-step", step: 1, root: cause } },
        { cause: { kind: "earlier-step", step: 1 } },
        { cause: { kind: "earlier-step", step: 1 } },
      ]);

      await push("RUN echo two > /base\nENV ADDED=1\n");
      await place.build({ family });
      const [from] = await explained();
      expect(from?.cause?.kind).toBe("base");
    } finally {
      await bases.remove();
    }
  });
});

interface Row {
  readonly number: number;
  readonly result: string;
  readonly reason: string | null;
  readonly cause: { readonly kind: string } | null;
}
