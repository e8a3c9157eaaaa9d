import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CodeStore, ProgramLoader } from "../../../cli/launch/code-cache.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "code-cache-"));
  mkdirSync(join(folder, "program"));
  writeFileSync(
    join(folder, "program", "main.cjs"),
    'const { twice } = require("./twice.cjs"); exports.answer = () => twice(21);',
  );
  writeFileSync(
    join(folder, "program", "twice.cjs"),
    'const { sep } = require("node:path"); exports.twice = n => n * 2; exports.sep = sep; exports.here = __filename;',
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const kept = () => join(folder, "kept", "v1", "layers.code");
const store = () => new CodeStore(join(folder, "kept"), "v1", "layers");

function run(codes: CodeStore | null): number {
  const loader = new ProgramLoader(join(folder, "program"), codes);
  const { answer } = loader.require("main.cjs") as { answer(): number };
  const result = answer();
  loader.keep();
  return result;
}

describe("the program's files and their kept code", () => {
  it("loads files that load each other and Node's modules", () => {
    const loader = new ProgramLoader(join(folder, "program"), null);
    expect(loader.require("twice.cjs")).toMatchObject({ sep: "/", here: join(folder, "program", "twice.cjs") });
    expect(loader.require("twice.cjs")).toBe(loader.require("twice.cjs"));
    expect(run(null)).toBe(42);
    expect(existsSync(join(folder, "kept"))).toBe(false);
  });

  it("keeps the code of a run, takes it in the next one and leaves it as it is", () => {
    expect(run(store())).toBe(42);
    const { ino } = statSync(kept());
    expect(store().codeOf("main.cjs")?.length).toBeGreaterThan(0);
    expect(store().codeOf("twice.cjs")?.length).toBeGreaterThan(0);
    expect(run(store())).toBe(42);
    expect(statSync(kept()).ino).toBe(ino);
  });

  it("runs without it and makes it again where it is damaged, cut off or of another text", () => {
    run(store());
    const good = readFileSync(kept());
    const changed = Buffer.from(good);
    changed[good.length - 200]! ^= 4;
    for (const bad of [
      changed,
      Buffer.from("nonsense"),
      Buffer.alloc(0),
      good.subarray(0, -100),
      Buffer.from('{"a":1}\n'),
    ]) {
      writeFileSync(kept(), bad);
      expect(run(store())).toBe(42);
      expect(readFileSync(kept()).length).toBe(good.length);
    }
    writeFileSync(
      join(folder, "program", "twice.cjs"),
      "exports.twice = n => n * 2 + 1; // a longer text than before, so not its code",
    );
    expect(run(store())).toBe(43);
    expect(run(store())).toBe(43);
  });

  it.skipIf(process.getuid?.() !== 0)("takes nothing that another user has put there (needs root)", () => {
    run(store());
    chownSync(kept(), 65_534, 65_534);
    expect(store().codeOf("main.cjs")).toBeNull();
    expect(run(store())).toBe(42);
    expect(statSync(kept()).uid).toBe(0);
  });

  it("runs where nothing can be kept", () => {
    writeFileSync(join(folder, "kept"), "a file where the folder should be");
    expect(run(store())).toBe(42);
    expect(readFileSync(join(folder, "kept"), "utf8")).toContain("a file");
  });
});
