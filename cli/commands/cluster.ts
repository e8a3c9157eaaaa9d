import { nameSuggestion } from "../../lib/dockerfile/suggest.ts";
import { LabError } from "../../lib/error.ts";
import type { Command } from "../command.ts";
import { commandOf } from "../command-table.ts";

export const command: Command = {
  examples: [
    ["$0 cluster up kind", "a kind cluster with a registry, the workspace and the cache"],
    ["$0 cluster warm debian:bookworm", "fill its base image cache"],
    ["$0 cluster down kind", "remove all that again"],
  ],
  commands: [
    {
      usage: "up <kind>",
      describe: "Make the lab in kind, minikube or the current cluster, or what is missing of it",
      load: () => import("./cluster-up.ts"),
    },
    {
      usage: "status <kind>",
      describe: "Say what of it is there",
      load: () => import("./cluster-status.ts"),
    },
    {
      usage: "down <kind>",
      describe: "Remove what up made, and nothing else",
      load: () => import("./cluster-down.ts"),
    },
    {
      usage: "secret",
      describe: "Put logins to registries into a cluster, as the secret regcred",
      load: () => import("./cluster-secret.ts"),
    },
    {
      usage: "volumes",
      describe: "Make the claims that builds and the warmer use",
      load: () => import("./cluster-volumes.ts"),
    },
    {
      usage: "warm [images..]",
      describe: "Fill a cluster's base image cache, with Kaniko's warmer in a Pod",
      load: () => import("./cluster-warm.ts"),
    },
  ],
  options: argv => argv,
  async run(_context, { command }: { command: string }) {
    const names = (this.commands ?? []).map(row => commandOf(row.usage));
    const message = `cluster has no command ${JSON.stringify(command)}${nameSuggestion(command, names)}`;
    throw new LabError("usage", message, { hint: "kaniko-lab cluster --help" });
  },
};
