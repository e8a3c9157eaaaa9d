import { rmSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { busybox, missing, Place, sha256Of, skipNote } from "./support.ts";

describe.skipIf(missing)(`builds as a file, and back${skipNote(missing)}`, () => {
  let place: Place;
  beforeAll(async () => {
    place = await Place.create({
      Dockerfile: `FROM ${busybox} AS words\nCOPY word /word\nRUN cat /word > /said\nFROM ${busybox}\nCOPY --from=words /said /said\nRUN rm /bin/wget\n`,
      word: "one\n",
    });
    await place.build({}, "--name", "first");
    await place.write({ word: "two\n" });
    await place.build();
    await place.text("export", "first", "latest", "--to", place.path("thin.klab"));
    await place.text("export", "first", "latest", "--full", "--to", place.path("full.klab"));
  });
  afterAll(() => place.remove());

  const questions = [
    ["steps", "first"],
    ["steps", "latest"],
    ["ls", "latest", "/", "--recursive"],
    ["ls", "first", "/", "--recursive", "--stage", "words"],
    ["diff", "first", "latest"],
    ["diff", "latest", "--step", "5"],
    ["search", "said", "latest"],
    ["history", "latest", "/bin/wget"],
  ];

  for (const kind of ["thin", "full"] as const) {
    test(`${kind}: the same answers as where it was built`, async () => {
      const other = place.path(`cache-of-${kind}`);
      const there = ["--cache-dir", other];
      const { builds } = await place.json("import", place.path(`${kind}.klab`), ...there);
      expect(builds).toHaveLength(2);
      for (const question of questions) {
        const [here, imported] = [await place.json(...question), await place.json(...question, ...there)];
        expect(portable(imported), question.join(" ")).toEqual(portable(here));
      }
      expect(await place.text("cat", "first", "/said", ...there)).toBe("one\n");
      expect(await place.text("cat", "latest", "/said", ...there)).toBe("two\n");
      const file = await place.run(["diff", "first", "latest", "--file", "/said", ...there]);
      expect(file.stdout).toContain("-one\n+two\n");

      const ofBase = await place.run(["cat", "latest", "/etc/passwd", ...there]);
      const whole = await place.run(["extract", "latest", "--all", "--to", place.path(`out-${kind}`), ...there]);
      if (kind === "full") {
        expect(ofBase).toMatchObject({ status: 0, stdout: expect.stringContaining("root:") });
        expect(whole.status).toBe(0);
      } else {
        expect(ofBase).toMatchObject({ status: 5, stdout: "" });
        expect(ofBase.stderr).toMatch(/^error: of layer sha256:[0-9a-f]{64} only the listing is here\n/);
        expect(ofBase.stderr).toContain("hint: build again, or import a full export of the build\n");
        expect(whole.status).toBe(5);
      }
      const replay = await place.run(["replay", "latest", "--speed", "0", ...there]);
      expect(replay).toMatchObject({ status: 0, stderr: expect.stringContaining("nothing is built now") });
    });
  }

  /** What a machine adds: where files are, how the executor is called there. */
  function portable(document: { build?: { executor: object }; layers?: object[] }): unknown {
    if (document.build) return { ...document, build: { ...document.build, executor: null } };
    return document;
  }

  test("a thin file is smaller, both hash what they hold, exporting twice gives the same", async () => {
    expect(statSync(place.path("thin.klab")).size).toBeLessThan(statSync(place.path("full.klab")).size / 5);
    const before = sha256Of(place.path("thin.klab"));
    await place.text("export", "first", "latest", "--to", place.path("thin.klab"));
    expect(sha256Of(place.path("thin.klab"))).toBe(before);
  });

  test("a full file brings what a thin one left out", async () => {
    const there = ["--cache-dir", place.path("cache-of-both")];
    await place.text("import", place.path("thin.klab"), ...there);
    expect((await place.run(["cat", "latest", "/etc/passwd", ...there])).status).toBe(5);
    await place.text("import", place.path("full.klab"), ...there);
    expect(await place.text("cat", "latest", "/etc/passwd", ...there)).toContain("root:");
  });

  test("what was imported thin can be exported again, thin; not where nothing can be written", async () => {
    const there = ["--cache-dir", place.path("cache-of-again")];
    await place.text("import", place.path("thin.klab"), ...there);
    await place.text("export", "first", "latest", "--full", "--to", place.path("again.klab"), ...there);
    rmSync(place.path("cache-of-again"), { recursive: true });
    await place.text("import", place.path("again.klab"), ...there);
    expect(await place.text("cat", "latest", "/said", ...there)).toBe("two\n");
    const nowhere = await place.run(["export", "latest", "--to", place.path("no/such/folder.klab"), ...there]);
    expect(nowhere).toMatchObject({
      status: 2,
      stderr: `error: cannot write ${place.path("no/such/folder.klab")}: there is no such folder\nhint: --to FILE names another place\n`,
    });
  });
});
