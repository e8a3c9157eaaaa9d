import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diffSnapshots, explainMiss, type ImageView, importRecording, openImage } from "../../../lib/index.ts";
import "../../../lib/vitest/index.ts";

// On the two real builds of the shipped recording, the second one after an edit of words.txt and greet.sh.

const recording = fileURLToPath(new URL("../../../workspace/greeter.klab", import.meta.url));
const cacheDir = mkdtempSync(join(tmpdir(), "kaniko-lab-matchers-"));
let before: ImageView;
let image: ImageView;

beforeAll(async () => {
  const ids = await importRecording(recording, { cacheDir });
  [before, image] = (await Promise.all(ids.map(id => openImage(id, { cacheDir })))) as [ImageView, ImageView];
});
afterAll(() => rmSync(cacheDir, { recursive: true }));

function messageOf(check: () => void): string {
  try {
    check();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it passed");
}

describe("paths of a step", () => {
  test("toAdd, toDelete, toModify", async () => {
    const sort = await image.step("RUN sort");
    expect(sort).toAdd("/src/sorted.txt");
    expect(sort).toAdd(["src/sorted.txt", "/src/*.txt"]);
    expect(sort).not.toAdd("/src/words.txt");
    expect(sort).toDelete("/src/words.txt");
    expect(await image.step("RUN chmod")).toModify("/usr/bin/greet");
    expect(messageOf(() => expect(sort).toAdd(["/src/words.txt", "/bin/busybox", "/a\u0007"]))).toBe(
      [
        "expected step 4 (RUN sort words.txt > sorted.txt  && rm words.txt) to add",
        "  missing: /src/words.txt (it is deleted)",
        "           /bin/busybox (there before, and not changed)",
        "           /a\\x07 (not there)",
      ].join("\n"),
    );
  });

  test("toAddOnly: folders that only lead there need not be written", async () => {
    const copy = await image.step("COPY --from");
    expect(copy).toAddOnly(["/usr/share/greeter/part-a", "/usr/share/greeter/part-b"]);
    expect(copy).toAddOnly("/usr/share/greeter/");
    expect(copy).toAddOnly(["/usr/share/**"]);
    expect(messageOf(() => expect(copy).toAddOnly(["/usr/bin/curl", "/usr/share/greeter/*-a"]))).toBe(
      [
        "expected step 9 (COPY --from=words /src/dict /usr/share/greeter) to add these paths only",
        "  missing: /usr/bin/curl (not there)",
        "  besides: /usr/share/greeter/part-b",
      ].join("\n"),
    );
    expect(messageOf(() => expect(copy).toAddOnly([]))).toContain(" to add nothing\n  besides: /usr\n");
    expect(messageOf(() => expect(copy).not.toAddOnly("/usr/share/greeter/"))).toContain("not to add these paths only");
  });

  test("toChangeOnly: of every kind", async () => {
    const sort = await image.step("RUN sort");
    expect(sort).toChangeOnly(["/src/sorted.txt", "/src/words.txt"]);
    expect(messageOf(() => expect(sort).toChangeOnly("/src/sorted.txt"))).toContain(
      "besides: /src/words.txt (deleted)",
    );
    expect(await image.step("ENV GREETER")).toChangeOnly([]);
  });

  test("a long list is cut", async () => {
    const from = await image.step(1);
    expect(messageOf(() => expect(from).toAddOnly([]))).toMatch(/\n {11}… and \d+ more$/);
  });

  test("of a difference of two images", async () => {
    const difference = await diffSnapshots(await before.lastStep(), await image.lastStep());
    expect(difference).toChangeOnly(["/usr/bin/greet", "/usr/share/greeter/part-a"]);
    expect(messageOf(() => expect(difference).toAdd("/x"))).toBe("expected the difference to add\n  missing: /x");
  });

  test("what is no step is named", () => {
    const promise = image.step(1);
    expect(messageOf(() => expect(promise).toAdd("/x"))).toContain("is there an await missing?");
    expect(messageOf(() => expect(null).toBeCached())).toBe("toBeCached wants a step");
    expect(messageOf(() => expect("text").toHaveFile("/x"))).toBe("toHaveFile wants a step");
  });
});

describe("files, cache and sizes", () => {
  test("toHaveFile", async () => {
    const last = await image.lastStep();
    expect(last).toHaveFile("/usr/bin/greet", { mode: 0o755, type: "file", uid: 0 });
    expect(last).not.toHaveFile("/root/token");
    expect(await image.step("RUN echo")).toHaveFile("/root/token", { sizeBytes: 14 });
    expect(messageOf(() => expect(last).toHaveFile("/root/token"))).toContain("but nothing is there");
    expect(messageOf(() => expect(last).toHaveFile("/usr/bin/greet", { mode: 0o4755, uid: 0 }))).toBe(
      'expected step 15 (CMD ["greet"]) to have /usr/bin/greet with mode 0o4755, uid 0, but it has mode 0o755',
    );
  });

  test("toBeCached, of steps and of their records", async () => {
    expect(await image.step("WORKDIR")).toBeCached();
    expect(image.steps[1]).toBeCached();
    expect(messageOf(() => expect(image.steps[2]).toBeCached())).toBe(
      "expected step 3 (COPY words.txt .) to be taken from the layer cache, but it was: a miss; explainMiss() tells why",
    );
  });

  test("toBeSmallerThan", async () => {
    expect(image).toBeSmallerThan("2 MB");
    expect(await image.step("RUN sort")).toBeSmallerThan(1000);
    expect((await image.lastStep()).node("/usr/bin/greet")).toBeSmallerThan("1kB");
    expect(messageOf(() => expect(image).toBeSmallerThan("1kB"))).toMatch(
      /^expected greeter-edited to be smaller than 1,000 bytes, but it has [\d,]+ bytes$/,
    );
    expect(messageOf(() => expect(image).toBeSmallerThan("much"))).toContain('"much" is no size');
  });
});

describe("the front", () => {
  test("a step by number, text, pattern, stage", async () => {
    for (const which of [4, "RUN sort", /sorted\.txt +&&/] as const)
      expect(await image.step(which)).toMatchObject({ number: 4, instruction: "RUN" });
    expect((await image.step({ stage: "words" })).number).toBe(5);
    expect((await image.step({ stage: 1 })).number).toBe((await image.lastStep()).number);
    await expect(image.step("RUN ")).rejects.toMatchObject({
      code: "unknown-step",
      message: expect.stringContaining("4, 5, 11"),
    });
    await expect(image.step("RUN apk")).rejects.toMatchObject({ code: "unknown-step" });
    await expect(image.step(99)).rejects.toMatchObject({ code: "unknown-step" });
    await expect(image.step({ stage: "none" })).rejects.toMatchObject({ code: "unknown-stage" });
  });

  test("files are read as they were after a step", async () => {
    expect(await (await image.step(12)).readText("/root/token")).toBe("not so secret\n");
    await expect((await image.step(13)).readText("/root/token")).rejects.toMatchObject({ code: "not-found" });
  });

  test("explainMiss names the first miss; without another build there is nothing to compare with", async () => {
    const steps = await explainMiss(image);
    expect(steps.find(({ result }) => result === "miss")).toMatchObject({ step: { number: 3 }, isFirst: true });
    const alone = await explainMiss(image, { against: null });
    expect(alone.every(({ before: other }) => other === null)).toBe(true);
    expect(await explainMiss(image, { against: before })).toEqual(steps);
  });

  test("what is not there is said by code", async () => {
    await expect(openImage("nothing-of-that-name", { cacheDir })).rejects.toMatchObject({ code: "unknown-target" });
    const alone = await openImage(join(cacheDir, "nowhere"), { cacheDir }).catch(error => error);
    expect(alone).toMatchObject({ name: "LabError", exitStatus: 2 });
  });
});
