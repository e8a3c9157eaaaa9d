import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Answer,
  debian,
  executors,
  hasImage,
  linesOf,
  makeWorkplace,
  missing,
  mountsOfMachine,
  remove,
  skipNote,
  start,
  type Who,
  type Workplace,
} from "./support.ts";

const users: readonly Who[] = ["root", "labuser"];
const families = ["fork", "upstream"] as const;

/** Names and identities of everything at the machine's root: Kaniko deletes what is at the root it sees. */
function rootOfMachine(): string[] {
  return readdirSync("/").map(name => `${name} ${lstatSync(join("/", name)).ino}`);
}

describe.skipIf(missing !== "").each(users.flatMap(who => families.map(family => ({ who, family }))))(
  `a build of two stages as $who with $family${skipNote}`,
  ({ who, family }) => {
    let place: Workplace;
    let answers: Answer[];
    let lines: string[];
    const before = { root: rootOfMachine(), mounts: mountsOfMachine() };

    beforeAll(async () => {
      place = makeWorkplace(who, executors[family], ["two-stages.Dockerfile"]);
      answers = await start(place).rest();
      lines = linesOf(answers);
    });
    afterAll(() => remove(place));

    test("ends with the executor's exit code and leaves an OCI layout", () => {
      expect(answers.at(-1)).toEqual({ type: "exit", code: 0, reason: "" });
      const index = JSON.parse(readFileSync(join(place.folder, "cache/image/index.json"), "utf8"));
      expect(index.manifests).toHaveLength(1);
      expect(readdirSync(join(place.folder, "cache")).filter(name => name.startsWith("layers:"))).not.toEqual([]);
    });

    test("shows what the build printed on both streams, in order", () => {
      const shown = lines.filter(line => /^(to std|id |context|old root)/.test(line));
      expect(shown).toEqual(["to stdout", "to stderr", "id 0", "context is read-only", "old root: 0 entries"]);
    });

    test("keeps owners of the build's own, whoever ran it", () => {
      expect(lines.find(line => line.endsWith(" /size.txt"))).toMatch(/^-rw-r--r--\s+1 1000\s+1000 /);
    });

    test("deleted its own root between the stages and nothing of the machine's", () => {
      expect(lines.some(line => line.includes("Deleting filesystem"))).toBe(true);
      expect(rootOfMachine()).toEqual(before.root);
      expect(mountsOfMachine()).toEqual(before.mounts);
      expect(existsSync(join(place.folder, "context/two-stages.Dockerfile"))).toBe(true);
    });

    test("gives an ordinary user all that it wrote to a mount", () => {
      const owner = lstatSync(place.folder).uid;
      const made = ["cache/made", "cache/made/deep", "cache/made/deep/file"].map(path => join(place.folder, path));
      expect(made.map(path => lstatSync(path).uid)).toEqual(made.map(() => (who === "root" ? 1234 : owner)));
    });

    test("leaves nothing in the driver's folder", () => {
      expect(readdirSync(join(place.folder, "driver/runs"))).toEqual([]);
    });
  },
);

describe.skipIf(missing !== "").each(users)(`as %s${skipNote}`, who => {
  let place: Workplace;
  beforeAll(() => {
    place = makeWorkplace(who, executors.fork, ["failing.Dockerfile"]);
  });
  afterAll(() => remove(place));

  test("a failing RUN gives its own exit code", async () => {
    const answers = await start(place).rest();
    expect(linesOf(answers)).toContain("before");
    expect(answers.at(-1)).toEqual({ type: "exit", code: 7, reason: "" });
  });

  test("the executor says which one it is, the second time from memory", async () => {
    const identity = { version: "v1.28.3", family: "fork", source: join(place.folder, "executor") };
    expect(await start(place, { ask: "identify" }).rest()).toEqual([identity]);
    expect(readdirSync(join(place.folder, "driver/versions"))).toHaveLength(1);
    expect(await start(place, { ask: "identify" }).rest()).toEqual([identity]);
  });

  test("the driver says that it is there", async () => {
    expect(await start(place, { ask: "probe" }).rest()).toEqual([
      { available: true, detail: expect.stringContaining(who), hint: "" },
    ]);
  });

  test("an executor that is none is refused with a hint", async () => {
    const script = { kind: "binary", file: join(place.folder, "context/failing.Dockerfile") } as const;
    const library = { kind: "binary", file: "/bin/ls" } as const;
    for (const source of [script, library]) {
      const [answer] = await start(place, { source }).rest();
      expect(answer).toMatchObject({ type: "error", code: "executor-unavailable", hint: expect.any(String) });
    }
  });

  test("a debugger that is not there is missed before anything runs", async () => {
    const answers = await start(place, { debugPort: 4000 }).rest();
    expect(answers).toMatchObject([
      { type: "error", code: "executor-unavailable", hint: expect.stringContaining("dlv") },
    ]);
    expect(readdirSync(join(place.folder, "driver/runs"))).toEqual([]);
  });
});

const noDebian = missing || ((await hasImage("base/debian", "bookworm")) ? "" : `no ${debian}`);

describe.skipIf(noDebian !== "")(`a Debian build with users of its own${noDebian && ` (skipped: ${noDebian})`}`, () => {
  test.each(users)("works as %s", async who => {
    const place = makeWorkplace(who, executors.fork, ["users.Dockerfile"]);
    try {
      const answers = await start(place).rest();
      expect(answers.at(-1)).toEqual({ type: "exit", code: 0, reason: "" });
      const lines = linesOf(answers);
      expect(lines.filter(line => line.endsWith("/data/who"))).toEqual([
        expect.stringMatching(/ 1500 1500 .*who$/),
        expect.stringMatching(/ 33 33 .*who$/),
      ]);
      expect(lines).toContain("second");
      expect(readdirSync(join(place.folder, "driver/runs"))).toEqual([]);
    } finally {
      remove(place);
    }
  });
});
