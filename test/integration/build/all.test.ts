import { existsSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { anyDriver, busybox, ended, executorFile, missing, Place, registry, skipNote, written } from "./support.ts";

let place: Place;
beforeEach(async () => {
  place = await Place.create();
});
afterEach(() => place.remove());

const all = ["build", "--all", "context", "--driver", anyDriver, "--executor", executorFile("fork")];

describe.skipIf(missing !== "")(`every context below a folder${skipNote(missing)}`, () => {
  test("in the order of their bases, the others going on when one fails", async () => {
    const own = `all-${process.pid}-${Date.now()}`;
    await place.write({
      "base/Dockerfile": `FROM ${busybox}\nRUN echo base > /base\n`,
      "api/dockerfile": `FROM ${registry}/${own}/base:1\nRUN cat /base > /api\n`,
      "bad/Dockerfile": `FROM ${busybox}\nRUN exit 3\n`,
      "tools/after.Dockerfile": `FROM ${registry}/${own}/bad:1\nRUN true\n`,
      "odd/Dockerfile": "FRUM scratch\n",
    });
    const junit = place.path("out.xml");
    const push = ["--destination", `${registry}/${own}/{name}:1`, "--insecure-registry", registry, "--junit", junit];
    const { status, stdout } = await place.run([...all, "--jobs", "2", "--json", ...push]);
    expect(status).toBe(4);
    const document = JSON.parse(stdout);
    expect(
      document.contexts.map((one: Record<string, unknown>) => [one.name, one.status, one.failure, one.steps]),
    ).toEqual([
      ["api", "succeeded", null, 2],
      ["bad", "failed", "step 2: the command ended with exit status 3", 2],
      ["base", "succeeded", null, 2],
      ["odd", "failed", expect.stringContaining("unknown instruction: FRUM"), 0],
      ["tools-after", "skipped", "it needs bad, which was not built", 0],
    ]);
    expect(document).toMatchObject({ succeeded: 2, failed: 2, skipped: 1, cancelled: 0 });
    expect(await place.text("cat", "api", "/api")).toBe("base\n");
    expect(readFileSync(junit, "utf8").match(/<testcase/g)).toHaveLength(5);
    expect(await place.halfWritten()).toEqual([]);
  });

  test("Ctrl-C ends what runs and begins nothing more", async () => {
    await place.write({
      "one/Dockerfile": `FROM ${busybox}\nRUN echo begun && sleep 600\n`,
      "two/Dockerfile": `FROM ${busybox}\nRUN true\n`,
    });
    const program = place.start([...all, "--jobs", "1", "--", "--ignore-path=/x"]);
    const end = ended(program);
    await written(program, "at a time");
    // The record of the first build is there as soon as it runs.
    while (!existsSync(place.path("cache", "builds")) || (await place.json("builds")).builds.length === 0);
    program.kill("SIGINT");
    const { status, stdout } = await end;
    expect(status).toBe(130);
    expect(stdout).toMatch(/^one +cancelled.*\ntwo +cancelled/m);
    expect(await place.halfWritten()).toEqual([]);
  });
});

test("a destination that all would share, and options of a single build, are refused", async () => {
  await place.write({ "one/Dockerfile": "FROM scratch\n" });
  const shared = await place.run([...all, "--destination", `${registry}/all:1`]);
  expect(shared).toMatchObject({ status: 2, stderr: expect.stringContaining("{name}") });
  const single = await place.run([...all, "--name", "x"]);
  expect(single).toMatchObject({ status: 2, stderr: expect.stringContaining("--name is for one build") });
  const alone = await place.run(["build", "context", "--jobs", "2"]);
  expect(alone).toMatchObject({ status: 2, stderr: expect.stringContaining("--jobs goes with --all") });
});
