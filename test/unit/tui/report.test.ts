import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { commandTable } from "../../../cli/command-table.ts";
import { extraWordsFor, openCommandLine } from "../../../cli/palette.ts";
import type { LineSink } from "../../../cli/tui/palette/command-line.ts";
import { completeLine } from "../../../cli/tui/palette/complete-line.ts";
import { openFacts } from "../../../cli/tui/palette/open-facts.ts";
import type { BuildEvent } from "../../../lib/executor/events.ts";
import { openLab } from "../../../lib/lab/open-lab.ts";
import { createTuiCache, storeLayer, type TuiCache } from "../../support/tui-cache.ts";
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
  await session.see(/FILES step [14] .*\d k?B/);
  return session;
}

const title = () => session.terminal.lines()[0] ?? "";
const ended = ({ report }: { report: { status: number | null } | null }) => report?.status != null;

describe("a line after `:`", () => {
  test("runs a command on what is open and shows what it prints; Esc goes back", async () => {
    const { type, see, until, terminal } = await open();
    type(":waste\r");
    await see(/wasted: efficiency/);
    await until(ended);
    expect(title()).toMatch(new RegExp(`^kaniko-lab waste ${newer} +1/\\d+$`));
    expect(terminal.lines().at(-1)).toMatch(/^\/ find .*: command .*\? help {2}q quit/);
    type("\x1b");
    await see(/FILES step 4 /);
  });

  test("y copies the line that gives the same in a shell, with what a shell would not know", async () => {
    const extraWords = ["--cache-dir", "/a b"];
    const { type, see, until, copied } = await open({ commandLine: { extraWords } });
    type(":steps --no-color\r");
    await see(/RUN \.\/prepare/);
    await until(ended);
    type("y");
    await see(/copied: /);
    expect(copied).toEqual([`kaniko-lab steps --no-color ${newer} --cache-dir '/a b'`]);
    type(":builds --cache-dir=/nowhere\r");
    await see(/no builds in/);
    await until(ended);
    type("y");
    await until(() => copied.length === 2);
    expect(copied[1]).toBe("kaniko-lab builds --cache-dir=/nowhere");
  });

  test("all keys move, also sideways; / finds, n and N go on", async () => {
    const { type, see, until, store } = await open();
    type(":cat /app/words.txt\r");
    await see(/^word 22$/m);
    await until(ended);
    expect(title()).toMatch(/cat \S+ \/app\/words\.txt {2}1\/3000$/);
    const top = () => store.getState().report?.top;
    for (const [keys, line] of [
      ["G", 2979],
      ["g", 1],
      ["jjk", 2],
      ["\x1b[6~", 23],
      ["\x04", 34],
      ["\x15", 23],
    ] as const) {
      type(keys);
      await until(() => top() === line - 1);
    }
    type("/d 299\r");
    await until(() => top() === 298);
    await see(/^word 299$/m);
    type("n");
    await until(() => top() === 2989);
    type("N");
    await until(() => top() === 298);
    type("Gl");
    await see(/^0$/m);
    type("h");
    await see(/^word 3000$/m);
    type("/zzz\r");
    await see(/not found: zzz/);
  });

  test("what went wrong is told with its hint and the exit status", async () => {
    const { type, see, until } = await open();
    type(":cat /nope\r");
    await see(/^error: no such path: \/nope$/m);
    await until(ended);
    expect(title()).toMatch(new RegExp(`^kaniko-lab cat ${newer} /nope {2}exit status 1 `));
    type(":ls /nope\r");
    await see(/^error: there is no \/nope after step 4$/m);
    await see(/^hint: kaniko-lab search finds paths/m);
    type(":nonsense\r");
    await see(/^error: there is no command "nonsense"/m);
    await see(/^hint: kaniko-lab --help lists the commands/m);
    type(":cat 'a\r");
    await see(/^error: the line ends inside of a quote/m);
    type(":ls --step nine\r");
    await see(/^error: --step takes a number/m);
    type(":waste --max-waste 0\r");
    await see(/^broken rule: /m);
    expect(title()).toMatch(/exit status 1/);
  });

  test("help is shown in place, and ends nothing", async () => {
    const { type, see } = await open();
    type(":help cat\r");
    await see(/^Shared by all commands:|kaniko-lab cat <target> <path>/m);
    expect(title()).toMatch(/^kaniko-lab cat --help/);
    type(":waste --help\r");
    await see(/kaniko-lab waste \[target\]/);
    type(":help\r");
    await see(/^Commands:/m);
  });

  test("commands that need the terminal are named with the line to run instead", async () => {
    const { type, see, copied, until } = await open();
    type(":shell --step 2\r");
    await see(/^error: shell takes the terminal for itself/m);
    await until(ended);
    type("y");
    await until(() => copied.at(-1) === "kaniko-lab shell --step 2");
  });

  test("what is shown on a screen is shown on this one: another target, a build; leaving what is seen ends no build", async () => {
    const going = Promise.withResolvers<void>();
    async function* events(): AsyncGenerator<BuildEvent, void, void> {
      yield { atMs: 0, type: "started", id: "20260103-000000-live", driver: "sandbox", why: "", steps: [] };
      await going.promise;
      yield { atMs: 2, type: "finished", status: "failed", manifest: null, failure: null };
    }
    let ownSignal: AbortSignal | null = null;
    const program = openCommandLine({ cache: cache.cache, lab: openLab({ cache: cache.cache }), extraWords: [] });
    const { type, see, until } = await open({
      commandLine: {
        async run(words, sink, signal, host) {
          if (words[0] !== "build") return program.run(words, sink, signal, host);
          ownSignal = signal;
          await host?.show({ target: null, live: { events: events(), cancel: going.resolve } });
          return 0;
        },
      },
    });
    type(`:tui ${older}\r`);
    await until(({ target, report }) => target?.build?.id === older && report === null);
    await see(/^STEPS 4\/4/m);
    type(":build .\r");
    await see(/^20260103-000000-live {2}running/m);
    await until(({ report }) => report === null);
    expect((ownSignal as AbortSignal | null)?.aborted).toBe(false);
    type(":build .\r");
    await see(/^error: something runs here already/m);
    type("\x1b");
    going.resolve();
    await see(/^20260103-000000-live {2}failed/m);
  });

  test("every command of the program can be called here, and knows its options", async () => {
    const { store } = await open();
    const line = openCommandLine({ cache: cache.cache, lab: openLab({ cache: cache.cache }), extraWords: [] });
    const known = new Map(store.getState().palette.commands.map(command => [command.name, command]));
    for (const { usage, takesTerminal } of commandTable) {
      const name = usage.split(" ")[0] as string;
      expect(known.get(name)?.takesTerminal, name).toBe(takesTerminal ?? false);
      const below = await line.commandsOf(name);
      expect(usage.includes("<command>"), name).toBe(below.length > 0);
      for (const one of below.length > 0 ? below.map(({ name: sub }) => `${name} ${sub}`) : [name])
        expect(
          (await line.optionsOf(one)).map(({ name: option }) => option),
          one,
        ).toContain("json");
      // One that needs the terminal is not offered: it could only be refused.
      const { candidates } = completeLine(name.slice(0, -1), store.getState().palette, openFacts(store.getState()));
      expect(candidates.includes(name), name).toBe(!takesTerminal);
    }
  });

  test("Tab completes the command and its options, Up and Down call lines back", async () => {
    const { type, see, until, store } = await open();
    const typed = (text: string) => until(({ prompt }) => prompt?.text === text);
    type(":hist\t");
    await typed("history ");
    await see(/<target> {2}<path> {2}What every layer did/);
    type("\x15pack\t");
    await typed("packages ");
    await until(({ palette }) => palette.options.has("packages"));
    type("--ste\t");
    await typed("packages --step 4 ");
    type("\r");
    await until(ended);
    type(":steps\r");
    await until(({ report }) => report?.typed === "steps");
    type(":new\x1b[A");
    await typed("steps");
    type("\x1b[A\x1b[A");
    await typed("packages --step 4");
    type("\x1b[B\x1b[B");
    await typed("new");
    expect(store.getState().palette.history).toEqual(["packages --step 4", "steps"]);
  });

  test("over a viewed file: its path is meant, and Esc goes back to it", async () => {
    const { type, see, until } = await open();
    type("2/greet\r");
    await see(/HITS 1 /);
    type("\r");
    await see(/1\/1 step 4/);
    type("\r");
    await see(/^1 Good morning/m);
    type("H");
    await see(/step 4 {2}RUN \.\/prepare/);
    await until(ended);
    expect(title()).toMatch(new RegExp(`^kaniko-lab history ${newer} /app/greeting.txt`));
    type("q");
    await see(/^1 Good morning/m);
  });

  test("two builds are compared: the one before with what is open", async () => {
    const { type, see } = await open();
    type(":diff --stat\r");
    await see(new RegExp(`^kaniko-lab diff --stat ${older} ${newer}`));
  });

  test("keys of their own for the most used", async () => {
    const { type, see } = await open();
    for (const [key, name] of [
      ["W", "waste"],
      ["i", "lint"],
      ["P", "packages"],
    ] as const) {
      type(key);
      await see(new RegExp(`^kaniko-lab ${name} ${newer}`));
      type("\x1b");
      await see(/FILES step 4 /);
    }
  });

  test("nothing that a file has in it reaches the terminal as it is", async () => {
    const layer = await storeLayer(cache.cache, { "a b'c\u202e": "x\x1b[31mred\x1b[0m\x1b]0;title\x07\n" });
    const target = cache.cache.layerFile(layer.digest, "gzip");
    const { type, see, until, copied } = await open({ target });
    type("2H");
    await see(/^A /m);
    await until(ended);
    type("y");
    await until(() => copied.length === 1);
    expect(copied[0]).toBe(`kaniko-lab history ${target} $'/a b\\'c\\xe2\\x80\\xae'`);
    type(`:${copied[0]?.replace("history", "cat")}\r`);
    await see(/^x\\x1b\[31mred\\x1b\[0m\\x1b\]0;title\\x07$/m);
    rmSync(target);
  });
});

test("the cache folder is named where a shell would not find it by itself", async () => {
  session = await open();
  vi.stubEnv("KANIKO_LAB_CACHE", cache.cache.root);
  expect(await extraWordsFor(cache.cache)).toEqual([]);
  vi.stubEnv("KANIKO_LAB_CACHE", "/elsewhere");
  expect(await extraWordsFor(cache.cache)).toEqual(["--cache-dir", cache.cache.root]);
  vi.unstubAllEnvs();
});

describe("a command that takes its time", () => {
  /** Runs until it is told to stop. */
  function slowCommand() {
    const told = Promise.withResolvers<LineSink>();
    const stopped = Promise.withResolvers<void>();
    const run = async (_: readonly string[], sink: LineSink, signal: AbortSignal) => {
      told.resolve(sink);
      await new Promise<void>(resolve => signal.addEventListener("abort", () => resolve()));
      sink.line("too late");
      stopped.resolve();
      return 130;
    };
    return { commandLine: { run }, sink: told.promise, stopped: stopped.promise };
  }

  test("says what it does, shows its lines as they come, and is cancelled when its view is left", async () => {
    const { commandLine, sink, stopped } = slowCommand();
    const { type, see, store, until } = await open({ commandLine });
    type(":doctor\r");
    const output = await sink;
    await see(/^kaniko-lab doctor {2}running \.\./);
    output.status("reading layers: 3 MB");
    await see(/^reading layers: 3 MB$/m);
    output.line("first");
    await see(/^first$/m);
    expect(store.getState().report?.status).toBeNull();
    type("G");
    await until(({ report }) => report?.toEnd === true);
    for (let at = 1; at <= 100; at += 1) output.line(`line ${at}`);
    await see(/^line 100$/m);
    type("\x1b[<64;5;4M");
    await see(/^line 76$/m);
    expect(store.getState().report?.top).toBe(76);
    output.note("more");
    await until(({ report }) => report?.lineCount === 102 && report.top === 76);
    type("\x1b");
    await stopped;
    await see(/FILES step 4 /);
    expect(store.getState().report).toBeNull();
  });

  test("a target that is still being opened is what is meant", async () => {
    const { commandLine, sink } = slowCommand();
    session = openSession(cache, { commandLine, target: older });
    session.type(":waste\r");
    await sink;
    await session.see(new RegExp(`^kaniko-lab waste ${older}`));
  });

  test("another line takes its place, and r runs a line again", async () => {
    const slow = slowCommand();
    const { type, stopped } = { ...(await open({ commandLine: slow.commandLine })), stopped: slow.stopped };
    type(":doctor\r");
    await slow.sink;
    type("r");
    await stopped;
    await session.until(({ report }) => report?.typed === "doctor" && report.status === null);
  });

  test("Ctrl-C leaves", async () => {
    const { commandLine, sink } = slowCommand();
    const { type, left } = await open({ commandLine });
    type(":doctor\r");
    await sink;
    type("\x03");
    await left;
  });
});
