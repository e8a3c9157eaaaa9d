/** `watch` in a real terminal, with a real executor. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { busybox, executorFile, Place, processesNaming, skipNote, whyNot } from "../../integration/build/support.ts";
import { type Bundle, bundleProgram, type PtyProgram, startInPty } from "../../support/pty-program.ts";

const why = whyNot("sandbox");

describe.skipIf(why)(`a watched context in a real terminal${skipNote(why)}`, () => {
  let bundle: Bundle;
  let place: Place;
  let program: PtyProgram;

  beforeAll(async () => {
    bundle = await bundleProgram(new URL("../../support/watch-program.ts", import.meta.url));
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") {
      console.log(program.terminal.text());
      try {
        program.kill("SIGKILL");
      } catch {
        // It has ended.
      }
    }
    await place.remove();
  });
  afterAll(() => bundle.remove());

  function start(columns: number, rows: number, ...more: string[]): PtyProgram {
    const words = ["watch", place.path("context"), "--driver", "sandbox", "--executor", executorFile("fork")];
    const command = [process.execPath, bundle.file, ...words, "--cache-dir", place.cache, ...more] as const;
    program = startInPty([...command], columns, rows);
    return program;
  }

  test("predicts, waits for Enter, builds, says how right it was; w tells why; q leaves", async () => {
    const dockerfile = `FROM ${busybox}\nCOPY a.txt /a\nRUN cat /a\n`;
    place = await Place.create({ Dockerfile: dockerfile, "a.txt": "one\n" });
    const { terminal, type, exited } = start(80, 24, "--wait");
    await terminal.waitFor(/Enter builds; waiting for changes/);
    expect(terminal.text()).toMatch(/2 !miss\? .*COPY a\.txt/);
    type("\r");
    await terminal.waitFor(/as predicted: 2 keys and 2 answers/);
    await place.write({ "a.txt": "two\n" });
    await terminal.waitFor(/Enter builds: ~ a\.txt invalidates step 2 and 1 step behind/);
    expect(terminal.text()).toMatch(/~ 2 !miss\? .*COPY a\.txt/);
    type("wgj");
    await terminal.waitFor(/WHY step 2/);
    await terminal.waitFor(/changed by a\.txt/);
    await terminal.waitFor(/^.*~ a\.txt +[0-9a-f]{8,12} +[0-9a-f]{8,12}/m);
    type("\r");
    await terminal.waitFor(/as predicted: 2 keys and 2 answers/);
    type("L");
    await terminal.waitFor(/WHY step 3/);
    type("k");
    await terminal.waitFor(/missed: a\.txt has another/);
    type("q");
    expect(await exited).toMatchObject({ exitCode: 0 });
    expect(terminal.isAlternate()).toBe(false);
  });

  test("a signal during a build gives the terminal back and leaves nothing behind", async () => {
    place = await Place.create({ Dockerfile: `FROM ${busybox}\nRUN sleep 1234567\n` });
    const { terminal, kill, exited } = start(200, 60);
    await terminal.waitFor(/> {2}2 +[-|/\\] /);
    kill("SIGTERM");
    expect(await exited).toMatchObject({ exitCode: 130 });
    expect(terminal.isAlternate()).toBe(false);
    expect(processesNaming(place.root)).toEqual([]);
    expect(await place.halfWritten()).toEqual([]);
  });
});
