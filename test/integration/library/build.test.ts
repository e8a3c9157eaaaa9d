import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BuildEvent, type BuildOptions, build, explainMiss, openImage } from "../../../lib/index.ts";
import "../../../lib/vitest/index.ts";
import { anyDriver, busybox, executorFile, missing, skipNote } from "../build/support.ts";

// Images of real builds, tested with the matchers as users would.

let root: string;
let context: string;
let place: BuildOptions;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "kaniko-lab-library-"));
  context = join(root, "context");
  place = {
    cacheDir: join(root, "cache"),
    driver: anyDriver,
    executor: executorFile("fork"),
    buildArgs: { BASE: busybox },
  };
  await mkdir(context);
  await writeFile(join(context, "greeting.txt"), "hello\n");
  await writeDockerfile("RUN mkdir /opt/tool && cp /greeting.txt /opt/tool/data && rm /greeting.txt");
});
afterAll(() => rm(root, { recursive: true, force: true }));

function writeDockerfile(run: string): Promise<void> {
  return writeFile(
    join(context, "Dockerfile"),
    `ARG BASE\nFROM \${BASE}\nRUN mkdir -p /opt\nCOPY greeting.txt /\n${run}\n`,
  );
}

describe.skipIf(missing !== "")(`the library${skipNote(missing)}`, () => {
  test("build, and what each step did", async () => {
    const events: BuildEvent[] = [];
    const image = await build(context, { ...place, name: "first", onEvent: event => events.push(event) });
    expect(events.at(-1)).toMatchObject({ type: "finished", status: "succeeded" });
    const run = await image.step("RUN mkdir /opt/tool");
    expect(run).toAddOnly(["/opt/tool/data"]);
    expect(run).toDelete("/greeting.txt");
    expect(run).not.toBeCached();
    expect(run).toBeSmallerThan("10kB");
    expect(await run.readText("/opt/tool/data")).toBe("hello\n");
    expect((await image.config())?.env).toContain("PATH=/bin:/usr/bin");
  });

  test("the same again is taken from the layer cache", async () => {
    const image = await build(context, place);
    expect(await image.step("RUN mkdir /opt/tool")).toBeCached();
  });

  test("another file is the first miss, and explainMiss says so", async () => {
    await writeFile(join(context, "greeting.txt"), "good day\n");
    const image = await build(context, place);
    const copy = (await explainMiss(image)).find(({ step }) => step.instruction === "COPY");
    expect(copy).toMatchObject({ result: "miss", isFirst: true, causes: [{ kind: "file", path: "greeting.txt" }] });
    expect(copy?.sentence).toBe("missed: greeting.txt has another content");
    const against = await openImage("first", place);
    expect(await explainMiss(image, { against })).toHaveLength(image.steps.length);
  });

  test("a RUN that fails rejects, and its record can be opened", async () => {
    await writeDockerfile("RUN exit 7");
    const error = await build(context, place).catch(thrown => thrown);
    expect(error).toMatchObject({ code: "build-failed", exitStatus: 4 });
    const [, id] = /^build (\S+): /.exec(error.message) ?? [];
    expect((await openImage(id as string, place)).build).toMatchObject({ status: "failed", failure: { exitCode: 7 } });
  });

  test("a signal cancels it", async () => {
    await writeDockerfile("RUN sleep 1000");
    const stop = new AbortController();
    const onEvent = (event: BuildEvent) => event.type === "step-started" && event.step === 4 && stop.abort();
    await expect(build(context, { ...place, signal: stop.signal, onEvent })).rejects.toMatchObject({
      code: "cancelled",
    });
    expect((await openImage("latest", place)).build).toMatchObject({ status: "cancelled" });
  });

  test("kaniko-lab.yaml of the context counts; options count more", async () => {
    await writeDockerfile("ARG WHO\nRUN echo $WHO > /who");
    await writeFile(join(context, "kaniko-lab.yaml"), "buildArgs: { WHO: file }\ncache: off\n");
    const byFile = await build(context, place);
    expect(await (await byFile.lastStep()).readText("/who")).toBe("file\n");
    expect(byFile.build?.spec.cache).toBe("off");
    const byOption = await build(context, { ...place, cache: "on", buildArgs: { ...place.buildArgs, WHO: "option" } });
    expect(await (await byOption.lastStep()).readText("/who")).toBe("option\n");
  });

  test("what is not there is said by code", async () => {
    await expect(build(join(root, "nowhere"), place)).rejects.toMatchObject({ code: "context-not-found" });
    await expect(build(context, { ...place, cache: "nonsense" })).rejects.toMatchObject({ code: "usage" });
    await expect(build(context, { ...place, executor: "./nowhere" })).rejects.toMatchObject({
      code: "executor-unavailable",
    });
  });
});
