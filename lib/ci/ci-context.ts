/** Which folder and Dockerfile a build of CI takes, in the paths of CI. */

import type { CiBuild } from "./ci-build.ts";
import { pathBelow, resolveFolder } from "./ci-path.ts";

export type CiContext =
  /** A folder of CI's machine; another one stands for it here. */
  | {
      readonly kind: "folder";
      /** Absolute, in CI. */
      readonly folder: string;
      /** As the flag has it: absolute, or relative to the folder. */
      readonly dockerfile: string;
      /** The places where Kaniko looks for it, in its order. */
      readonly dockerfiles: readonly string[];
    }
  /** Kaniko fetches it, here as there. */
  | { readonly kind: "remote"; readonly address: string; readonly flags: readonly string[] }
  /** Nothing in the file tells what is in it. */
  | { readonly kind: "unknown"; readonly why: string };

/** @param last the last value of a flag, by its names. */
export function contextOf(build: CiBuild, last: (names: string[]) => string | undefined): CiContext {
  const bucket = last(["bucket"]);
  const context = bucket ? (bucket.includes("://") ? bucket : `gs://${bucket}`) : (last(["context"]) ?? "/workspace/");
  const dockerfile = last(["dockerfile"]) ?? "Dockerfile";
  const below = last(["context-sub-path"]) ?? "";
  if (/^(?:tar:\/\/stdin)$/.test(context)) return { kind: "unknown", why: "the context comes by standard input" };
  if (context.startsWith("tar://"))
    return { kind: "unknown", why: `the context is ${context}, a file of CI's container` };
  if (/^(?!dir:)[a-z0-9]+:\/\//.test(context)) {
    const git = build.args.flatMap((word, at) =>
      word === "--git" ? [`--git=${build.args[at + 1] ?? ""}`] : word.startsWith("--git=") ? [word] : [],
    );
    const flags = [
      ...(below === "" ? [] : [`--context-sub-path=${below}`]),
      ...(last(["dockerfile"]) === undefined ? [] : [`--dockerfile=${dockerfile}`]),
      ...git,
    ];
    return { kind: "remote", address: context, flags };
  }
  const path = context.replace(/^dir:\/\//, "");
  // Kaniko looks at the sub path only behind a scheme.
  const inCi = resolveFolder(build.workingFolder, context.includes("://") ? `${path}/${below}` : path);
  const folder = behindMount(inCi, build);
  const dockerfiles = [resolveFolder(build.workingFolder, dockerfile), resolveFolder(inCi, `./${dockerfile}`)];
  return {
    kind: "folder",
    folder,
    dockerfile,
    dockerfiles: [...new Set(dockerfiles.map(file => behindMount(file, build)))],
  };
}

/** What stands behind a path of the executor's container. */
function behindMount(path: string, build: CiBuild): string {
  for (const mount of build.mounts) {
    const below = pathBelow(mount.path.replace(/(?<=.)\/+$/, ""), path);
    if (below !== null && mount.source.startsWith("/")) return resolveFolder(mount.source, `./${below}`);
  }
  return path;
}
