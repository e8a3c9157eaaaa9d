import { readFile } from "node:fs/promises";
import { afterEach, describe, expect, test } from "vitest";
import {
  buildArgs,
  busybox,
  type Driver,
  ended,
  missing,
  Place,
  processesNaming,
  skipNote,
  whyNot,
  written,
} from "./support.ts";

let place: Place;
afterEach(() => place.remove());

for (const driver of ["sandbox", "docker"] as const) {
  const reason = whyNot(driver);
  describe.skipIf(reason)(`a build in ${driver} that is ended from outside${skipNote(reason)}`, () => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      test(`${signal} in the middle of a RUN`, async () => {
        const { child, mark } = await startedBuild(driver);
        child.kill(signal);
        const { status, stderr } = await ended(child);
        expect(status).toBe(130);
        expect(stderr).toContain(`error: the build was cancelled\n`);
        expect(processesNaming(mark)).toEqual([]);
        expect(await place.halfWritten()).toEqual([]);

        const { builds } = await place.json("builds");
        expect(builds).toMatchObject([
          { status: "cancelled", failure: { message: "the build was cancelled", step: 3 } },
        ]);
        const { steps } = await place.json("steps");
        expect(steps.map((step: { status: string }) => step.status)).toEqual([
          "executed",
          "executed",
          "failed",
          "skipped",
        ]);
        expect((await place.text("steps")).split("\n")[3]).toMatch(/^3 +stopped /);
      });
    }

    test("the program is killed: the next command says cancelled, the next build cleans up", async () => {
      const { child, mark, id } = await startedBuild(driver);
      child.kill("SIGKILL");
      await ended(child);
      expect((await place.record(id)).status).toBe("running");

      const { steps, build } = await place.json("steps");
      expect(build).toMatchObject({
        id,
        status: "cancelled",
        executor: { family: "fork" },
        failure: { message: "the process that ran this build is gone" },
      });
      expect(steps.map((step: { status: string }) => step.status)).toEqual([
        "executed",
        "executed",
        "failed",
        "skipped",
      ]);
      expect(await place.halfWritten()).toEqual([]);

      await place.write({ Dockerfile: `FROM ${busybox}\nRUN echo short\n` });
      await place.build({ driver });
      // Somebody else's build may just be removing it from an engine that is shared.
      await expect.poll(() => processesNaming(mark), { timeout: 60_000 }).toEqual([]);
      const { builds } = await place.json("builds");
      expect(builds.map((each: { status: string }) => each.status)).toEqual(["succeeded", "cancelled"]);
    });
  });

  /** A build that is in the middle of a RUN; `mark` is in the command line of what runs there. */
  async function startedBuild(how: Driver) {
    const mark = `10${String(process.hrtime.bigint()).slice(-7)}`;
    place = await Place.create({
      Dockerfile: `FROM ${busybox}\nRUN echo first > /first\nRUN echo now-it-runs; sleep ${mark}\nRUN echo never\n`,
    });
    const child = place.start(buildArgs({ driver: how }));
    const stderr = await written(child, "| now-it-runs");
    const id = /^build (\S+) on/m.exec(stderr)?.[1] as string;
    // Shown first, and on the disk a moment later.
    const events = () => readFile(place.path("cache/builds", id, "events.ndjson"), "utf8");
    await expect.poll(events, { timeout: 60_000 }).toContain("now-it-runs");
    return { child, mark, id };
  }
}

describe.skipIf(missing)(`output that nobody reads${skipNote(missing)}`, () => {
  test("a reader of stdout that goes away is no error, and the build is kept", async () => {
    place = await Place.create({ Dockerfile: `FROM ${busybox}\nRUN echo one\n` });
    const build = place.start(buildArgs());
    build.stdout.destroy();
    expect((await ended(build)).status).toBe(0);
    const { builds } = await place.json("builds");
    expect(builds).toMatchObject([{ status: "succeeded" }]);

    const list = place.start(["ls", "latest", "/", "--recursive"]);
    list.stdout.destroy();
    expect(await ended(list)).toMatchObject({ status: 0, stderr: "" });
  });

  test("a reader of stderr that goes away does not end the build", async () => {
    place = await Place.create({ Dockerfile: `FROM ${busybox}\nRUN echo one\n` });
    const build = place.start(buildArgs());
    build.stderr.destroy();
    expect((await ended(build)).status).toBe(0);
    const [{ id }] = (await place.json("builds")).builds;
    expect(await readFile(place.path("cache/builds", id, "events.ndjson"), "utf8")).toContain(`"type":"finished"`);
  });
});
