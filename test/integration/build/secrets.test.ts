import { writeFile } from "node:fs/promises";
import { afterEach, describe, expect, test } from "vitest";
import {
  buildArgs,
  busybox,
  ended,
  filesNaming,
  Place,
  processesNaming,
  skipNote,
  whyNot,
  written,
} from "./support.ts";

let place: Place;
afterEach(() => place.remove());

for (const [driver, family] of [
  ["sandbox", "fork"],
  ["docker", "fork"],
  ["sandbox", "upstream"],
] as const) {
  const reason = whyNot(driver, family);
  describe.skipIf(reason)(`what is secret, ${family} in ${driver}${skipNote(reason)}`, () => {
    test("the value of an argument called like a secret is nowhere but in the build", async () => {
      const secret = `s3cret-${process.hrtime.bigint()}`;
      place = await Place.create({
        Dockerfile: `FROM ${busybox}\nARG API_TOKEN\nARG OPEN\nRUN echo now-it-runs "$API_TOKEN" $OPEN; sleep 1000\n`,
      });
      const args = [
        ...buildArgs({ driver, family }),
        "--build-arg",
        "API_TOKEN",
        "--build-arg",
        "OPEN=to-all",
        "-v",
        "trace",
      ];
      const child = place.start(args, { env: { API_TOKEN: secret } });
      const stderr = await written(child, "| now-it-runs");
      // Everybody on the machine sees argument lists.
      expect(processesNaming(secret)).toEqual([]);
      child.kill("SIGINT");
      const result = await ended(child);
      expect(result.status).toBe(130);
      expect(stderr).toContain("| now-it-runs *** to-all\n");
      expect(stderr + result.stderr + result.stdout).not.toContain(secret);
      expect(await filesNaming(place.cache, secret)).toEqual([]);
      expect(await place.json("builds")).toMatchObject({
        builds: [{ spec: { buildArgs: { API_TOKEN: "***", OPEN: "to-all" } } }],
      });
    });

    test("a failing build does not quote it", async () => {
      const secret = `s3cret-${process.hrtime.bigint()}`;
      place = await Place.create({ Dockerfile: `ARG PASSWORD\nFROM ${busybox}\nARG PASSWORD\nCOPY $PASSWORD /\n` });
      for (const more of [[], ["--json"]]) {
        const args = [...buildArgs({ driver, family }), "--build-arg", "PASSWORD", ...more];
        const { status, stdout, stderr } = await place.run(args, { env: { PASSWORD: secret } });
        expect(status).toBe(4);
        expect(stdout + stderr).not.toContain(secret);
      }
      expect(await filesNaming(place.cache, secret)).toEqual([]);
    });
  });
}

const reason = whyNot("sandbox");
describe.skipIf(reason)(`secrets for RUN${skipNote(reason)}`, () => {
  test("from a file and from the environment: there for RUN, in no layer and no record", async () => {
    const [one, two] = [`file-${process.hrtime.bigint()}`, `environment-${process.hrtime.bigint()}`];
    place = await Place.create({
      Dockerfile: `FROM ${busybox}
RUN --mount=type=secret,id=one wc -c < /run/secrets/one > /size && cat /run/secrets/one
RUN --mount=type=secret,id=two,env=GIVEN echo "\${#GIVEN}" > /length && echo "shown: $GIVEN"
`,
    });
    await writeFile(place.path("one.txt"), one);
    const secrets = ["--secret", `id=one,src=${place.path("one.txt")}`, "--secret", "id=two,env=TWO"];
    const { status, stdout, stderr } = await place.run([...buildArgs({ driver: "sandbox" }), ...secrets], {
      env: { TWO: two },
    });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stderr).toContain("| shown: ***\n");
    expect(stdout + stderr).not.toContain(one);
    expect(stdout + stderr).not.toContain(two);
    expect((await place.text("cat", "latest", "/size")).trim()).toBe(String(one.length));
    expect((await place.text("cat", "latest", "/length")).trim()).toBe(String(two.length));
    expect(await filesNaming(place.cache, one)).toEqual([]);
    expect(await filesNaming(place.cache, two)).toEqual([]);
  });
});
