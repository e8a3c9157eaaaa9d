import { rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type PtyProgram, startInPty } from "../support/pty-program.ts";
import { inputs } from "./inputs.ts";

/**
 * How long a key of the terminal UI takes to the screen, on a layer of a million entries, in a pseudo-terminal:
 * `node test/bench/tui-keys.ts [columns rows]`, after `npm run build`. From the byte that is typed to the change on a screen that reads
 * every code.
 */

const layer = await inputs.b();
const cache = inputs.cacheFolder("tui");
const program = fileURLToPath(new URL("../../dist/bin.cjs", import.meta.url));

rmSync(cache, { recursive: true, force: true });

const [columns = 200, rows = 60] = process.argv.slice(2).map(Number);
/** As a keyboard repeats a key that is held. */
const betweenKeysMs = 33;

const start = () => startInPty([process.execPath, program, "tui", layer, "--cache-dir", cache], columns, rows);

/** Types a key and waits until the screen shows what it does. */
async function keyMs(tui: PtyProgram, key: string, shows: (before: string) => boolean): Promise<number> {
  await delay(betweenKeysMs);
  const before = tui.terminal.text();
  const from = performance.now();
  tui.type(key);
  await tui.terminal.waitFor(() => shows(before));
  return performance.now() - from;
}

function report(what: string, times: readonly number[]): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
  console.log(
    `${what.padEnd(44)} ${String(times.length).padStart(5)} keys  p50 ${at(0.5)}  p95 ${at(0.95)}  worst ${at(1)} ms`,
  );
}

async function helpWhile(tui: PtyProgram, goesOn: () => boolean): Promise<number[]> {
  const times: number[] = [];
  const helpIsShown = () => tui.terminal.text().startsWith("KEYS");
  while (goesOn()) {
    times.push(await keyMs(tui, "?", helpIsShown));
    times.push(await keyMs(tui, "?", () => !helpIsShown()));
  }
  return times;
}

/** Each key changes the screen: the cursor moves. */
async function press(tui: PtyProgram, key: string, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) times.push(await keyMs(tui, key, before => tui.terminal.text() !== before));
  return times;
}

async function type(tui: PtyProgram, keys: string, shows: RegExp): Promise<void> {
  tui.type(keys);
  await tui.terminal.waitFor(shows);
}

const tui = start();
const isLoaded = /FILES.* tree /;
await tui.terminal.waitFor(/q quit/);
report("help, while the layer is read", await helpWhile(tui, () => !isLoaded.test(tui.terminal.text())));
report("help", await press(tui, "?", 40));
// Into the folder of 10,000 folders.
await type(tui, "2", isLoaded);
for (const _ of ["usr", "lib", "packages"]) tui.type("\rj");
await tui.terminal.waitFor(/package-000000/);
report("down a line", await press(tui, "j", 300));
report("down a page", await press(tui, "\x06", 100));
report("fold and unfold a folder", await press(tui, " ", 40));
const isRunning = /running \.\./;
for (const [key, name] of [
  ["W", "waste"],
  ["i", "lint"],
  ["P", "packages"],
] as const) {
  await type(tui, key, isRunning);
  report(`help, while ${name} runs`, await helpWhile(tui, () => isRunning.test(tui.terminal.text())));
  tui.type("\x1b");
  await tui.terminal.waitFor(/FILES/);
}
// Looked for while it is typed: typed all at once, as a paste is.
report("first hits of a search", [await keyMs(tui, "/module-7", () => /[1-9]\d* hits/.test(tui.terminal.text()))]);
tui.type("\r");
report("help, while it goes on", await press(tui, "?", 40));
tui.type("q");
await tui.exited;
