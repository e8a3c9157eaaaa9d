// Makes README's pictures anew: the built program in a real pseudo-terminal, on the recording that ships with the project;
// what its screen shows becomes SVG in scripts/pictures/. `npm run build && node scripts/pictures.mjs [names]`
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { spawn } from "@lydell/node-pty";
import headless from "@xterm/headless";
import { screenSvg } from "./screen-svg.mjs";

const top = fileURLToPath(new URL("..", import.meta.url));
const folder = join(top, "scripts/pictures");
/** A screen that does not come is a mistake of this script's, or of the program. */
const longestWaitMs = 30_000;

/**
 * A story: keys are typed when the screen shows what stands before them; what it shows at the end is drawn. Without a
 * story the command runs to its end, below the line that a user would have typed.
 */
const pictures = [
  {
    name: "steps",
    title: "The steps of a build with layers, times and cache results; beside them what the selected step changed",
    args: ["tui", "latest"],
    rows: 24,
    story: [
      [/greeter-edited/, "G"],
      [/> +15 /, "k"],
      [/> +14 /, "k"],
      [/> +13 /, "k"],
      [/> +12 [\s\S]*token/, ""],
    ],
  },
  {
    name: "search",
    title: "A search in all layers: a secret that a later step removed is still in the layer of the step before",
    args: ["tui", "latest"],
    rows: 24,
    story: [
      [/greeter-edited/, "/"],
      [/substring/, "token"],
      [/token/, "\r"],
      [/HITS 2/, ""],
    ],
  },
  {
    name: "diff",
    title: "What changed from one build to the next, and one file of it as a difference",
    commands: [
      ["diff", "previous", "latest", "--ignore", "time"],
      ["diff", "previous", "latest", "--file", "/usr/share/greeter/part-a"],
    ],
    rows: 16,
  },
  {
    name: "why",
    title: "Why each step was not taken from the layer cache",
    commands: [["explain"]],
    columns: 110,
    rows: 38,
  },
  {
    name: "live",
    title: "A build while it runs: steps with their times, the log of the running step",
    args: ["replay", "latest", "--tui", "--speed", "0.3"],
    rows: 24,
    story: [[/\b(?:9|1\d)\/15/, ""]],
  },
];

const wanted = process.argv.slice(2);
const cache = mkdtempSync(join(tmpdir(), "kaniko-lab-pictures-"));
try {
  mkdirSync(folder, { recursive: true });
  await draw({ name: null, commands: [["import", join(top, "workspace/greeter.klab")]] });
  for (const picture of pictures) if (wanted.length === 0 || wanted.includes(picture.name)) await draw(picture);
} finally {
  rmSync(cache, { recursive: true });
}

async function draw({ name, title, args, commands = [args], story, columns = 100, rows = 28 }) {
  const terminal = new headless.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
  for (const [at, command] of commands.entries()) {
    if (story === undefined) {
      const words = command.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(" ");
      await write(terminal, `${at > 0 ? "\r\n" : ""}\x1b[1m$ kaniko-lab ${words}\x1b[0m\r\n`);
    }
    await runIn(terminal, name, command, story);
  }
  if (name !== null) writeFileSync(join(folder, `${name}.svg`), screenSvg(terminal, title));
}

async function runIn(terminal, name, args, story) {
  const { cols, rows } = terminal;
  const { CI: _, NO_COLOR: __, ...env } = process.env;
  const pty = spawn(process.execPath, [join(top, "dist/bin.cjs"), ...args], {
    cols,
    rows,
    cwd: cache,
    env: { ...env, TERM: "xterm-256color", COLORTERM: "truecolor", KANIKO_LAB_CACHE: cache, HOME: cache },
  });
  const exited = new Promise(resolve => pty.onExit(resolve));
  let changed = () => undefined;
  pty.onData(data => terminal.write(data, () => changed()));
  const screen = () => Array.from({ length: rows }, (_, y) => lineText(terminal, y)).join("\n");
  const shows = what =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${name}: no ${what} on\n${screen()}`)), longestWaitMs);
      changed = () => {
        if (!what.test(screen())) return;
        clearTimeout(timer);
        resolve();
      };
      changed();
    });
  if (story === undefined) {
    await exited;
    return write(terminal, "");
  }
  try {
    for (const [what, keys] of story) {
      await shows(what);
      if (keys === "") break;
      pty.write(keys);
    }
    // A running build never comes to rest.
    if (!args.includes("replay")) await settled(listener => pty.onData(listener));
  } finally {
    pty.kill("SIGKILL");
    await write(terminal, "");
  }
}

/** When it is on the screen, and all that was written before. */
function write(terminal, text) {
  return new Promise(resolve => terminal.write(text, resolve));
}

/** The screen has come to rest: nothing more is written for a while. */
function settled(onData) {
  return new Promise(resolve => {
    const restMs = 400;
    let timer = setTimeout(done, restMs);
    const listener = onData(() => {
      clearTimeout(timer);
      timer = setTimeout(done, restMs);
    });
    const latest = setTimeout(done, 5 * restMs);
    function done() {
      clearTimeout(timer);
      clearTimeout(latest);
      listener.dispose();
      resolve();
    }
  });
}

function lineText(terminal, y) {
  const { active } = terminal.buffer;
  return active.getLine(active.baseY + y)?.translateToString(true) ?? "";
}
