import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Place, writeEmptyFiles, writeTarGz } from "./program.ts";

let place: Place;
beforeEach(async () => {
  place = await Place.create();
});
afterEach(() => place.remove());

describe("extract stays inside its folder", () => {
  function everythingBut(out: string): string[] {
    return readdirSync(place.root, { recursive: true, encoding: "utf8" }).filter(
      name => !name.startsWith("cache") && name !== out && !name.startsWith(`${out}/`),
    );
  }

  test("names with .. and absolute ones, links that lead out, files behind them", async () => {
    mkdirSync(place.path("outside"));
    writeFileSync(place.path("outside/kept"), "kept");
    await writeTarGz(place.path("layer.tgz"), [
      { name: "../escaped", content: "1" },
      { name: "a/../../../escaped", content: "2" },
      { name: `${place.path("outside/absolute")}`, content: "3" },
      { name: "up", type: "symlink", linkname: "../outside" },
      { name: "up/behind", content: "4" },
      { name: "root", type: "symlink", linkname: place.path("outside") },
      { name: "root/behind", content: "5" },
      { name: "hard", type: "link", linkname: "../outside/kept" },
      { name: "hard2", type: "link", linkname: place.path("outside/kept") },
      { name: "passwd", type: "symlink", linkname: "/etc/passwd" },
      { name: "device", type: "character-device", devmajor: 1, devminor: 3 },
      { name: "good/file", content: "good" },
    ]);
    const before = everythingBut("out");
    const { status, stderr } = await place.run(["extract", place.path("layer.tgz"), "--all", "--to", "out"]);
    expect(stderr).not.toContain("this is a bug");
    expect([0, 5]).toContain(status);
    expect(everythingBut("out")).toEqual(before);
    expect(readFileSync(place.path("outside/kept"), "utf8")).toBe("kept");
    if (status === 0) expect(readFileSync(place.path("out/good/file"), "utf8")).toBe("good");
    expect(existsSync("/tmp/escaped") || existsSync(place.path("escaped"))).toBe(false);
  });

  test("a link that lies in the folder already is not followed", async () => {
    mkdirSync(place.path("outside"));
    mkdirSync(place.path("out"));
    symlinkSync(place.path("outside"), place.path("out/data"));
    await writeTarGz(place.path("layer.tgz"), [{ name: "data/file", content: "1" }]);
    const { status, stderr } = await place.run(["extract", place.path("layer.tgz"), "--all", "--to", "out"]);
    expect(readdirSync(place.path("outside"))).toEqual([]);
    expect(status).toBe(5);
    expect(stderr).toMatch(/^error: .*data/);
  });

  test("cat through a link that leads out finds what is inside the image, or nothing", async () => {
    await writeTarGz(place.path("layer.tgz"), [
      { name: "etc/passwd", content: "of the image" },
      { name: "out", type: "symlink", linkname: "../../../../etc/passwd" },
      { name: "gone", type: "symlink", linkname: "/etc/shadow" },
      { name: "loop", type: "symlink", linkname: "loop" },
    ]);
    expect(await place.run(["cat", "layer.tgz", "/out"])).toMatchObject({ status: 0, stdout: "of the image" });
    expect(await place.run(["cat", "layer.tgz", "/gone"])).toMatchObject({ status: 1, stdout: "" });
    expect(await place.run(["cat", "layer.tgz", "/loop"])).toMatchObject({ status: 1, stdout: "" });
  });
});

describe("nothing of a layer reaches the terminal raw", () => {
  const evil = "evil-\x1b[31m\x1b]0;title\x07\r\n\u202e\u009b2J";

  test("names, links, owners' names and contents compared as text, in every command", async () => {
    await writeTarGz(place.path("one.tgz"), [
      { name: `${evil}/`, type: "directory" },
      { name: `${evil}/file`, content: `${evil}\n` },
      { name: "link", type: "symlink", linkname: evil },
      { name: "text", content: `plain\n${evil}\n` },
    ]);
    await writeTarGz(place.path("two.tgz"), [
      { name: `${evil}/file`, content: `changed ${evil}\n` },
      { name: "link", type: "symlink", linkname: `${evil}2` },
      { name: "text", content: `plain\n${evil} changed\n` },
    ]);
    const commands = [
      ["steps", "one.tgz"],
      ["layers", "one.tgz"],
      ["ls", "one.tgz"],
      ["ls", "one.tgz", "/", "-R"],
      ["ls", "one.tgz", `/${evil}/nothing`],
      ["tree", "one.tgz"],
      ["search", "evil", "one.tgz"],
      ["search", evil, "one.tgz"],
      ["search", "--regex", `(${evil}`, "one.tgz"],
      ["history", "one.tgz", "/link"],
      ["history", "one.tgz", `/${evil}`],
      ["history", "one.tgz", `/${evil}x`],
      ["diff", "one.tgz", "two.tgz"],
      ["diff", "one.tgz", "two.tgz", "--file", "/text"],
      ["diff", "one.tgz", "two.tgz", "--file", `/${evil}/file`],
      ["cat", "one.tgz", `/${evil}`],
      ["extract", "one.tgz", `/${evil}x`, "--to", "out"],
      ["extract", "one.tgz", `/${evil}`, "--to", "out"],
      ["steps", evil],
      ["import", evil],
      ["export", evil],
      ["build", evil],
      [evil],
      ["ls", `--${evil}`],
      ["ls", "one.tgz", "--stage", evil],
      ["build", "--driver", evil],
      ["build", "--executor", `./${evil}`],
    ];
    for (const args of commands) {
      const { stdout, stderr } = await place.run([...args, "--no-color"]);
      const raw = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/.exec(stdout + stderr);
      expect(raw, `${JSON.stringify(args)}: ${JSON.stringify(stdout + stderr)}`).toBeNull();
      expect(stderr, JSON.stringify(args)).not.toContain("this is a bug");
    }
  }, 60_000);

  test("JSON keeps the names as they are", async () => {
    await writeTarGz(place.path("one.tgz"), [{ name: evil, content: "1" }]);
    const { entries } = await place.json("ls", "one.tgz");
    expect(entries).toMatchObject([{ path: evil }]);
  });
});

describe("a layer of a million entries", () => {
  test("is listed, searched and compared in the memory of a small machine", async () => {
    const count = 1_000_000;
    await writeEmptyFiles(place.path("big.tgz"), count, at => `folder-${at % 1000}/file-${at}`);
    const nodeFlags = ["--max-old-space-size=512"];
    const layers = await place.run(["layers", "big.tgz", "--json"], { nodeFlags });
    expect({ status: layers.status, stderr: layers.stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(layers.stdout).layers).toMatchObject([{ entries: count }]);
    const search = await place.run(["search", "file-777777", "big.tgz", "--json"], { nodeFlags });
    expect(JSON.parse(search.stdout)).toMatchObject({ count: 1, truncated: false });
    const limited = await place.run(["search", "file", "big.tgz", "--limit", "5", "--json"], { nodeFlags });
    expect(JSON.parse(limited.stdout)).toMatchObject({ count: 5, truncated: true });
    const tree = await place.run(["tree", "big.tgz", "--depth", "1", "--json"], { nodeFlags });
    expect(JSON.parse(tree.stdout).entries).toHaveLength(1001);
    const diff = await place.run(["diff", "big.tgz", "big.tgz", "--stat", "--from", "1", "--to", "1"], { nodeFlags });
    expect(diff).toMatchObject({ status: 0, stdout: "0 added, 0 modified, 0 deleted, 0 B\n" });
  }, 120_000);
});
