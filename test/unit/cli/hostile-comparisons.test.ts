import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Place } from "./program.ts";

const sample = join(import.meta.dirname, "../../../workspace/greeter.klab");
const evil = "evil\x1b[2J\x07\r\u009b31m\u202e";

let place: Place;
beforeEach(async () => {
  place = await Place.create();
  await place.run(["import", sample]);
});
afterEach(() => place.remove());

test("escape sequences in names, configs and ignore files of builds are never shown raw", async () => {
  for (const [at, id] of readdirSync(join(place.cache, "builds")).entries()) {
    const file = (name: string) => join(place.cache, "builds", id, name);
    const record = JSON.parse(readFileSync(file("build.json"), "utf8"));
    const steps = record.steps.map((step: { text: string }) => ({ ...step, text: `${step.text} ${evil}${at}` }));
    writeFileSync(file("build.json"), JSON.stringify({ ...record, steps, name: `${evil}${at}` }));
    const config = JSON.parse(readFileSync(file("config.json"), "utf8"));
    const names = { [`${evil}${at}`]: {} };
    const values = { Env: [`${evil}=${evil}${at}`], User: `${evil}${at}`, Labels: { [evil]: `${at}` }, Volumes: names };
    writeFileSync(file("config.json"), JSON.stringify({ ...config, config: values }));
    const summary = { schemaVersion: 1, ignoreFile: evil, patterns: [evil], dockerfile: evil, ignored: 0 };
    const entry = { type: "file", mode: 0, uid: 0, gid: 0, sizeBytes: 1, mtimeMs: 0, contentDigest: null };
    const lines = [
      { ...summary, undigested: 1, truncated: true },
      { ...entry, path: `words.txt`, linkTarget: null },
      { ...entry, path: `${evil}/${evil}`, linkTarget: evil },
      { ...entry, path: evil.repeat(2), linkTarget: null },
    ];
    writeFileSync(file("context.ndjson"), lines.map(line => JSON.stringify(line)).join("\n"));
  }
  const commands = [
    ["compare"],
    ["compare", "--config"],
    ["compare", "--step", "4"],
    ["compare", "--step", "99"],
    ["context"],
    ["history", "latest", "/usr/bin/greet", "--builds"],
    ["builds", "--sizes"],
  ];
  for (const args of commands) {
    for (const more of [["--no-color"], ["--json"]]) {
      const { stdout, stderr, status } = await place.run([...args, ...more]);
      const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.exec(stdout + stderr);
      expect(raw, `${args.join(" ")}: ${JSON.stringify(stdout + stderr).slice(0, 3000)}`).toBeNull();
      expect(stderr, args.join(" ")).not.toContain("this is a bug");
      expect(status, `${args.join(" ")}: ${stderr}`).toBe(args.includes("99") ? 2 : 0);
    }
  }
});
