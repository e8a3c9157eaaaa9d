import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Step } from "../../../lib/model/build.ts";
import { busybox, type Driver, executorFile, type Family, Place, skipNote, whyNot } from "./support.ts";

const dockerfile = `ARG BASE
FROM \${BASE} AS made
RUN mkdir /made && echo one > /made/one
FROM \${BASE}
COPY --from=made /made /made
RUN cat /made/one
LABEL a=b
`;

for (const driver of ["sandbox", "docker"] as const) {
  const reason = whyNot(driver, "fork");
  describe.skipIf(reason)(`exact times from traces in ${driver}${skipNote(reason)}`, () => testTraces(driver));
}

const timed = (place: Place): Promise<{ steps: Step[] }> => place.json("steps");

function testTraces(driver: Driver): void {
  let place: Place;
  let server: Server | null = null;
  afterEach(async () => {
    server?.close();
    server?.closeAllConnections();
    server = null;
    await place.remove();
  });

  test("every step that ran says what its time went into, and nobody is warned of the receiver", async () => {
    place = await Place.create({ Dockerfile: dockerfile });
    const { status, stderr } = await place.run([
      ...["build", "context", "--driver", driver, "--executor", executorFile("fork")],
      ...["--build-arg", `BASE=${busybox}`],
    ]);
    expect(status).toBe(0);
    expect(stderr).not.toContain("TELEMETRY");
    const { steps } = await timed(place);
    const shape = steps.map(({ number, times }) => [
      number,
      ...Object.entries(times ?? {}).flatMap(([name, ms]) => (ms === null ? [] : [name])),
    ]);
    expect(shape).toEqual([
      [1, "unpackMs"],
      [2, "firstSnapshotMs", "runMs", "snapshotMs", "pushMs"],
      [3, "unpackMs"],
      [4, "runMs", "snapshotMs", "pushMs"],
      [5, "firstSnapshotMs", "runMs", "snapshotMs", "pushMs"],
      [6, "runMs", "snapshotMs"],
    ]);
    for (const { durationMs, times } of steps) {
      const { firstSnapshotMs, runMs, snapshotMs } = times as NonNullable<Step["times"]>;
      // Rounded to whole milliseconds.
      expect((firstSnapshotMs ?? 0) + (runMs ?? 0) + (snapshotMs ?? 0)).toBeLessThanOrEqual((durationMs as number) + 1);
    }
    expect(await place.text("steps", "--times")).toMatch(/ FIRST +RUN +SNAPSHOT +PUSH +INSTRUCTION\n/);

    await place.build({ driver }, "--build-arg", `BASE=${busybox}`);
    const again = (await timed(place)).steps;
    expect(again.filter(({ status }) => status === "cached").map(({ number }) => number)).toEqual([2, 4, 5]);
    expect(again[4]?.times).toMatchObject({ firstSnapshotMs: null, snapshotMs: null, pushMs: null });
  });

  test("a build that fails has the times up to there", async () => {
    place = await Place.create({ Dockerfile: `FROM ${busybox}\nRUN true\nRUN exit 7\nRUN true\n` });
    const args = ["build", "context", "--driver", driver, "--executor", executorFile("fork")];
    expect((await place.run(args)).status).toBe(4);
    const { steps } = await timed(place);
    expect(steps.map(({ status, times }) => [status, times !== undefined])).toEqual([
      ["executed", true],
      ["executed", true],
      ["failed", true],
      ["skipped", false],
    ]);
  });

  test("a collector that the user names gets them instead", async () => {
    place = await Place.create({ Dockerfile: `FROM ${busybox}\nRUN true\n` });
    const received: string[] = [];
    server = createServer((request, response) => {
      received.push(request.url ?? "");
      request.resume().on("end", () => response.end());
    });
    await new Promise<void>(resolve => server?.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const args = ["build", "context", "--driver", driver, "--executor", executorFile("fork")];
    const env = { KANIKO_TELEMETRY_ENDPOINT: `http://127.0.0.1:${port}` };
    expect((await place.run(args, { env })).status).toBe(0);
    expect(received).toEqual(["/v1/traces"]);
    expect((await timed(place)).steps.every(({ times }) => times === undefined)).toBe(true);
  });
}

const upstream: Family = "upstream";
const noUpstream = whyNot("sandbox", upstream);
test.skipIf(noUpstream)(`an executor without traces is not asked for them${skipNote(noUpstream)}`, async () => {
  const place = await Place.create({ Dockerfile: `FROM ${busybox}\nRUN true\n` });
  await place.build({ driver: "sandbox", family: upstream });
  expect((await timed(place)).steps.every(({ times }) => times === undefined)).toBe(true);
  expect(await place.text("steps", "--times")).toContain("RUN true");
  await place.remove();
});
