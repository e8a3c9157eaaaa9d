/** `explain`, `steps` and `predict`'s proof over records that are damaged, foreign or hostile. */

import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Place } from "./program.ts";

const sample = join(import.meta.dirname, "../../../workspace/greeter.klab");
const evil = "evil\x1b[2J\x07\r\u009b31m\u202e";

let place: Place;
let ids: string[];
beforeEach(async () => {
  place = await Place.create();
  await place.run(["import", sample]);
  ids = readdirSync(join(place.cache, "builds")).sort();
});
afterEach(() => place.remove());

const file = (id: string, name: string) => join(place.cache, "builds", id, name);
const latest = () => ids.at(-1) as string;

// biome-ignore lint/suspicious/noExplicitAny: records are bent here in every way
function change(id: string, edit: (record: any) => void): void {
  const record = JSON.parse(readFileSync(file(id, "build.json"), "utf8"));
  edit(record);
  writeFileSync(file(id, "build.json"), JSON.stringify(record));
}

/** One clear error, and nothing that looks like a bug. */
async function refused(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await place.run(args);
  expect(stderr).not.toContain("this is a bug");
  expect(stderr.match(/^error: /gm)).toHaveLength(1);
  expect(status).not.toBe(0);
  expect(stdout).toBe("");
  return stderr;
}

async function answered(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await place.run(args);
  expect(stderr).not.toContain("this is a bug");
  expect(status, stderr).toBe(0);
  // A difference of a file has tabs, as all tools write them.
  expect(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/.exec(stdout + stderr)).toBeNull();
  return stdout + stderr;
}

describe("records that cannot be read", () => {
  test.each<[string, (text: string) => string]>([
    ["another version", text => text.replace(/"schemaVersion":\s*1/, '"schemaVersion": 99')],
    ["cut off", text => text.slice(0, text.length / 2)],
    ["empty", () => ""],
    ["a list", () => "[]"],
    ["a key that is a number", text => text.replace(/"key":\s*"[0-9a-f]{64}"/, '"key": 7')],
    ["a stage that starts from itself", text => text.replace(/"baseStage":\s*null/, '"baseStage": 0')],
  ])("%s", async (_, bend) => {
    const path = file(latest(), "build.json");
    writeFileSync(path, bend(readFileSync(path, "utf8")));
    expect(await refused("explain", latest())).toContain(latest());
  });
});

describe("records that tell less, or something false", () => {
  test("without Dockerfile, context listing, log and config the keys are still compared", async () => {
    for (const id of ids)
      for (const name of ["Dockerfile", "context.ndjson", "executor.log", "config.json"])
        rmSync(file(id, name), { force: true });
    expect(await answered("explain")).toMatch(/^ {2}1 /m);
    expect(await answered("explain", "--step", "4")).toContain("key ");
  });

  test("a Dockerfile, a listing and a config that are something else count as not kept", async () => {
    for (const id of ids) {
      writeFileSync(file(id, "Dockerfile"), "FROMM nothing\n\0");
      writeFileSync(file(id, "context.ndjson"), '{"schemaVersion":1');
      writeFileSync(file(id, "config.json"), "[]");
    }
    expect(await answered("explain")).toMatch(/^ {2}1 /m);
  });

  test("keys without parts, parts without keys, parts that make another key", async () => {
    change(latest(), record => {
      for (const [at, step] of record.steps.entries()) {
        if (at % 3 === 0) step.cache.parts = null;
        else if (at % 3 === 1) step.cache.key = step.cache.key && "f".repeat(64);
        else step.cache.parts = ["|9999999", "A=1"];
      }
    });
    const text = await answered("explain");
    expect(text).toMatch(/its key is another one|nothing to compare|nothing that was kept/);
    for (const number of ["2", "3", "4"]) await answered("explain", "--step", number);
    await answered("explain", "--json");
  });

  test("escape sequences and huge values in everything that a key has", async () => {
    const huge = `RUN ${"very long ".repeat(20_000)}`;
    for (const [at, id] of ids.entries()) {
      change(id, record => {
        record.name = `${evil}${at}`;
        record.executor.version = evil;
        for (const step of record.steps) {
          step.cache.parts = step.cache.parts && [...step.cache.parts.map((part: string) => part + evil + at), evil];
        }
        record.steps[3].text = huge + at;
        record.steps[3].cache.parts = ["|1", `${evil}=${"x".repeat(200_000)}`, huge + at];
      });
    }
    await answered("explain");
    await answered("explain", "--step", "4");
    await answered("explain", "--step", "3");
    await answered("steps");
  });

  test("step numbers that are given twice, and none at all", async () => {
    change(latest(), record => {
      for (const step of record.steps) step.number = 1;
    });
    await answered("explain");
    change(latest(), record => {
      record.steps = [];
    });
    await answered("explain");
    expect(await refused("explain", "--step", "1")).toContain("step 1");
  });
});

describe("a prediction that was wrong", () => {
  const wrong = (differences: object[] | undefined) => ({
    keys: 9,
    known: 9,
    exact: 8,
    wrong: [3],
    results: { known: 9, exact: 8, wrong: [3, 4] },
    unknown: null,
    ...(differences === undefined ? {} : { differences }),
  });
  const told = [
    { step: 3, predictedKey: "a".repeat(64), key: "b".repeat(64), predictedResult: "hit", result: "miss" },
    { step: 4, predictedKey: "c".repeat(64), key: "c".repeat(64), predictedResult: "hit", result: "skipped" },
  ];

  test.each(["steps", "explain"])("%s warns with both keys, and guesses nothing", async command => {
    change(latest(), record => {
      record.prediction = wrong(told);
    });
    const text = await answered(command);
    expect(text).toContain("step 3: predicted hit under aaaaaaaaaaaa, was miss under bbbbbbbbbbbb");
    expect(text).toMatch(/how v\S+ of the maintained fork makes this key is not known here/);
    expect(text).toContain("step 4: predicted hit, was not looked up under its key cccccccccccc");
    const { build, prediction } = await place.json(command);
    expect((prediction ?? build.prediction).differences).toEqual(told);
  });

  test("a record of an older version does not tell the keys, and says so", async () => {
    change(latest(), record => {
      record.prediction = wrong(undefined);
    });
    expect(await answered("steps")).toContain(
      "step 3: another key was predicted than it had; which one, this record does not tell",
    );
  });

  test("names in it are escaped, odd ones refused", async () => {
    change(latest(), record => {
      record.prediction = wrong([{ ...told[0], key: evil, predictedKey: evil }]);
      record.executor.version = evil;
    });
    expect(await answered("steps")).toContain("evil\\x1b[2J");
    change(latest(), record => {
      record.prediction = wrong([{ ...told[0], predictedResult: "perhaps" }]);
    });
    expect(await refused("steps", latest())).toContain("prediction");
  });

  test("one that was right is not mentioned", async () => {
    change(latest(), record => {
      record.prediction = { ...wrong([]), wrong: [], results: { known: 9, exact: 9, wrong: [] } };
    });
    expect(await answered("steps")).not.toContain("prediction");
  });
});
