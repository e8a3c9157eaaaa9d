import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ImageLayout } from "../cli/image-layout.ts";
import { Place } from "../cli/program.ts";
import { file, tar } from "../layer/make-tar.ts";

// The forms of a report for other programs, made by the program: of the recorded sample, and of a hostile image.

const recording = new URL("../../../workspace/greeter.klab", import.meta.url).pathname;
const evil = "</script><img src=x onerror=alert(1)>|`@team`\n]]>&\x1b[31m\u202e";
let place: Place;

beforeAll(async () => {
  place = await Place.create();
  expect((await place.run(["import", recording])).status).toBe(0);
  const layer = tar(
    file(`srv/${evil}`, "content"),
    file(Buffer.from("srv/\xff\xfe.key", "latin1"), "content"),
    file("root/.ssh/id_rsa", "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n"),
  );
  mkdirSync(place.path("evil"));
  const layout = new ImageLayout(place.path("evil"));
  layout.finish(layout.image([{ stored: gzipSync(layer), tar: layer }]));
});
afterAll(() => place.remove());

async function report(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await place.run(["report", ...args]);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout;
}

const level = z.enum(["error", "warning", "note"]);
const text = z.strictObject({ text: z.string().min(1) });
/** What of SARIF 2.1.0 is written, with the constraints of its schema. */
const sarif = z.strictObject({
  $schema: z.url(),
  version: z.literal("2.1.0"),
  runs: z.tuple([
    z.strictObject({
      tool: z.strictObject({
        driver: z.strictObject({
          name: z.string(),
          rules: z.array(
            z.strictObject({
              id: z.string(),
              shortDescription: text,
              help: text,
              defaultConfiguration: z.strictObject({ level }),
            }),
          ),
        }),
      }),
      columnKind: z.enum(["utf16CodeUnits", "unicodeCodePoints"]),
      invocations: z.array(
        z.strictObject({ executionSuccessful: z.boolean(), endTimeUtc: z.iso.datetime().optional() }),
      ),
      results: z.array(
        z.strictObject({
          ruleId: z.string(),
          ruleIndex: z.int().min(0),
          level,
          message: text,
          locations: z.array(
            z.strictObject({
              physicalLocation: z
                .strictObject({
                  artifactLocation: z.strictObject({ uri: z.string(), uriBaseId: z.string() }),
                  region: z.strictObject({ startLine: z.int().min(1), endLine: z.int().min(1) }),
                })
                .optional(),
              logicalLocations: z
                .array(z.strictObject({ fullyQualifiedName: z.string(), kind: z.string() }))
                .optional(),
            }),
          ),
          partialFingerprints: z.record(z.string(), z.string()),
          properties: z.strictObject({ step: z.int() }).optional(),
        }),
      ),
    }),
  ]),
});

describe("SARIF", () => {
  test("is as the standard wants it, with findings at the lines of the Dockerfile", async () => {
    const { runs } = sarif.parse(JSON.parse(await report("latest", "--as", "sarif")));
    const [{ tool, results }] = runs;
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(results.map(({ ruleId }) => ruleId)).toContain("waste-deleted");
    const token = results.find(({ ruleId }) => ruleId === "secret-file");
    expect(token?.locations[0]?.physicalLocation).toMatchObject({
      artifactLocation: { uri: expect.stringMatching(/Dockerfile$/) },
      region: { startLine: 22 },
    });
    expect(token?.locations[0]?.logicalLocations).toEqual([{ fullyQualifiedName: "/root/token", kind: "resource" }]);
  });

  test("of an image has names in it, but no file", async () => {
    const { runs } = sarif.parse(JSON.parse(await report("oci:evil", "--as", "sarif")));
    const key = runs[0].results.find(({ ruleId }) => ruleId === "secret-private-key");
    expect(key?.locations).toEqual([
      { logicalLocations: [{ fullyQualifiedName: "/root/.ssh/id_rsa", kind: "resource" }] },
    ]);
  });
});

describe("JUnit", () => {
  test("steps and rules are cases; what was found fails", async () => {
    const xml = await report("latest", "--as", "junit");
    expect(xml).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="kaniko-lab [^"]+" tests="\d+"/);
    expect(xml.match(/<testcase classname="kaniko-lab\.steps"/g)).toHaveLength(15);
    expect(xml).toMatch(
      /<testcase classname="kaniko-lab\.lint" name="secret-file"[^>]*>\n +<failure message="[^"]+">step 12 /,
    );
    expect(xml).toMatch(/<testcase classname="kaniko-lab\.lint" name="secret-aws" time="0\.000"\/>/);
    const failures = Number(/<testsuites [^>]*failures="(\d+)"/.exec(xml)?.[1]);
    expect(xml.match(/<failure /g)).toHaveLength(failures);
  });

  test("of a hostile image is XML all the same", async () => {
    const xml = await report("oci:evil", "--as", "junit");
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b-\u001f\ud800-\udfff]|<img|\]\]>/);
    expect(xml).toContain(".ssh/id_rsa");
  });
});

describe("Markdown", () => {
  test("tells the most important at once, the rest folded", async () => {
    const text = await report("latest", "--as", "markdown");
    expect(text).toMatch(/^## ✅ `/);
    expect(text).toContain("| Image | Unpacked | Steps |");
    expect(text).toMatch(/<details><summary>Waste: .*\| 14 B \| 12 \| deleted later, 1 file \| `\/root\/token` \|/s);
  });

  test("of two tells what differs", async () => {
    const text = await report("previous", "latest", "--as", "markdown");
    expect(text).toMatch(/\*\*Steps that differ: \d+ of \d+\*\*/);
    expect(text).toMatch(/<details><summary><code>\/usr\/bin\/greet<\/code><\/summary>\n\n```diff\n@@/);
  });

  test("of a hostile image has no HTML and no call in it", async () => {
    const text = await report("oci:evil", "--as", "markdown");
    expect(text.replaceAll(/(`+)(?:(?!\1).)*\1/g, "")).not.toMatch(
      /<(?!\/?(?:details|summary|code|sub)\b|!-- -->)|@\w/,
    );
  });
});

describe("the document", () => {
  test("is what the forms are made from", async () => {
    const { side, files, changes, waste, lint, comparison } = await place.json("report", "latest");
    expect(side.steps).toHaveLength(15);
    expect(side.steps[11]).toMatchObject({ number: 12, line: 22, instruction: "RUN" });
    expect(files.value.paths).toContain("usr/bin/greet");
    expect(files.value.sizesBytes).toHaveLength(files.value.paths.length);
    expect(changes.map((group: { step: number }) => group.step)).toContain(13);
    expect(waste.value.wastedBytes).toBeGreaterThan(0);
    expect(lint.value.findings[0].rule).toBe("secret-file");
    expect(comparison).toBeNull();
  });

  test("compares two", async () => {
    const { comparison } = await place.json("report", "previous", "latest");
    expect(comparison).toMatchObject({ differs: true, one: { word: expect.any(String) } });
  });
});

describe("the command", () => {
  test("refuses two targets for forms that tell of one", async () => {
    const { status, stderr } = await place.run(["report", "previous", "latest", "--as", "sarif"]);
    expect(stderr).toContain("--as sarif tells of one build or image, not of two");
    expect(status).toBe(2);
  });

  test("leaves a file as it was when it cannot write", async () => {
    writeFileSync(place.path("plain"), "");
    const { status, stderr } = await place.run(["report", "latest", "-o", "plain/report.html"]);
    expect(stderr).toContain("cannot write");
    expect(status).toBe(2);
  });
});

// The last one: it changes the record.
describe("a failed build", () => {
  beforeAll(() => {
    const id = readdirSync(place.path("cache/builds")).sort().at(-1) as string;
    const file = place.path("cache/builds", id, "build.json");
    const build = JSON.parse(readFileSync(file, "utf8"));
    build.status = "failed";
    build.failure = { message: "the command ended with exit status 7", step: 4, exitCode: 7 };
    build.layers = [];
    build.steps[3].status = "failed";
    writeFileSync(file, JSON.stringify(build));
  });

  test("has a place, and no parts that only an image has", async () => {
    const { runs } = sarif.parse(JSON.parse(await report("latest", "--as", "sarif")));
    expect(runs[0].results).toMatchObject([{ ruleId: "build-failed", level: "error", properties: { step: 4 } }]);
    expect(await report("latest", "--as", "junit")).toMatch(
      /name="step 4: [^"]*"[^>]*>\n +<failure message="the command ended with exit status 7">/,
    );
    const { side, waste, files } = await place.json("report", "latest");
    expect([side.image, waste, files]).toEqual([
      null,
      { missing: "there is no image" },
      { missing: "there is no image" },
    ]);
    expect(await report("latest", "--as", "markdown")).toMatch(/^## ❌ failed: .*\*\*Failed at step 4:\*\*/s);
  });
});
