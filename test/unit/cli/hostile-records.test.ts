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

/** Puts the text into every string of a document that may hold any text. */
function poisoned(value: unknown, key = ""): unknown {
  const kept = /^(?:id|status|driver|type|family|result|startedAt|digest|diffId|manifest|config|level|instruction)$/;
  if (typeof value === "string") return kept.test(key) ? value : `${value}${evil}`;
  if (Array.isArray(value)) return value.map(each => poisoned(each, key));
  if (value === null || typeof value !== "object") return key === "name" ? evil : value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, poisoned(inner, name)]));
}

test("escape sequences in a record and its events are never shown raw", async () => {
  for (const id of readdirSync(join(place.cache, "builds"))) {
    const file = (name: string) => join(place.cache, "builds", id, name);
    const record = JSON.parse(readFileSync(file("build.json"), "utf8"));
    const failed = { ...record, status: "failed", failure: { message: "no", step: 3, exitCode: 1 }, warnings: ["one"] };
    writeFileSync(file("build.json"), JSON.stringify(poisoned(failed)));
    const events = readFileSync(file("events.ndjson"), "utf8").trim().split("\n");
    const bad = events.map(line => JSON.stringify(poisoned(JSON.parse(line))));
    const failure = { message: evil, step: 3, exitCode: 1 };
    bad[bad.length - 1] = JSON.stringify({ type: "finished", atMs: 9e3, status: "failed", manifest: null, failure });
    writeFileSync(file("events.ndjson"), `${bad.join("\n")}\n`);
  }
  const commands = [
    ["builds"],
    ["steps"],
    ["steps", "--long"],
    ["layers"],
    ["ls"],
    ["search", "greet"],
    ["diff"],
    ["diff", "--step", "4"],
    ["history", "latest", "/usr/bin/greet"],
    ["history", "latest", "/nothing"],
    ["replay", "--speed", "0"],
    ["export", "latest", "--to", "out.klab"],
    ["cat", "latest", "/bin/busybox"],
    ["ls", "latest", "--stage", "none"],
  ];
  for (const args of commands) {
    for (const more of [["--no-color"], ["--json"]]) {
      const { stdout, stderr } = await place.run([...args, ...more]);
      const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.exec(stdout + stderr);
      expect(raw, `${args.join(" ")}: ${JSON.stringify(stdout + stderr).slice(0, 3000)}`).toBeNull();
      expect(stderr, args.join(" ")).not.toContain("this is a bug");
    }
  }
});
