import { basename } from "node:path";
import { LabError } from "../../lib/error.ts";
import type { Command } from "../command.ts";
import { completionScripts, type Shell, shells } from "../completion/scripts.ts";

export const command: Command = {
  examples: [
    ["source <($0 completion bash)", "in ~/.bashrc"],
    ["source <($0 completion zsh)", "in ~/.zshrc"],
    ["$0 completion fish > ~/.config/fish/completions/kaniko-lab.fish", "fish, once"],
  ],
  options: argv =>
    argv.positional("shell", { type: "string", choices: shells, describe: "Default: the one that SHELL names" }),
  async run({ output }, args: { shell?: Shell }) {
    const shell = args.shell ?? shells.find(name => name === basename(process.env.SHELL ?? ""));
    if (shell === undefined)
      throw new LabError("usage", "which shell?", { hint: `kaniko-lab completion ${shells.join("|")}` });
    const script = completionScripts[shell];
    if (output.json) output.document({ shell, script });
    else output.line(script.trimEnd());
    return 0;
  },
};
