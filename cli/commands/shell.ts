import { accessSync, constants } from "node:fs";
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { chooseDriver } from "../../lib/build/choose-driver.ts";
import { LabError } from "../../lib/error.ts";
import { defaultKubernetesOptions, type KubernetesOptions } from "../../lib/executor/kubernetes/kubernetes-options.ts";
import { configOf } from "../../lib/lab/config-of.ts";
import { showText } from "../../lib/model/path-text.ts";
import { chooseProgram } from "../../lib/shell/choose-program.ts";
import type { ShellDriver, ShellStreams } from "../../lib/shell/shell-request.ts";
import { environmentAt, folderOrRoot } from "../../lib/shell/step-environment.ts";
import type { Command } from "../command.ts";
import { list, text } from "./build-options.ts";
import { type ClusterArgs, clusterOptions, withClusterOptions } from "./kubernetes-options.ts";
import {
  chosenStep,
  noteUnknownLayers,
  openTarget,
  type StepArgs,
  withStepOptions,
  withTarget,
} from "./target-options.ts";

interface ShellArgs extends StepArgs, ClusterArgs {
  readonly target?: string;
  readonly driver?: "auto" | "docker" | "sandbox" | "kubernetes";
  readonly busybox?: string;
  readonly env?: readonly string[];
  readonly workdir?: string;
  readonly helperImage?: string;
  readonly imagePullSecret?: readonly string[];
  readonly "--"?: readonly string[];
}

export const command: Command = {
  examples: [
    ["$0 shell latest --step 3", "look around in the file system after step 3"],
    ["$0 shell latest --step 3 -- ls -l /etc", "one program; its exit status is passed on"],
    ["$0 shell latest --busybox /bin/busybox", "in an image without a shell"],
    ["$0 shell latest --driver kubernetes", "in a Pod"],
  ],
  options: argv =>
    withClusterOptions(withStepOptions(withTarget(argv)))
      .option("driver", {
        choices: ["auto", "docker", "sandbox", "kubernetes"] as const,
        describe: "Where it runs (default: auto, docker or sandbox)",
      })
      .option("busybox", text("A static busybox of this machine to lend to the image"))
      .option("env", { alias: "e", ...list("NAME=VALUE for the program") })
      .option("workdir", { alias: "w", ...text("Folder to start in (default: the image's)") })
      .option("helper-image", text("kubernetes: image with sh, tar and chroot (default: busybox)"))
      .option("image-pull-secret", list("kubernetes: secret for pulling it")),
  async run(context, args: ShellArgs) {
    const { output, cache, signal } = context;
    if (output.json) throw new LabError("usage", "a shell has no JSON document");
    const busybox = args.busybox === undefined ? null : busyboxFile(resolve(context.workingFolder, args.busybox));
    const { lab, target, progress } = await openTarget(context, args.target);
    const step = chosenStep(target, args);
    noteUnknownLayers(context, target, step);
    const snapshot = await lab.snapshotAt(target, step, progress);
    const config = await configOf(cache, target);
    const { env, workingFolder } = environmentAt(target.steps, step, config);
    const name = `step ${step.number} of ${target.name}`;
    const program = chooseProgram({
      ...{ snapshot, name, env, hasBusybox: busybox !== null },
      words: args["--"] ?? [],
      entrypoint: config?.entrypoint ?? [],
    });
    const { driver } = await chooseDriver(await shellDrivers(kubernetesOf(args)), args.driver ?? "auto");
    const driverFolder = cache.driver(driver.name);
    await mkdir(driverFolder, { recursive: true });
    const status = await driver.open({
      snapshot,
      name,
      busybox,
      driverFolder,
      signal,
      command: program,
      env: { ...defaultEnv, ...pairsOf(env), ...termOf(), ...pairsOf(args.env ?? []) },
      workingFolder: folderOrRoot(snapshot, args.workdir ?? workingFolder),
      extract: async (folder, preserveOwner) => {
        let skipped: readonly string[] = [];
        const onSkipped = (paths: readonly string[]) => {
          skipped = paths;
        };
        await lab.extract(target, step, { paths: [], folder, preserveOwner, onSkipped }, progress);
        if (skipped.length > 0) output.note(`left out: ${skipped.length} devices, pipes and links to nothing`);
      },
      streams: streamsOfProcess(),
      report: what => output.status(what),
      onStart: () => {
        output.status("");
        if (process.stdin.isTTY && process.stdout.isTTY)
          output.note(`${showText(name)}, ${placeNames[driver.name]}; changes are not kept${lacks[driver.name]}`);
      },
    });
    return status;
  },
};

const placeNames = { docker: "in a container", sandbox: "in the sandbox", kubernetes: "in a Pod" } as const;

/** What a shell of the tree has not there. */
const lacks = {
  docker: "",
  sandbox: "",
  kubernetes: "; /proc and /sys are empty, as a Pod may not mount them: ps and the like show nothing",
} as const;

const defaultEnv = {
  HOME: "/root",
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
};

function termOf(): Record<string, string> {
  return process.stdout.isTTY ? { TERM: process.env.TERM ?? "xterm" } : {};
}

/** @throws LabError `usage` for what is no NAME=VALUE */
function pairsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map(pair => {
      const at = pair.indexOf("=");
      if (at < 1) throw new LabError("usage", `--env takes NAME=VALUE, not ${JSON.stringify(pair)}`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function busyboxFile(file: string): string {
  try {
    accessSync(file, constants.R_OK);
    return file;
  } catch (error) {
    throw new LabError("usage", `--busybox: cannot read ${file}`, {
      hint: "it has to be a static one, as /bin/busybox of the package busybox-static",
      cause: error,
    });
  }
}

function streamsOfProcess(): ShellStreams {
  const { stdin, stdout, stderr } = process;
  return { input: stdin, output: stdout, complaints: stderr, isTerminal: Boolean(stdin.isTTY && stdout.isTTY) };
}

function kubernetesOf(args: ShellArgs): KubernetesOptions {
  return {
    ...clusterOptions(args),
    helperImage: args.helperImage ?? defaultKubernetesOptions.helperImage,
    imagePullSecrets: args.imagePullSecret ?? [],
  };
}

async function shellDrivers(options: KubernetesOptions): Promise<ShellDriver[]> {
  const [{ dockerShell }, { sandboxShell }, { clusterShell }] = await Promise.all([
    import("../../lib/shell/docker-shell.ts"),
    import("../../lib/shell/sandbox-shell.ts"),
    import("../../lib/shell/cluster-shell.ts"),
  ]);
  return [dockerShell(), sandboxShell(), clusterShell(options)];
}
