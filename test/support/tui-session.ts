/** The terminal UI over a real lab, drawn by ink into a terminal without a window, driven by keys. */

import { PassThrough, Writable } from "node:stream";
import { type Instance, render } from "ink";
import { createElement } from "react";
import { openCommandLine } from "../../cli/palette.ts";
import { LiveHost } from "../../cli/tui/effects/live-host.ts";
import { startEffects } from "../../cli/tui/effects/start-effects.ts";
import type { PlayKey } from "../../cli/tui/keys/key-table.ts";
import type { BatchSource, LiveSource, WatchSource } from "../../cli/tui/options.ts";
import type { CommandLine } from "../../cli/tui/palette/command-line.ts";
import { quit } from "../../cli/tui/quit.ts";
import { App } from "../../cli/tui/screen/app.tsx";
import { initialState, type State } from "../../cli/tui/state/state.ts";
import { createStore, type Store } from "../../cli/tui/store.ts";
import type { ThemeName } from "../../cli/tui/theme-names.ts";
import { openLab } from "../../lib/lab/open-lab.ts";
import { createTerminal, type ScreenTerminal } from "./terminal.ts";
import type { TuiCache } from "./tui-cache.ts";

export interface SessionOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly target?: string;
  readonly live?: LiveSource;
  readonly watch?: WatchSource;
  readonly batch?: BatchSource;
  readonly theme?: ThemeName;
  /** Changes the command line of the program, which is there by default. */
  readonly commandLine?: Partial<CommandLine>;
}

export interface TuiSession {
  readonly terminal: ScreenTerminal;
  readonly store: Store;
  /** What was put on the clipboard, oldest first. */
  readonly copied: readonly string[];
  /** Resolves when the user has left. */
  readonly left: Promise<void>;
  /** Sends input as a terminal would. */
  type(input: string): void;
  /** Waits for the screen. */
  see(what: RegExp): Promise<void>;
  /** Waits for the state. */
  until(isTrue: (state: State) => boolean): Promise<void>;
  resize(columns: number, rows: number): void;
  close(): Promise<void>;
}

export function openSession({ cache, builds }: TuiCache, options: SessionOptions = {}): TuiSession {
  const { columns = 80, rows = 24 } = options;
  const terminal = createTerminal(columns, rows);
  const lab = openLab({ cache });
  const commandLine = { ...openCommandLine({ cache, lab, extraWords: [] }), ...options.commandLine };
  const store = createStore(
    initialState({ columns, rows }, { mouse: true, theme: options.theme ?? "default", ...commandLine }),
  );
  const copied: string[] = [];
  const stdout = screenStream(terminal);
  const stdin = keyboardStream();
  const leaving = Promise.withResolvers<void>();
  const host = new LiveHost(store, leaving.resolve);
  const commands = {
    copy: (text: string) => void copied.push(text),
    quit: () => quit(store, host.running, leaving.resolve),
    buildNow: () => host.buildNow(),
    cancelBuild: () => host.cancelBuild(),
    play: (how: PlayKey) => host.play(how),
    repaint: () => undefined,
    outside: async () => undefined,
  };
  const instance = render(
    createElement(App, { store, commands, setMouse: () => undefined, blank: false }),
    // Streams that are as much of a terminal as ink asks for.
    {
      stdout: stdout as unknown as NodeJS.WriteStream,
      stdin: stdin as unknown as NodeJS.ReadStream,
      alternateScreen: true,
      incrementalRendering: true,
      patchConsole: false,
      exitOnCtrlC: false,
      interactive: true,
    },
  );
  const { live, watch, batch } = options;
  const stop = startEffects(
    store,
    {
      lab,
      builds,
      cache,
      commandLine,
      target: options.target ?? null,
      ...(live ? { live } : {}),
      ...(watch ? { watch } : {}),
      ...(batch ? { batch } : {}),
    },
    host,
  );
  return {
    terminal,
    store,
    copied,
    left: leaving.promise,
    type: input => void stdin.write(input),
    see: what => terminal.waitFor(what),
    until: isTrue => untilState(store, isTrue),
    resize: (newColumns, newRows) => {
      terminal.resize(newColumns, newRows);
      Object.assign(stdout, { columns: newColumns, rows: newRows });
      store.dispatch({ type: "resize", columns: newColumns, rows: newRows });
      stdout.emit("resize");
    },
    close: () => close(instance, stop),
  };
}

async function close(instance: Instance, stop: () => void): Promise<void> {
  stop();
  instance.unmount();
  await instance.waitUntilExit();
}

function screenStream(terminal: ScreenTerminal): Writable {
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      void terminal.write(chunk.toString("utf8")).then(() => done());
    },
  });
  return Object.assign(stream, { isTTY: true, columns: terminal.columns, rows: terminal.rows });
}

function keyboardStream(): PassThrough {
  const stream = new PassThrough();
  return Object.assign(stream, { isTTY: true, setRawMode: () => stream, ref: () => stream, unref: () => stream });
}

function untilState(store: Store, isTrue: (state: State) => boolean): Promise<void> {
  return new Promise(resolve => {
    const check = () => {
      if (!isTrue(store.getState())) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = store.subscribe(check);
    check();
  });
}
