import { LabError } from "../error.ts";
import { noWishes, type PodWishes } from "../executor/kubernetes/kubernetes-options.ts";

/** Where the files of a context come from, elsewhere. */
export type ContextSource =
  /** A folder of the node; null: the context's own path on this machine. */
  | { readonly kind: "host"; readonly path: string | null }
  | { readonly kind: "pvc"; readonly claim: string }
  /** Kaniko clones it. */
  | { readonly kind: "git"; readonly address: string }
  /** Kaniko fetches a tar.gz: `s3://…`, `gs://…`, `https://…`. */
  | { readonly kind: "archive"; readonly address: string }
  | { readonly kind: "stdin" }
  /** What the CI system has checked out, or the tool sends. */
  | { readonly kind: "checkout" }
  /** An artifact that another template made. */
  | { readonly kind: "artifact" };

export const contextSourceForms =
  "host[:PATH], pvc[:NAME], git:ADDRESS[#REF], s3://… gs://… https://… (a tar.gz), stdin, checkout or artifact";

/** Where the layer cache lies in a cluster. */
export type CacheVolume =
  | { readonly kind: "pvc"; readonly claim: string }
  | { readonly kind: "host"; readonly path: string };

export interface RenderOptions {
  /** Null: what suits the build and the format. */
  readonly contextFrom: ContextSource | null;
  /** The context in what `contextFrom` brings; null: as the build has it. */
  readonly contextPath: string | null;
  readonly cacheVolume: CacheVolume;
  /** Holds the base image cache, where the build has one. */
  readonly baseClaim: string;
  /** Of type kubernetes.io/dockerconfigjson. */
  readonly registrySecret: string;
  readonly namespace: string | null;
  readonly serviceAccount: string | null;
  /** An image with a shell and tar, for containers beside the executor. */
  readonly helperImage: string;
  readonly wishes: PodWishes;
  /** After this time the cluster ends the build; null: never. */
  readonly deadlineSeconds: number | null;
}

export const defaultRenderOptions: RenderOptions = {
  contextFrom: null,
  contextPath: null,
  cacheVolume: { kind: "pvc", claim: "kaniko-cache" },
  baseClaim: "kaniko-base-images",
  registrySecret: "regcred",
  namespace: null,
  serviceAccount: null,
  helperImage: "busybox:1.37",
  wishes: noWishes,
  deadlineSeconds: null,
};

/** @throws LabError `usage` */
export function parseContextSource(word: string): ContextSource {
  if (/^(?:s3|gs|https):\/\//.test(word)) return { kind: "archive", address: archiveAddress(word) };
  const [, kind, rest] = /^([a-z]+)(?::(.+))?$/s.exec(word) ?? [];
  if (kind === "host") {
    if (rest === undefined || rest.startsWith("/")) return { kind, path: rest ?? null };
    throw new LabError("usage", `--context-from ${word}: the path of a node is absolute`);
  }
  if (kind === "pvc") return { kind, claim: objectName("--context-from", rest ?? "workspace") };
  if (kind === "git" && rest !== undefined) return { kind, address: gitAddress(rest) };
  if ((kind === "stdin" || kind === "checkout" || kind === "artifact") && rest === undefined) return { kind };
  throw new LabError("usage", `--context-from takes ${contextSourceForms}, not ${JSON.stringify(word)}`);
}

/** Kaniko knows a repository by `git://` alone, and fetches it by HTTPS; a branch is `refs/heads/NAME` to it. */
function gitAddress(text: string): string {
  const [place, revision] = text.replace(/^(?:git|https?):\/\//, "").split("#") as [string, string | undefined];
  if (place.includes("@"))
    throw new LabError("usage", "--context-from: the address holds credentials, which do not go into a file", {
      hint: "the executor takes GIT_TOKEN, or GIT_USERNAME and GIT_PASSWORD, from its environment",
    });
  if (revision === undefined) return `git://${place}`;
  return `git://${place}#${/^refs\/|^[0-9a-f]{40}$/.test(revision) ? revision : `refs/heads/${revision}`}`;
}

/** @throws LabError `usage` */
function archiveAddress(word: string): string {
  if (!/@[^/]*\/|\?/.test(word)) return word;
  throw new LabError("usage", "--context-from: the address holds credentials or a query, which do not go into a file", {
    hint: "the executor logs in to a bucket with the rights of its service account",
  });
}

/** @throws LabError `usage` */
export function parseCacheVolume(word: string): CacheVolume {
  const [, kind, rest] = /^([a-z]+)(?::(.+))?$/s.exec(word) ?? [];
  if (kind === "pvc") return { kind, claim: objectName("--cache-volume", rest ?? "kaniko-cache") };
  if (kind === "host" && rest?.startsWith("/")) return { kind, path: rest };
  throw new LabError("usage", `--cache-volume takes pvc[:NAME] or host:PATH, not ${JSON.stringify(word)}`);
}

/** A name that Kubernetes takes for an object. @throws LabError `usage` */
export function objectName(option: string, name: string): string {
  if (/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)) return name;
  throw new LabError("usage", `${option}: ${JSON.stringify(name)} is no name of an object`, {
    hint: "small letters, digits, - and . only",
  });
}
