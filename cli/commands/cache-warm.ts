import { resolve } from "node:path";
import { chooseDriver } from "../../lib/build/choose-driver.ts";
import { executorDrivers, parseExecutorSource } from "../../lib/build/drivers.ts";
import { LabError } from "../../lib/error.ts";
import { type EntryUses, expiryOf } from "../../lib/kaniko-cache/entry-use.ts";
import { readUses } from "../../lib/kaniko-cache/list-caches.ts";
import { baseImagesOf } from "../../lib/kaniko-cache/warm/base-images-of.ts";
import { type WarmResult, warmImages } from "../../lib/kaniko-cache/warm/warm-images.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { entryDocument } from "../display/cache-entries.ts";
import { formatBytes, shortDigest } from "../display/format.ts";
import { programWord } from "../program-word.ts";
import { list, type RegistryArgs, text, withRegistryOptions } from "./build-options.ts";
import { pairs } from "./name-value.ts";

interface WarmArgs extends RegistryArgs {
  readonly images?: readonly string[];
  readonly file?: string;
  readonly buildArg?: readonly string[];
  readonly to?: string;
  readonly force?: boolean;
  readonly platform?: string;
  readonly warmer?: string;
  readonly driver?: "auto" | "docker" | "sandbox";
}

/** The maintained fork's image. */
const defaultWarmer = "ghcr.io/osscontainertools/kaniko:warmer";

export const command: Command = {
  examples: [
    ["$0 cache warm debian:bookworm busybox:1", "keep two base images"],
    ["$0 cache warm --file Dockerfile", "those that its stages start from"],
    ["$0 cache warm --file Dockerfile --warmer ./out/warmer", "with a warmer of your own"],
  ],
  options: argv =>
    withRegistryOptions(argv)
      .positional("images", { type: "string", array: true, describe: "Names of images" })
      .option("file", { alias: "f", ...text("A Dockerfile: the images that its stages start from") })
      .option("build-arg", list("NAME=VALUE, or NAME, for the Dockerfile"))
      .option("to", text("Folder of the base image cache (default: base-images in the cache folder)"))
      .option("force", { type: "boolean", describe: "Fetch also what is there, as what has expired" })
      .option("platform", text("OS/ARCH of the images"))
      .option("warmer", text("Image name, oci:DIR, docker-archive:FILE or the file of a binary"))
      .option("driver", { choices: ["auto", "docker", "sandbox"] as const, describe: "Where it runs (default: auto)" }),
  async run(context, args: WarmArgs) {
    const { cache, output, signal, workingFolder } = context;
    const images = await imagesOf(args, workingFolder);
    const folder = args.to === undefined ? cache.baseImages : resolve(workingFolder, args.to);
    const sourceName = args.warmer ?? process.env.KANIKO_LAB_WARMER ?? defaultWarmer;
    const source = parseExecutorSource(sourceName, workingFolder);
    const { driver } = await chooseDriver(executorDrivers(), args.driver ?? "auto");
    const result = await warmImages({
      images,
      folder,
      source,
      driver,
      cache,
      force: args.force ?? false,
      platform: args.platform ?? null,
      insecureRegistries: args.insecureRegistry ?? [],
      registryMirrors: args.registryMirror ?? [],
      registryMaps: args.registryMap ?? [],
      dockerConfigFile: args.dockerConfig === undefined ? null : resolve(workingFolder, args.dockerConfig),
      signal,
      onProgress: (what, doneBytes, totalBytes) => {
        const of = totalBytes === null ? "" : ` of ${formatBytes(totalBytes)}`;
        output.status(doneBytes === null ? what : `${what}: ${formatBytes(doneBytes)}${of}`);
      },
    });
    output.status("");
    await showWarmed(context, folder, result);
    if (result.failures.length === 0) return 0;
    throw new LabError("build-failed", `${result.failures.length} of ${images.length} images could not be fetched`, {
      hint: result.failures.map(failure => showText(failure)).join("; "),
    });
  },
};

/** The images that are named, and those of the Dockerfile that is. @throws LabError `usage`, `not-found` */
export async function imagesOf(
  args: Pick<WarmArgs, "images" | "file" | "buildArg">,
  workingFolder: string,
): Promise<string[]> {
  const named = args.images ?? [];
  if (args.file === undefined && named.length === 0)
    throw new LabError("usage", "which images are to be fetched?", {
      hint: "name them, or a Dockerfile with --file",
    });
  const buildArgs = pairs("--build-arg", args.buildArg);
  const ofFile = args.file === undefined ? [] : await baseImagesOf(resolve(workingFolder, args.file), buildArgs);
  const images = [...new Set([...named, ...ofFile])];
  if (images.length > 0) return images;
  throw new LabError("not-found", `no stage of ${args.file} starts from an image`);
}

async function showWarmed({ output, cache }: CliContext, folder: string, result: WarmResult): Promise<void> {
  const { entries, fetched } = result;
  const uses = await readUses(cache);
  const nowMs = Date.now();
  if (output.json) {
    const documents = (list: typeof entries) => list.map(entry => entryDocument(entry, uses.of(entry), nowMs));
    output.document({ folder, fetched: documents(fetched), baseImageCache: documents(entries) });
    return;
  }
  for (const { digest, imageName, sizeBytes } of fetched)
    output.line(
      `fetched sha256:${shortDigest(digest)}  ${formatBytes(sizeBytes)}  ${showText(imageName ?? "")}`.trimEnd(),
    );
  if (fetched.length === 0 && result.failures.length === 0) output.line("nothing to fetch: all are there");
  const expired = expiredOf(result, uses, nowMs);
  if (expired.length > 0)
    output.note(
      `warning: ${expired.length} of the images there have expired: builds do not take them, and the warmer leaves them as they are; --force fetches them again`,
    );
  output.note(`builds look there with: ${programWord()} build --base-cache ${showText(folder)}`);
}

function expiredOf({ entries }: WarmResult, uses: EntryUses, nowMs: number) {
  return entries.filter(entry => expiryOf(entry, uses.of(entry), nowMs).isExpired);
}
