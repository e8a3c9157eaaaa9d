import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createTuiCache, type TuiCache } from "../../support/tui-cache.ts";
import { openSession, type SessionOptions, type TuiSession } from "../../support/tui-session.ts";

let cache: TuiCache;
let older: string;
let newer: string;
let session: TuiSession;

beforeAll(async () => {
  cache = await createTuiCache();
  older = await cache.addBuild("2026-01-01T10:00:00Z", "Hello");
  newer = await cache.addBuild("2026-01-02T10:00:00Z", "Good morning");
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.log(session.terminal.text());
  await session.close();
});
afterAll(() => cache.remove());

async function open(options: SessionOptions = {}): Promise<TuiSession> {
  session = openSession(cache, options);
  await session.until(({ files }) => files.source !== null);
  await session.see(/^STEPS 4\/4/m);
  return session;
}

const sizes = [
  [60, 12],
  [80, 24],
  [110, 30],
  [200, 60],
  [300, 100],
] as const;

describe("every whole view at every size", () => {
  test.each(sizes)("%ix%i: nothing is wider or higher than the screen, and Esc comes back", async (columns, rows) => {
    const { terminal, type, see, until } = await open({ columns, rows });
    for (const [key, title] of [
      ["m", /^MAP \/ {2}\d/],
      ["C", /^COMPARE 2/],
      ["T", /^TIME LINE /],
      ["K", /^CACHE 0 entries/],
    ] as const) {
      type(key);
      await see(title);
      await see(/\? help {2}q quit$/);
      const lines = terminal.lines();
      expect(lines).toHaveLength(rows);
      if (rows >= 20) expect(lines.at(-2)).toMatch(/^\$ kaniko-lab [a-z]+ /);
      type("\x1b");
      await until(({ sheet }) => sheet === null);
      await see(/FILES step 4|\[1 STEPS\]/);
    }
  });
});

describe("the slider", () => {
  test("[ and ] move through the steps; the path stays selected where it exists, and comes back", async () => {
    const { terminal, type, see, until } = await open({ columns: 110, rows: 30 });
    await see(/\[\[ {2}1 {2}2 {2}3 >4< \]\]/);
    type("t2");
    await see(/FILES step 4 {2}tree/);
    type("g\r");
    await until(({ files }) => files.anchor === "app");
    await see(/greeting\.txt/);
    type("j");
    await until(({ files }) => files.anchor === "app/greeting.txt");
    const { store } = session;
    const selected = () => {
      const { rows, place } = store.getState().files;
      return rows[place.cursor]?.item.path;
    };
    type("[");
    await see(/FILES step 3 {2}tree/);
    // The step before has no such file: the folder that it will be in is selected.
    expect(selected()).toBe("app");
    expect(terminal.text()).toMatch(/\[\[ {2}1 {2}2 >3< 4 {2}\]\]/);
    type("]");
    await see(/FILES step 4 {2}tree/);
    expect(selected()).toBe("app/greeting.txt");
  });

  test("in the tree, too, is seen what a step deleted", async () => {
    const { type, see } = await open({ columns: 110, rows: 30 });
    type("t2");
    await see(/FILES step 4 {2}tree/);
    // app, bin, etc
    type("gjj\r");
    await see(/^.*- +54 B +passwd/m);
  });
});

describe("the map of sizes", () => {
  test("goes into folders and out of them, shows three kinds of sizes, and moves with the slider", async () => {
    const { terminal, type, see, until } = await open();
    type("m");
    await see(/^MAP \/ .*changes of the step/);
    await see(/#app\//);
    type("\r");
    await see(/^MAP \/app .*changes/);
    await see(/> .*\/app\/words\.txt/);
    expect(terminal.text()).toMatch(/#words\.txt 28\.9 kB=/);
    type("\x7f");
    await see(/^MAP \/ /);
    await see(/> .*\/app\//);
    type("t");
    await see(/what the layer stores/);
    type("t");
    await see(/whole tree/);
    type("[");
    await see(/^MAP \/ .*step 3 .*whole tree/);
    type("c");
    await until(() => session.copied.length === 1);
    expect(session.copied[0]).toBe(`kaniko-lab tree ${newer} / --step 3 --sort size`);
  });

  test("the map has an edge on all sides", async () => {
    const { terminal, type, see } = await open();
    type("m");
    await see(/#app\//);
    const lines = terminal.lines();
    const below = lines.findIndex(line => /^> .* of all/.test(line));
    for (const line of lines.slice(1, below)) expect(line).toMatch(/^[+|#].*[-=+|#]$/);
    expect(lines[below - 1]).toMatch(/^[+#][-=#+]+$/);
    expect(lines[below - 1]).toHaveLength(80);
  });

  test("a file leads to its place in the tree, and Esc back to the map", async () => {
    const { type, see } = await open();
    type("m");
    await see(/#app\//);
    type("\r");
    await see(/> .*\/app\/words\.txt/);
    type("\r");
    await see(/^STEPS/m);
    await see(/>\+ +\+28\.9 kB +words\.txt/);
    type("\x1b");
    await see(/^MAP \/app/);
  });

  test("a click selects, a double click opens", async () => {
    const { terminal, type, see } = await open();
    type("m");
    await see(/#app\//);
    const y = terminal.lines().findIndex(line => /#app\//.test(line));
    const click = `\x1b[<0;10;${y + 3}M`;
    type(click + click);
    await see(/^MAP \/app/);
  });
});

describe("two builds side by side", () => {
  test("what differs is marked; Enter shows the files of that pair, Esc comes back", async () => {
    const { terminal, type, see, until } = await open({ columns: 130, rows: 30 });
    type("C");
    await see(new RegExp(`^COMPARE ${older} {2}with {2}${newer} {2}they differ`));
    expect(terminal.text()).toMatch(/ 4 .run .* e +4 .run /);
    type("G");
    await see(/another instruction {2}\+0 ~1 -0 paths/);
    type("\r");
    await see(/FILES step 4 vs 4 .* of /);
    await see(/~ +\+7 B +greeting\.txt/);
    type("\x1b");
    await see(/^COMPARE/);
    type("\x1b");
    await until(({ sheet, base }) => sheet === null && base === null);
  });

  test("any build of the list with what is open", async () => {
    const { type, see } = await open();
    type("b");
    await see(/^> ?\*? ?2026/m);
    type("jC");
    await see(new RegExp(`^COMPARE ${older} {2}with {2}${newer}`));
  });
});

describe("the time line", () => {
  test("a bar for each step; Enter goes to the step", async () => {
    const { type, see, until } = await open();
    type("T");
    await see(/^TIME LINE .* 760 ms/m);
    await see(/^ +1 +run +90 ms +=+ +FROM/m);
    type("g");
    type("\r");
    await until(({ sheet, steps }) => sheet?.away === true && steps.cursor === 0);
    await see(/FILES step 1 /);
  });
});

describe("views by name, colours, the same command", () => {
  test(":view and :theme", async () => {
    const { type, see, until } = await open();
    type(":view timeline\r");
    await see(/^TIME LINE/);
    type(":theme light\r");
    await until(({ theme }) => theme === "light");
    type(":theme pink\r");
    await see(/theme takes one of: default light colour-blind no-colour/);
    type(":view layers\r");
    await see(/^STEPS/m);
  });

  test("c copies the line of the view that has the keys", async () => {
    const { type, see, until, copied } = await open();
    type("c");
    await until(() => copied.length === 1);
    type("2c");
    await until(() => copied.length === 2);
    type("b");
    await see(/^> ?\*? ?2026/m);
    type("c");
    await until(() => copied.length === 3);
    expect(copied).toEqual([`kaniko-lab steps ${newer}`, `kaniko-lab diff ${newer} --step 4`, "kaniko-lab builds"]);
  });
});
