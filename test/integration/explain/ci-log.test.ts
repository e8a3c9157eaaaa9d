import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { anyDriver, busybox, type Family, Place, skipNote, whyNot } from "../build/support.ts";

const dockerfile = `FROM ${busybox} AS made
ARG LEVEL=1
COPY one.txt /one.txt
RUN echo $LEVEL > /level
FROM ${busybox}
ENV MODE=a
RUN echo $MODE > /mode
COPY --from=made /level /level
RUN ls /level
`;

describe.each<readonly [Family, string]>([
  ["fork", "json"],
  ["fork", "color"],
  ["upstream", "text"],
])("a build elsewhere that is known from its log: %s, %s", (family, format) => {
  const missing = whyNot(anyDriver, family);

  test.skipIf(missing)(`each step is explained against it${skipNote(missing)}`, async () => {
    const place = await Place.create({ Dockerfile: dockerfile, "one.txt": "one\n" });
    try {
      const { build } = await place.build({ family }, "--", `--log-format=${format}`);
      const log = await readFile(place.path("cache/builds", build.id, "executor.log"), "utf8");
      await place.write({ "one.txt": "other\n", Dockerfile: dockerfile.replace("MODE=a", "MODE=b") });
      await place.build({ family }, "--build-arg", "LEVEL=2");

      const whole = await explained(place, log);
      expect(whole.steps.map(({ cause }) => cause?.kind ?? null)).toEqual([
        ...[null, null, "file", "arg"],
        // Upstream gives the second stage the argument of the first one.
        ...[null, "env", family === "upstream" ? "arg" : "earlier-step", "stage", "earlier-step"],
      ]);
      expect(whole.steps[2]?.cause).toMatchObject({ path: "one.txt" });
      expect(whole.steps[3]?.cause).toMatchObject({ name: "LEVEL", before: "1", after: "2" });
      expect(whole.steps[7]?.cause).toMatchObject({ name: "made", step: 3 });
      expect(whole.log).toMatchObject({ builds: 1, keys: 7, parts: 7, unreadable: 0 });

      const noisy = log
        .split("\n")
        .flatMap(line => [
          line,
          'time="2026-01-01T00:00:00Z" level=info msg="RUN echo not a step"',
          "\u001b[31mnoise\u001b[0m",
        ])
        .map(line => `2026-01-01T00:00:00.000000Z 01O ${line}`);
      const before = ['{"level":"info","msg":"runner is ready","time":"2026-01-01T00:00:00Z"}', "INFO[0000] pulling"];
      expect((await explained(place, [...before, ...noisy].join("\r\n"))).steps).toEqual(whole.steps);

      const at = log.indexOf("Building stage", log.indexOf("Building stage") + 1);
      const cut = await explained(place, log.slice(0, at));
      expect(cut.steps.slice(0, 4)).toEqual(whole.steps.slice(0, 4));
      expect(cut.steps[4]?.cause).toMatchObject({ kind: "unknown", notes: [expect.stringContaining("the log ends")] });
      expect(cut.steps.slice(5).every(({ cause }) => cause !== null && cause.kind !== "instruction")).toBe(true);

      const quiet = log.split("\n").filter(line => !/"debug"|level=debug|^(?:\u001b\[[\d;]+m)?DEBU/.test(line));
      const told = await explained(place, quiet.join("\n"));
      expect(told.log).toMatchObject({ keys: 2, parts: 0, unreadable: 0 });
      expect(told.steps[2]).toMatchObject({ sameKey: false });

      const wrong = await explained(place, log.replaceAll("LEVEL=1 ", "LEVEL=9 "));
      expect(wrong.log?.unreadable).toBeGreaterThan(0);
    } finally {
      await place.remove();
    }
  });
});

test("what is no log of Kaniko is refused", async () => {
  const place = await Place.create();
  try {
    const file = place.path("other.log");
    await writeFile(file, 'hello\nINFO[0000] nothing\n{"level":"info","msg":"RUN x","time":"now"}\n');
    const { status, stderr } = await place.run(["explain", "--against-log", file]);
    expect([2, 5]).toContain(status);
    expect(stderr).toMatch(/^error: /);
  } finally {
    await place.remove();
  }
});

async function explained(place: Place, log: string): Promise<Explained> {
  await writeFile(place.path("ci.log"), log);
  return place.json("explain", "--against-log", place.path("ci.log"));
}

interface Explained {
  readonly steps: readonly {
    readonly sameKey: boolean | null;
    readonly cause: { readonly kind: string } | null;
  }[];
  readonly log: { readonly unreadable: number } | null;
}
