import type { Argv } from "yargs";
import type { ClusterPart } from "../../lib/cluster/cluster-part.ts";
import { baseImagesClaim, registrySecret } from "../../lib/cluster/lab-folders.ts";
import { LabError } from "../../lib/error.ts";
import type { ClusterApi } from "../../lib/executor/kubernetes/cluster-api.ts";
import { showText } from "../../lib/model/path-text.ts";
import { parseReference } from "../../lib/registry/reference.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { showParts } from "../display/cluster-parts.ts";
import { list, text } from "./build-options.ts";
import { imagesOf } from "./cache-warm.ts";
import { currentApi } from "./cluster-options.ts";
import { type ClusterArgs, clusterOptions, withClusterOptions } from "./kubernetes-options.ts";

export interface WarmerArgs extends ClusterArgs {
  readonly warmer?: string;
  readonly claim?: string;
  readonly secretName?: string;
  readonly imagePullSecret?: readonly string[];
  readonly insecureRegistry?: readonly string[];
  readonly registryMirror?: readonly string[];
  readonly registryMap?: readonly string[];
  readonly podStart?: number;
}

interface WarmArgs extends WarmerArgs {
  readonly images?: readonly string[];
  readonly file?: string;
  readonly buildArg?: readonly string[];
}

export function withWarmerOptions(argv: Argv): Argv {
  return argv
    .option("warmer", text("Image of Kaniko's warmer"))
    .option("claim", text(`Claim with the base image cache (default: ${baseImagesClaim})`))
    .option("image-pull-secret", list("Secret for pulling the warmer's image"))
    .option("insecure-registry", list("HOST[:PORT] of a base image that speaks plain HTTP"))
    .option("registry-mirror", list("Mirror of docker.io"))
    .option("registry-map", list("ORIGINAL=REPLACEMENT registry"))
    .option("pod-start", {
      type: "number",
      requiresArg: true,
      describe: "Seconds that the warmer's Pod may take to start (default: 300)",
    });
}

export const command: Command = {
  examples: [
    ["$0 cluster warm debian:bookworm busybox:1", "two base images into the claim kaniko-base-images"],
    ["$0 cluster warm --file workspace/Dockerfile", "those that its stages start from"],
  ],
  options: argv =>
    withWarmerOptions(withClusterOptions(argv))
      .positional("images", { type: "string", array: true, describe: "Names of images" })
      .option("file", { alias: "f", ...text("A Dockerfile: the images that its stages start from") })
      .option("build-arg", list("NAME=VALUE, or NAME, for the Dockerfile"))
      .option("secret-name", text(`Secret with logins to registries (default: ${registrySecret})`)),
  async run(context, args: WarmArgs) {
    const { output } = context;
    const images = await imagesOf(args, context.workingFolder);
    const part = await runWarmer(context, await currentApi(args), args, images);
    output.status("");
    if (output.json) output.document({ images, parts: [part] });
    else {
      showParts(output, [part]);
      output.note(`builds look there with: --driver kubernetes --base-claim ${showText(claimOf(args))}`);
    }
    return 0;
  },
};

function claimOf({ claim }: WarmerArgs): string {
  return claim ?? baseImagesClaim;
}

/** @throws LabError `usage` for what is no image, `not-found` without the claim, and as `warmInPod` */
export async function runWarmer(
  { output, signal }: CliContext,
  api: ClusterApi,
  args: WarmerArgs,
  images: readonly string[],
): Promise<ClusterPart> {
  for (const image of images) parseReference(image);
  const { defaultWarmer, warmInPod } = await import("../../lib/cluster/warm-pod.ts");
  const { lookForObject } = await import("../../lib/cluster/cluster-objects.ts");
  const claim = claimOf(args);
  const metadata = { name: claim, namespace: api.cluster.namespace };
  const document = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata } as const;
  if ((await lookForObject(api, document, "", signal)).state === "missing") {
    throw new LabError("not-found", `there is no claim ${claim} in the namespace ${api.cluster.namespace}`, {
      hint: "kaniko-lab cluster volumes makes it",
    });
  }
  const options = clusterOptions(args);
  const failures = await warmInPod(api, {
    images,
    claim,
    warmer: args.warmer ?? process.env.KANIKO_LAB_WARMER ?? defaultWarmer,
    registrySecret: args.secretName ?? registrySecret,
    insecureRegistries: args.insecureRegistry ?? [],
    registryMirrors: args.registryMirror ?? [],
    registryMaps: args.registryMap ?? [],
    options: {
      ...options,
      startSeconds: args.podStart ?? options.startSeconds,
      imagePullSecrets: args.imagePullSecret ?? [],
    },
    report: what => output.status(what),
    signal,
  });
  if (failures.length > 0) {
    throw new LabError("build-failed", `${failures.length} of ${images.length} images could not be fetched`, {
      hint: failures.map(failure => showText(failure)).join("; "),
    });
  }
  return {
    kind: "base-images",
    name: "base image cache",
    state: "changed",
    detail: `${images.join(", ")} in the claim ${claim}`,
  };
}
