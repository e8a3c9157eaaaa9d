import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, test } from "vitest";
import { program } from "../../support/built-program.ts";
import { hasProgram, skipNote } from "../../support/has-program.ts";
import { type PtyProgram, startInPty } from "../../support/pty-program.ts";

// Completion in the shells themselves: the script is loaded as its help says, then Tab is pressed.

const top = fileURLToPath(new URL("../../..", import.meta.url));
let root: string;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "kaniko-lab-completion-"));
  const bin = join(root, "bin");
  await mkdir(bin);
  await mkdir(join(root, "work/contexts-of-mine"), { recursive: true });
  await writeFile(join(bin, "kaniko-lab"), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  await chmod(join(bin, "kaniko-lab"), 0o755);
  env = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: root,
    XDG_CONFIG_HOME: join(root, "config"),
    KANIKO_LAB_CACHE: join(root, "cache"),
    LC_ALL: "C.UTF-8",
  };
  const options = { env: { ...process.env, ...env }, cwd: root };
  execFileSync(join(bin, "kaniko-lab"), ["import", join(top, "workspace/greeter.klab")], options);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const starts = {
  bash: ["bash", "--norc", "--noprofile", "-i"],
  zsh: ["zsh", "-f", "-i"],
  fish: ["fish", "--no-config", "-i"],
} as const;

const loads = {
  bash: "source <(kaniko-lab completion bash); PS1='> '; cd work; clear; echo REA''DY",
  zsh: "source <(kaniko-lab completion zsh); PS1='> '; cd work; clear; echo REA''DY",
  fish: "kaniko-lab completion fish | source; function fish_prompt; echo '> '; end; cd work; clear; echo REA''DY",
} as const;

async function openShell(shell: keyof typeof starts): Promise<PtyProgram> {
  const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const pty = startInPty(["env", "-C", root, ...words, ...starts[shell]], 100, 40);
  await pty.terminal.waitFor(/[$%>#]/);
  pty.type(`${loads[shell]}\r`);
  await pty.terminal.waitFor(/^READY/m);
  return pty;
}

for (const shell of ["bash", "zsh", "fish"] as const) {
  const missing = hasProgram(shell) ? "" : `no ${shell}`;
  describe.skipIf(missing !== "")(`${shell}${skipNote(missing)}`, () => {
    let pty: PtyProgram;
    beforeAll(async () => {
      pty = await openShell(shell);
    });
    afterAll(() => pty?.kill("SIGKILL"));

    async function tab(line: string, shown: RegExp, tabs = 1): Promise<void> {
      pty.type(`${line}${"\t".repeat(tabs)}`);
      await pty.terminal.waitFor(shown);
      // The line is given up: the next one begins on an empty screen.
      pty.type("\x03");
      pty.type("clear; echo A''GAIN\r");
      await pty.terminal.waitFor(/^AGAIN/m);
    }

    test("the only command that fits is written", () => tab("kaniko-lab hist", /kaniko-lab history$/m));

    test("several are listed", () => tab("kaniko-lab st", /steps[\s\S]*start|start[\s\S]*steps/, 2));

    test("a build by its name", () => tab("kaniko-lab steps greeter-e", /steps greeter-edited$/m));

    test("a value of an option", () => tab("kaniko-lab build --driver sand", /--driver sandbox$/m));

    test("options", () => tab("kaniko-lab build --snap", /--snapshot-mode$/m));

    test("folders where a context stands", () => tab("kaniko-lab build cont", /build contexts-of-mine\//));

    test("what has a colon in it", () =>
      tab("kaniko-lab steps docker-ar", /steps docker-archive:(?!.*docker-archive)/));
  });
}
