/** Every command with the line that `--help` shows. What a command needs is loaded only when it is called. */

import type { Command } from "./command.ts";

export interface CommandRow {
  /** yargs' form: `<needed>`, `[optional]`, `..` for many. */
  readonly usage: string;
  readonly describe: string;
  /** It needs the terminal for itself, so it cannot be run inside the terminal UI. What is only shown there can. */
  readonly takesTerminal?: true;
  readonly load: () => Promise<{ command: Command }>;
}

export const commandTable: readonly CommandRow[] = [
  {
    usage: "build [context]",
    describe: "Run Kaniko on a context and keep everything it makes",
    load: () => import("./commands/build.ts"),
  },
  {
    usage: "from <file>",
    describe: "Build here what a CI file builds with Kaniko; nothing is pushed",
    load: () => import("./commands/from.ts"),
  },
  {
    usage: "render [source]",
    describe: "Write down a build for Kaniko elsewhere: Pod, Argo, Tekton, CI files, scripts",
    load: () => import("./commands/render.ts"),
  },
  {
    usage: "send <folder>",
    describe: "Copy a folder into a volume claim of a cluster, for builds that run without us",
    load: () => import("./commands/send.ts"),
  },
  { usage: "builds", describe: "List the builds that were kept", load: () => import("./commands/builds.ts") },
  {
    usage: "steps [target]",
    describe: "Instructions with their layers, times and cache results",
    load: () => import("./commands/steps.ts"),
  },
  {
    usage: "layers [target]",
    describe: "List the layers of a build or an image",
    load: () => import("./commands/layers.ts"),
  },
  {
    usage: "ls [target] [path]",
    describe: "List a folder as it is after a step",
    load: () => import("./commands/ls.ts"),
  },
  {
    usage: "tree [target] [path]",
    describe: "Show a folder as a tree, with sizes",
    load: () => import("./commands/tree.ts"),
  },
  {
    usage: "search <text> [target]",
    describe: "Find paths, or contents of files, in all layers, and what happened to them",
    load: () => import("./commands/search.ts"),
  },
  {
    usage: "cat <target> [path]",
    describe: "Print a file as it is after a step",
    load: () => import("./commands/cat.ts"),
  },
  {
    usage: "extract <target> [paths..]",
    describe: "Write files of a step to a folder",
    load: () => import("./commands/extract.ts"),
  },
  {
    usage: "diff [target] [other]",
    describe: "Compare two steps, builds or images",
    load: () => import("./commands/diff.ts"),
  },
  {
    usage: "compare [one] [other]",
    describe: "Compare two builds or images step by step",
    load: () => import("./commands/compare.ts"),
  },
  {
    usage: "context [build]",
    describe: "Where each file of a build's context went",
    load: () => import("./commands/context.ts"),
  },
  {
    usage: "shell [target]",
    describe: "Open a shell, or run a program, in the file system after a step",
    takesTerminal: true,
    load: () => import("./commands/shell.ts"),
  },
  {
    usage: "history <target> <path>",
    describe: "What every layer did to a path",
    load: () => import("./commands/history.ts"),
  },
  {
    usage: "explain [build]",
    describe: "Why each step was not taken from the layer cache",
    load: () => import("./commands/explain.ts"),
  },
  {
    usage: "advise [build]",
    describe: "What would have made past builds faster, as measured",
    load: () => import("./commands/advise.ts"),
  },
  {
    usage: "waste [target]",
    describe: "What the layers store without need, with a score and rules for CI",
    load: () => import("./commands/waste.ts"),
  },
  {
    usage: "lint [target]",
    describe: "Secrets in layers and config, unsafe modes, odd entries",
    load: () => import("./commands/lint.ts"),
  },
  {
    usage: "packages [target]",
    describe: "Packages that each step installed, removed or upgraded",
    load: () => import("./commands/packages.ts"),
  },
  {
    usage: "report [target] [other]",
    describe: "A build, an image or a comparison as a page to open and to send",
    load: () => import("./commands/report.ts"),
  },
  {
    usage: "predict [context]",
    describe: "Which steps the layer cache will have, before a build, and what an edit costs",
    load: () => import("./commands/predict.ts"),
  },
  {
    usage: "watch [context]",
    describe: "Predict and build again whenever the context or the Dockerfile changes",
    load: () => import("./commands/watch.ts"),
  },
  {
    usage: "cache <command>",
    describe: "Kaniko's layer cache and base image cache: list, open, check, prune, warm",
    load: () => import("./commands/cache.ts"),
  },
  {
    usage: "cluster <command>",
    describe: "kind, minikube or any cluster for builds: registry, mounts, logins, base images",
    load: () => import("./commands/cluster.ts"),
  },
  {
    usage: "tui [target]",
    describe: "Look around in the terminal UI",
    load: () => import("./commands/tui.ts"),
  },
  {
    usage: "replay [target]",
    describe: "Play a recorded build again",
    load: () => import("./commands/replay.ts"),
  },
  {
    usage: "export <builds..>",
    describe: "Write builds to one file, to keep or to send",
    load: () => import("./commands/export.ts"),
  },
  {
    usage: "import <file>",
    describe: "Take builds from a file that export wrote",
    load: () => import("./commands/import.ts"),
  },
  {
    usage: "overview",
    describe: "What is here, what can be done now, and the next command",
    load: () => import("./commands/overview.ts"),
  },
  {
    usage: "lesson [command] [number]",
    describe: "Learn Kaniko by building: a course with checks on your own builds",
    load: () => import("./commands/lesson.ts"),
  },
  {
    usage: "completion [shell]",
    describe: "Print a completion script for bash, zsh or fish",
    load: () => import("./commands/completion.ts"),
  },
  {
    usage: "doctor",
    describe: "Say what works here and how to get the rest",
    load: () => import("./commands/doctor.ts"),
  },
  {
    usage: "start [context]",
    describe: "Build a sample and look at it; play a recording where nothing can build",
    load: () => import("./commands/start.ts"),
  },
];

/** `cat <target> [path]` → `cat` */
export function commandOf(usage: string): string {
  return usage.split(" ")[0] as string;
}
