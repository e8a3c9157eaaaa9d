import { readFileSync, writeFileSync } from "node:fs";
import stringWidth from "string-width";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Place, writeTarGz } from "./program.ts";

let place: Place;
beforeEach(async () => {
  place = await Place.create();
});
afterEach(() => place.remove());

const secret = `gh${"p_"}${"Zq9W8e7R6t5Y4u3I2o1P0a9S8d7F6g5H4j3K"}`;
const hostile = "\x1b[31mred\nline\u202e\u200b/\u{1f600}".repeat(8);

/** One layer with something for each command, its names as bad as they can be. */
async function badLayer(): Promise<string> {
  const layer = place.path("layer.tgz");
  await writeTarGz(layer, [
    { name: `tmp/${hostile}`, content: "left over", mode: 0o666 },
    { name: `a/${hostile}`, content: "same content" },
    { name: `b/${hostile}`, content: "same content" },
    { name: "su", content: `x ${secret} x`, mode: 0o4755 },
    { name: "su", content: "again" },
    { name: "lib/apk/db/installed", content: `P:${hostile.replaceAll("\n", " ")}\nV:1\x1b[0m\nI:9\n` },
  ]);
  return layer;
}

describe.each(["waste", "lint", "packages"])("%s", command => {
  test("names of strangers do nothing to the terminal, and nothing is wider than it", async () => {
    const { stdout, stderr } = await place.run(
      [command, await badLayer(), "--top", "9"].slice(0, command === "packages" ? 2 : 4),
    );
    expect(stdout.length).toBeGreaterThan(50);
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202e]/);
    for (const line of stdout.split("\n")) expect(stringWidth(line), line).toBeLessThanOrEqual(80);
    expect(stdout + stderr).not.toContain(secret.slice(8));
  });

  test("JSON is one document that a terminal can show", async () => {
    const { stdout, stderr } = await place.run([command, await badLayer(), "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1 });
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(stdout + stderr).not.toContain(secret.slice(8));
  });

  test("a layer that is cut off is damaged, and a wrong option is a usage error", async () => {
    const layer = await badLayer();
    writeFileSync(layer, readFileSync(layer).subarray(0, 200));
    expect((await place.run([command, layer])).status).toBe(5);
    expect((await place.run([command, layer, "--no-such"])).status).toBe(2);
  });

  test("an image without layers", async () => {
    await writeTarGz(place.path("empty.tgz"), []);
    expect((await place.run([command, place.path("empty.tgz")])).status).toBe(0);
  });
});

test("waste: each kind of it, and the rules", async () => {
  const layer = await badLayer();
  const { findings } = await place.json("waste", layer);
  expect((findings as { kind: string }[]).map(({ kind }) => kind).sort()).toEqual([
    "duplicate",
    "repeated",
    "temporary",
  ]);
  expect((await place.run(["waste", layer, "--max-waste", "1%"])).status).toBe(1);
  expect(
    (
      await place.run([
        "waste",
        layer,
        "--max-waste",
        "1%",
        "--ignore",
        "duplicate",
        "--ignore",
        "repeated",
        "--allow",
        "tmp/**",
      ])
    ).status,
  ).toBe(0);
});

test("lint: the exit status goes by the severity", async () => {
  const layer = await badLayer();
  const { findings } = JSON.parse((await place.run(["lint", layer, "--json"])).stdout);
  const rules = new Set((findings as { rule: string }[]).map(({ rule }) => rule));
  expect([...rules].sort()).toEqual([
    "duplicate-entry",
    "missing-parent",
    "secret-github",
    "setuid",
    "world-writable-file",
  ]);
  expect((await place.run(["lint", layer])).status).toBe(1);
  expect((await place.run(["lint", layer, "--skip", "secret-github"])).status).toBe(0);
  expect((await place.run(["lint", layer, "--rule", "missing-parent", "--fail-on", "note"])).status).toBe(1);
  const { stdout } = await place.run(["lint", "--rules"]);
  for (const rule of rules) expect(stdout).toContain(`${rule} `);
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});
