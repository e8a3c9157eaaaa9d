import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { outsideFile, placeWords, runOutside } from "../../../cli/tui/effects/open-outside.ts";
import { openLab } from "../../../lib/lab/open-lab.ts";
import { createTuiCache, type TuiCache } from "../../support/tui-cache.ts";
import { openSession, type TuiSession } from "../../support/tui-session.ts";

let cache: TuiCache;
let build: string;
let session: TuiSession | null = null;

beforeAll(async () => {
  cache = await createTuiCache();
  build = await cache.addBuild("2026-01-01T10:00:00Z", "Hello");
  await writeFile(join(cache.cache.buildFolder(build), "Dockerfile"), "FROM example/base:1\n");
});
afterEach(() => session?.close());
afterAll(() => cache.remove());

test("a line as each editor takes it", () => {
  expect(placeWords("vim -R", "/f", 7)).toEqual(["+7", "/f"]);
  expect(placeWords("/usr/bin/code -w", "/f", 7)).toEqual(["--goto", "/f:7"]);
  expect(placeWords("hx", "/f", 7)).toEqual(["/f:7"]);
  expect(placeWords("something", "/f", 7)).toEqual(["/f"]);
  expect(placeWords("vim", "/f", null)).toEqual(["/f"]);
});

describe("what is opened", () => {
  async function open(): Promise<TuiSession> {
    session = openSession(cache);
    await session.until(({ files }) => files.source !== null);
    return session;
  }

  test("the selected file, copied where its name can do no harm, and removed again", async () => {
    const { type, until, store } = await open();
    const lab = openLab({ cache: cache.cache });
    type("2j");
    await until(({ files, pane }) => pane === "files" && files.anchor === "app/greeting.txt");
    const file = await outsideFile(store.getState(), lab, cache.cache);
    expect(file.path).toMatch(/greeting\.txt$/);
    expect(await readFile(file.path, "utf8")).toBe("Hello\n");
    await file.remove();
    expect(existsSync(file.path)).toBe(false);
  });

  test("elsewhere the Dockerfile at the line of the step: the record's, where the other is gone", async () => {
    const { store } = await open();
    const file = await outsideFile(store.getState(), openLab({ cache: cache.cache }), cache.cache);
    expect(file).toMatchObject({ path: join(cache.cache.buildFolder(build), "Dockerfile"), line: 8 });
  });

  test("a program with options is run as the shell would; one that is missing is said", async () => {
    const out = join(cache.cache.root, "seen");
    const file = { path: "a b'c", line: 3, remove: async () => undefined };
    await runOutside("editor", file, { EDITOR: `printf '%s,' >'${out}' -` });
    expect(await readFile(out, "utf8")).toBe("-,a b'c,");
    await expect(runOutside("pager", file, { PAGER: "no-such-pager-here" })).rejects.toThrow(/there is no no-such/);
  });
});
