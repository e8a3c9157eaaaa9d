import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { cellWidth } from "../../../cli/tui/text/cells.ts";
import { createTuiCache, type TuiCache } from "../../support/tui-cache.ts";
import { openSession, type SessionOptions, type TuiSession } from "../../support/tui-session.ts";

let cache: TuiCache;
let older: string;
let session: TuiSession;

beforeAll(async () => {
  cache = await createTuiCache();
  older = await cache.addBuild("2026-01-01T10:00:00Z", "Hello");
  await cache.addBuild("2026-01-02T10:00:00Z", "Good morning");
});

afterEach(async ({ task }) => {
  // What is on the screen says more than the text that was waited for in vain.
  if (task.result?.state === "fail") console.log(session.terminal.text());
  await session.close();
});
afterAll(() => cache.remove());

async function open(options: SessionOptions = {}): Promise<TuiSession> {
  session = openSession(cache, options);
  await session.see(/FILES step 4 .*\d k?B/);
  return session;
}

describe("a build that failed", () => {
  test("FILES says what went wrong and where to look, not that nothing was changed", async () => {
    const target = await cache.addFailedBuild("2026-01-01T09:00:00Z");
    session = openSession(cache, { target });
    const { terminal, type, see } = session;
    await see(/^> {2}2 {2}FAIL/m);
    await see(/This step failed\./);
    expect(terminal.text()).toMatch(/the command ended with exit status 127/);
    expect(terminal.text()).toMatch(/o shows its line/);
    expect(terminal.text()).not.toMatch(/changed no files/);
    type("]");
    await see(/This step was not run\./);
    type("t");
    await see(/bin\/$/m);
  });
});

describe("sizes", () => {
  test("80x24: steps beside the changes of the last layer", async () => {
    const { terminal } = await open();
    const lines = terminal.lines();
    expect(lines).toHaveLength(24);
    expect(lines[0]).toMatch(/succeeded in 1\.5 s {2}3 layers/);
    expect(lines[1]).toMatch(/^STEPS 4\/4 +FILES step 4 {2}\+2 ~0 -1/);
    expect(terminal.text()).toMatch(/^> {2}4 +\.run .*RUN \.\/prepare/m);
    expect(terminal.text()).toMatch(/\+ +\+\d+ B +greeting\.txt/);
    expect(terminal.text()).toMatch(/- +-54 B +passwd/);
    expect(lines.at(-1)).toMatch(/\? help {2}q quit/);
  });

  test("200x60: three panes", async () => {
    const { terminal } = await open({ columns: 200, rows: 60 });
    expect(terminal.text()).toMatch(/^STEPS 4\/4/m);
    expect(terminal.text()).toMatch(/^DETAIL/m);
    expect(terminal.text()).toMatch(/FILES step 4/);
    expect(terminal.text()).toMatch(/Dockerfile line 8/);
    expect(terminal.text()).toMatch(/90 ms|360 ms/);
  });

  test("60x20: one pane with a line that names the others", async () => {
    const { terminal, type, see } = openSmall({ columns: 60, rows: 20 });
    await see(/^> {2}4 \.run/m);
    expect(terminal.lines()[0]).toMatch(/^\[1 STEPS\] {2}2 FILES {3}3 DETAIL/);
    type("2");
    await see(/greeting\.txt/);
    expect(terminal.text()).not.toMatch(/WORKDIR/);
  });

  test("smaller than 60x12: says so, and every key is still read", async () => {
    const { terminal, type, see, left } = openSmall({ columns: 50, rows: 10 });
    await see(/too small/);
    expect(terminal.text()).toMatch(/50x10, needed 60x12/);
    type("q");
    await left;
  });

  test("another size draws everything anew", async () => {
    const { terminal, resize, see } = await open();
    resize(130, 40);
    await see(/^DETAIL/m);
    resize(70, 20);
    await see(/\[1 STEPS\]/);
    expect(terminal.text()).not.toMatch(/DETAIL\n/);
  });

  function openSmall(options: SessionOptions): TuiSession {
    session = openSession(cache, options);
    return session;
  }
});

describe("steps and files", () => {
  test("a held key, sent as one piece, moves as often as it says", async () => {
    const { store, type, until } = await open();
    type("kkk");
    await until(({ steps }) => steps.cursor === 0);
    type("jj");
    await until(({ steps }) => steps.cursor === 2);
    expect(store.getState().pane).toBe("steps");
  });

  test("a step that changes no files says so; its tree is one key away", async () => {
    const { type, see } = await open();
    type("kk");
    await see(/WORKDIR changed no files/);
    type("t");
    await see(/FILES step 2 {2}tree/);
    await see(/> bin\//);
  });

  test("the tree folds and unfolds, sorted by name or by size", async () => {
    const { terminal, type, see, until } = await open();
    type("t2");
    await see(/tree/);
    await see(/> app\//);
    type("gl");
    await see(/v app\//);
    expect(namesOf(terminal.text())).toEqual([
      "app/",
      "greeting.txt",
      "main.py",
      "notes\\u{202e}txt",
      "words.txt",
      "bin/",
      "etc/",
      "tmp/",
    ]);
    type("s");
    await see(/by size/);
    expect(namesOf(terminal.text()).slice(0, 2)).toEqual(["app/", "words.txt"]);
    type("h");
    await until(({ files }) => files.rows.length === 4);
  });

  test("kinds of changes are shown and hidden; folders that were only written again are hidden", async () => {
    const { terminal, type, see } = await open();
    expect(terminal.text()).toMatch(/\(=3\)/);
    type("-");
    await see(/\(-1\)/);
    expect(terminal.text()).not.toMatch(/passwd/);
    type("=");
    await see(/ =3/);
    expect(terminal.text()).toMatch(/= .* tmp\//);
  });

  test("the detail of a step, and of a path", async () => {
    const { type, see } = await open({ columns: 160, rows: 50 });
    await see(/not looked up/);
    await see(/layer +sha256:[0-9a-f]{50}/);
    type("k2");
    await see(/FILES step 3 .*\d k?B/);
    type("G");
    await see(/changed +content/);
    await see(/size +30 B \(30 bytes\) -> 54 B \(54 bytes\)/);
  });

  test("names that would turn the screen around are shown escaped", async () => {
    const { terminal, type, see } = await open();
    type("k");
    await see(/notes\\u\{202e\}txt/);
    expect(terminal.text()).not.toContain("\u202e");
  });
});

describe("search", () => {
  test("hits of all layers, per step, one after the other", async () => {
    const { terminal, type, see } = await open();
    type("/passwd\r");
    await see(/HITS 3 {2}\/passwd/);
    expect(terminal.text()).toMatch(/1 hit FROM/);
    type("n");
    await see(/\/passwd {2}1\/3 step 1/);
    type("n");
    await see(/2\/3 step 3/);
    await see(/^.*>~ .*passwd/m);
    type("n");
    await see(/3\/3 step 4/);
    await see(/^.*>- .*passwd/m);
    type("N");
    await see(/2\/3 step 3/);
    type("\x1b");
    await see(/q quit/);
  });

  test("globs and regular expressions by Tab; a bad one is one line", async () => {
    const { type, see } = await open();
    type("/\t");
    await see(/search glob/);
    type("*.txt\r");
    await see(/HITS 2 {2}\/\*\.txt {2}glob/);
    type("/\t");
    await see(/search regex/);
    type("(\r");
    await see(/not a regular expression/);
  });

  test("nothing found says so", async () => {
    const { type, see } = await open();
    type("/no such thing\r");
    await see(/No hits/);
  });
});

describe("viewing", () => {
  test("text with line numbers, found text, bytes", async () => {
    const { terminal, type, see } = await open();
    type("/words\r");
    await see(/HITS 1/);
    type("\r");
    await see(/>\+ .*words\.txt/);
    type("\r");
    await see(/^ +1 word 1$/m);
    type("/word 1234\r");
    await see(/^1234 word 1234$/m);
    type("v");
    await see(/^00000000 {2}77 6f 72 64 20 31 0a 77 {2}6f/m);
    type("q");
    await see(/STEPS/);
    expect(terminal.text()).toMatch(/words\.txt/);
  });

  test("a binary file begins as bytes", async () => {
    const { type, see } = await open();
    type("/bin/sh\r");
    await see(/HITS 1/);
    type("\r");
    await see(/tree[\s\S]*> .* sh/);
    type("\r");
    await see(/^00000000 {2}7f 45 4c 46 00 01 02 03 {2}ff 41/m);
  });

  test("a modified file opens with its difference", async () => {
    const { terminal, type, see } = await open();
    type("k");
    await see(/FILES step 3 .*\d k?B/);
    type("2G\r");
    await see(/^\+app:x:1:1/m);
    expect(terminal.text()).toMatch(/^ root:x:0:0/m);
    expect(terminal.text()).toMatch(/difference/);
  });

  test("a deleted file opens as it was", async () => {
    const { type, see } = await open();
    type("2G\r");
    await see(/1 root:x:0:0/);
  });

  test("code has colours", async () => {
    const { store, type, see, until } = await open();
    type("/main.py\r");
    await see(/HITS 1/);
    type("\r");
    await see(/FILES step 3[\s\S]*>\+ .*main\.py/);
    type("\r");
    await until(({ viewer }) => viewer?.blocks.has(0) ?? false);
    const tones = store
      .getState()
      .viewer?.blocks.get(0)
      ?.flat()
      .map(({ tone }) => tone);
    expect(tones).toContain("keyword");
    expect(tones).toContain("string");
  });
});

describe("comparing", () => {
  test("two steps", async () => {
    const { type, see } = await open();
    type("kkkdG");
    await see(/FILES step 4 vs 1 {2}\+5 ~0 -1/);
    type("D");
    await see(/FILES step 4 {2}\+2/);
  });

  test("with another build, step by step", async () => {
    const { type, see } = await open({ columns: 118 });
    type("b");
    await see(new RegExp(older));
    type("jd");
    await see(new RegExp(`FILES step 4 vs 4 .*~1.* of ${older.slice(0, 6)}`));
    type("2G\r");
    await see(/^-Hello/m);
    await see(/^\+Good morning/m);
  });
});

describe("builds", () => {
  test("opens another build", async () => {
    const { type, see } = await open();
    type("b");
    await see(new RegExp(`^ {2}${older} +succeeded`, "m"));
    type("j\r");
    await see(new RegExp(`^${older} {2}succeeded`));
  });

  test("layers of the cache folder without a build", async () => {
    const { type, see } = await open();
    type("bG");
    await see(/^> \d layers in the cache folder/m);
    type("\r");
    await see(/kaniko-lab-tui-.* 4 layers/);
  });

  test("builds that others make appear by themselves", async () => {
    const { see, until } = await open();
    await until(({ builds }) => builds.list !== null);
    const id = await cache.addBuild("2026-01-03T10:00:00Z", "Good evening");
    await see(new RegExp(`a new build: ${id}`));
  });
});

describe("the rest", () => {
  test("y copies the path, Y the digest", async () => {
    const { copied, type, until, see } = await open();
    type("2G");
    await until(({ files, pane }) => pane === "files" && files.place.cursor > 0);
    type("y");
    await see(/copied: \/etc\/passwd/);
    type("1Y");
    await see(/copied: sha256/);
    expect(copied[0]).toBe("/etc/passwd");
    expect(copied[1]).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test("the help has every key and scrolls", async () => {
    const { type, see } = await open();
    type("?");
    await see(/KEYS/);
    type("G");
    await see(/mouse on or off/);
    type("\x1b");
    await see(/STEPS/);
  });

  test("zoom shows one pane", async () => {
    const { terminal, type, see } = await open();
    type("z");
    await see(/\[1 STEPS\]/);
    expect(terminal.text()).not.toMatch(/FILES step/);
    type("z");
    await see(/FILES step/);
  });

  test("clicks select, the wheel moves what is under the pointer", async () => {
    const { type, until } = await open();
    // The second row of the steps, counted from 1 below header and title.
    type("\x1b[<0;5;4M\x1b[<0;5;4m");
    await until(({ steps }) => steps.cursor === 1);
    type("\x1b[<65;5;4M");
    await until(({ steps }) => steps.cursor === 3);
  });

  test("no line is wider than its block, no block than the terminal", async () => {
    const { store } = await open({ columns: 97, rows: 31 });
    const { screenBlocks } = await import("../../../cli/tui/screen/screen-blocks.ts");
    const { themes } = await import("../../../cli/tui/theme.ts");
    for (const { x, y, width, lines } of screenBlocks(store.getState(), themes.default)) {
      expect(x + width).toBeLessThanOrEqual(97);
      expect(y + lines.length).toBeLessThanOrEqual(31);
      for (const line of lines) expect(cellWidth(line.replace(/\x1b\[[\d;]*m/g, ""))).toBeLessThanOrEqual(width);
    }
  });

  test("the selection is seen without colours", async () => {
    const { terminal } = await open({ theme: "no-colour" });
    const y = terminal.lines().findIndex(line => line.startsWith(">"));
    expect(terminal.isInverse(0, y)).toBe(true);
    expect(terminal.isInverse(0, y - 1)).toBe(false);
  });
});

/** The names in the FILES pane, which stand last in their line. */
function namesOf(text: string): string[] {
  return [...text.matchAll(/ k?B +(?:v |> )? *(\S+)$/gm)].map(match => match[1] as string);
}
