/**
 * The terminal UI. In: a lab, the store of builds, perhaps a live build. Out: the screen, until the user leaves.
 * The caller has made sure that both sides are a terminal.
 */

import { writeSync } from "node:fs";
import { render } from "ink";
import { LabError, messageOf } from "../../lib/error.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Stop } from "./effects/latest.ts";
import { LiveHost } from "./effects/live-host.ts";
import { type OutsideProgram, outsideFile, runOutside } from "./effects/open-outside.ts";
import { startEffects } from "./effects/start-effects.ts";
import type { TuiOptions } from "./options.ts";
import { quit } from "./quit.ts";
import { App, type AppProps } from "./screen/app.tsx";
import { initialState } from "./state/state.ts";
import { createStore, type Store } from "./store.ts";
import { clipboardSequence } from "./terminal/clipboard.ts";
import { mouseOff, mouseOn } from "./terminal/mouse.ts";
import { sizeOf } from "./terminal/size.ts";
import { chooseTheme } from "./theme-names.ts";

const leavingSignals = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const;

/**
 * Shows the terminal UI. @returns when the user has left and a live build is cleaned up; the terminal is restored in every case.
 * @throws LabError `cancelled` when a signal ended it.
 */
export async function runTui(options: TuiOptions): Promise<void> {
  const { stdout } = process;
  const { commands, extraWords } = options.commandLine;
  const theme = chooseTheme(options.theme, process.env);
  const start = { mouse: options.mouse ?? true, theme, commands, extraWords };
  const store = createStore(initialState(sizeOf(stdout), start));
  const resize = () => store.dispatch({ type: "resize", ...sizeOf(stdout) });
  // Before ink listens: it then draws with the new size at once.
  stdout.on("resize", resize);
  const host = new LiveHost(store, () => screen.leave());
  const screen = showScreen(store, options, host);
  const signals = leaveOnSignals(screen.leave);
  const stop = startEffects(store, options, host);
  try {
    await screen.left;
  } finally {
    stdout.off("resize", resize);
    await host.end();
    stop();
    signals.stop();
  }
  const signal = signals.received();
  if (signal) throw new LabError("cancelled", `interrupted (${signal})`);
}

function showScreen(
  store: Store,
  options: TuiOptions,
  host: LiveHost,
): { readonly left: Promise<unknown>; leave(): void } {
  const setMouse = (on: boolean) => writeToTerminal(on ? mouseOn : mouseOff);
  const commands: AppProps["commands"] = {
    copy: text => writeToTerminal(clipboardSequence(text)),
    quit: () => quit(store, host.running, leave),
    buildNow: () => host.buildNow(),
    cancelBuild: () => host.cancelBuild(),
    play: how => host.play(how),
    repaint: () => void repaint(),
    outside: (program, onTerminal) => openOutside(store, options, program, onTerminal),
  };
  const app = (blank: boolean) => <App store={store} commands={commands} setMouse={setMouse} blank={blank} />;
  const instance = render(app(false), {
    alternateScreen: true,
    incrementalRendering: true,
    maxFps: 60,
    patchConsole: false,
    exitOnCtrlC: false,
    // The caller has decided; ink itself would draw nothing where CI is set, even to nothing.
    interactive: true,
  });
  const leave = () => instance.unmount();
  /** Only changed lines are drawn: lines that something else has spoilt are drawn anew after an empty screen. */
  async function repaint(): Promise<void> {
    writeToTerminal("\x1b[2J");
    instance.rerender(app(true));
    await instance.waitUntilRenderFlush();
    instance.rerender(app(false));
  }
  return { left: instance.waitUntilExit(), leave };
}

/** What cannot be opened is said; the screen is there again in every case. */
async function openOutside(
  store: Store,
  { lab, cache }: TuiOptions,
  program: OutsideProgram,
  onTerminal: (run: () => Promise<void>) => Promise<void>,
): Promise<void> {
  try {
    const file = await outsideFile(store.getState(), lab, cache);
    try {
      await onTerminal(() => runOutside(program, file, process.env));
    } finally {
      await file.remove();
    }
  } catch (error) {
    store.dispatch({ type: "say", text: showText(messageOf(error)), kind: "error" });
  }
}

/** At once, also while the process is ending. */
function writeToTerminal(text: string): void {
  try {
    writeSync(process.stdout.fd, text);
  } catch {
    // The terminal is gone.
  }
}

/** Other listeners of a signal keep ink from restoring the screen, so it is done here. */
function leaveOnSignals(leave: () => void): { stop: Stop; received: () => NodeJS.Signals | null } {
  let received: NodeJS.Signals | null = null;
  const onSignal = (signal: NodeJS.Signals) => {
    received = signal;
    leave();
  };
  for (const signal of leavingSignals) process.on(signal, onSignal);
  return {
    received: () => received,
    stop: () => {
      for (const signal of leavingSignals) process.off(signal, onSignal);
    },
  };
}
