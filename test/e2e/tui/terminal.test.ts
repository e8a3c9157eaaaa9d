import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Bundle, bundleProgram, type PtyProgram, startInPty } from "../../support/pty-program.ts";
import { createTuiCache, type TuiCache } from "../../support/tui-cache.ts";

const noTerminal = process.platform === "win32" ? " (skipped: needs a POSIX terminal)" : "";

describe.skipIf(noTerminal !== "")(`the terminal UI in a real terminal${noTerminal}`, () => {
  let cache: TuiCache;
  let bundle: Bundle;
  let program: PtyProgram;

  beforeAll(async () => {
    cache = await createTuiCache();
    await cache.addBuild("2026-01-01T10:00:00Z", "Hello");
    bundle = await bundleProgram(new URL("../../support/tui-program.ts", import.meta.url));
  });

  afterEach(({ task }) => {
    if (task.result?.state !== "fail") return;
    console.log(program.terminal.text());
    try {
      program.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  });

  afterAll(async () => {
    await bundle.remove();
    await cache.remove();
  });

  async function start(columns = 80, rows = 24): Promise<PtyProgram> {
    program = startInPty([process.execPath, bundle.file, cache.cache.root], columns, rows);
    await program.terminal.waitFor(/FILES step 4 .*\d k?B/);
    return program;
  }

  /** The screen of the shell is back, with what was on it and what came after; mouse, paste and cursor are as they were. */
  function expectRestored({ terminal, output }: PtyProgram, after: string): void {
    expect(terminal.isAlternate()).toBe(false);
    expect(terminal.lines().filter(line => line !== "")).toEqual(["BEFORE", after]);
    for (const mode of ["1000", "1006", "2004", "1049"]) {
      expect(lastSwitch(output(), mode), `mode ${mode}`).toBe("l");
    }
    expect(lastSwitch(output(), "25"), "cursor").toBe("h");
  }

  function lastSwitch(output: string, mode: string): string | undefined {
    return [...output.matchAll(new RegExp(`\\x1b\\[\\?${mode}([hl])`, "g"))].at(-1)?.[1];
  }

  test("draws on the alternate screen, with the mouse on", async () => {
    const { terminal, output, type, exited } = await start();
    expect(terminal.isAlternate()).toBe(true);
    expect(lastSwitch(output(), "1006")).toBe("h");
    type("q");
    await exited;
  });

  test("keys in bursts, and sequences in pieces", async () => {
    const { terminal, type, exited } = await start();
    type("kkkkkkkkkk");
    await terminal.waitFor(/^> {2}1 +run/m);
    type("jjjjkkk\x1b[B\x1b[B");
    await terminal.waitFor(/^> {2}3 !miss/m);
    type("\x1b");
    type("[");
    type("A");
    await terminal.waitFor(/^> {2}2 \+hit/m);
    type("\x1b[<0;5;3M\x1b[<0;5;3m");
    await terminal.waitFor(/^> {2}1 +run/m);
    type("q");
    await exited;
  });

  test("a resize draws the new size", async () => {
    const { terminal, resize, type, exited } = await start();
    resize(140, 40);
    await terminal.waitFor(/^DETAIL/m);
    await terminal.waitFor(() => /q quit$/.test(terminal.lines()[39] ?? ""));
    resize(64, 16);
    await terminal.waitFor(/^\[1 STEPS\]/m);
    await terminal.waitFor(() => !/DETAIL$/m.test(terminal.text().split("\n").slice(1).join("\n")));
    type("q");
    await exited;
  });

  test("Ctrl-L draws a spoilt screen anew", async () => {
    const { terminal, type, exited } = await start();
    await terminal.write("\x1b[5;1Hspoilt by someone else\x1b[24;1H");
    expect(terminal.text()).toMatch(/spoilt/);
    type("\x0c");
    await terminal.waitFor(() => !/spoilt/.test(terminal.text()) && /WORKDIR/.test(terminal.text()));
    type("q");
    await exited;
  });

  test.each([
    ["q", "q"],
    ["Ctrl-C", "\x03"],
  ])("%s leaves and restores the screen", async (_, key) => {
    const running = await start();
    running.type(key);
    expect(await running.exited).toEqual({ exitCode: 0, signal: 0 });
    expectRestored(running, "AFTER");
  });

  test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "%s restores the screen, also beside other listeners",
    async signal => {
      const running = await start();
      running.kill(signal);
      await running.exited;
      expectRestored(running, "AFTER cancelled");
    },
  );

  test("Ctrl-Z gives the screen back to the shell, fg takes it again", async () => {
    const script = 'set -m; "$0" "$@"; echo STOPPED; read -r; fg > /dev/null';
    program = startInPty(["bash", "-c", script, process.execPath, bundle.file, cache.cache.root]);
    const { terminal, type, exited, output } = program;
    await terminal.waitFor(/FILES step 4 .*\d k?B/);
    type("\x1a");
    await terminal.waitFor(/STOPPED/);
    expect(terminal.isAlternate()).toBe(false);
    expect(lastSwitch(output(), "1000")).toBe("l");
    type("\r");
    await terminal.waitFor(() => terminal.isAlternate() && /STEPS/.test(terminal.text()));
    await terminal.waitFor(() => lastSwitch(output(), "1000") === "h");
    type("q");
    await exited;
  });

  test("a live build is cancelled after a question; the program ends when it is cleaned up", async () => {
    program = startInPty([process.execPath, bundle.file, cache.cache.root, "live"]);
    const { terminal, type, exited, output } = program;
    await terminal.waitFor(/RUN sleep inf/);
    type("\x03");
    await terminal.waitFor(/q: cancel it and leave/);
    type("\x1b");
    await terminal.waitFor(/q quit/);
    type("qq");
    await exited;
    expect(terminal.isAlternate()).toBe(false);
    expect(terminal.lines()).toContain("AFTER");
    expect(output()).toContain("CLEANED UP");
  });

  test("SIGTERM during a live build cleans it up, too", async () => {
    program = startInPty([process.execPath, bundle.file, cache.cache.root, "live"]);
    await program.terminal.waitFor(/RUN sleep inf/);
    program.kill("SIGTERM");
    await program.exited;
    expect(program.terminal.lines().filter(line => line !== "")).toEqual(["BEFORE", "CLEANED UP", "AFTER cancelled"]);
  });
});
