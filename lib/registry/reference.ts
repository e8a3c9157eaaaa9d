import { LabError } from "../error.ts";
import { type Digest, isDigest } from "../model/digest.ts";

/** The registry that names without a host mean. */
export const dockerHub = "docker.io";

/** A repository in a registry: where manifests and blobs are asked for. */
export interface RepositoryAddress {
  /** `host` or `host:port`; `docker.io` for Docker Hub, whatever alias was written. */
  readonly registry: string;
  /** Such as `library/busybox`. */
  readonly repository: string;
}

/** An image name, with everything that was left out filled in. */
export interface ImageReference extends RepositoryAddress {
  /** Null only when there is a digest. */
  readonly tag: string | null;
  readonly digest: Digest | null;
}

const hostForm =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;
const componentForm = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagForm = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const hubAliases = new Set([dockerHub, "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"]);
const maxNameLength = 4096;
/** Bound of the distribution spec's reference grammar. */
const maxRepositoryLength = 255;

/**
 * Reads an image name by the rules that Docker and Kaniko share: `busybox` is `docker.io/library/busybox:latest`, a first
 * part with a dot, a colon or an upper-case letter, or `localhost`, is a host; a digest wins over a tag.
 *
 * @throws LabError `usage` when it is no image name.
 */
export function parseReference(text: string): ImageReference {
  if (text.length === 0 || text.length > maxNameLength) throw noReference(text, "it is empty or too long");
  const [beforeDigest, digestText] = splitOnce(text, "@");
  if (digestText !== null && !isDigest(digestText)) throw noReference(text, "after @ comes sha256: and 64 hex digits");
  const { registry, path } = splitHost(beforeDigest);
  if (!hostForm.test(registry)) throw noReference(text, "its host is not valid");
  const [name, tag] = splitOnce(path, ":");
  if (tag !== null && !tagForm.test(tag)) throw noReference(text, "its tag is not valid");
  const onHub = hubAliases.has(registry.toLowerCase());
  const repository = onHub && !name.includes("/") ? `library/${name}` : name;
  if (!isRepository(repository))
    throw noReference(text, "names are lower case letters, digits and single . _ - between them");
  const digest = digestText as Digest | null;
  return {
    registry: onHub ? dockerHub : registry,
    repository,
    tag: tag ?? (digest === null ? "latest" : null),
    digest,
  };
}

/** The full name, as `parseReference` reads it again. */
export function formatReference(reference: ImageReference): string {
  const tag = reference.tag === null ? "" : `:${reference.tag}`;
  const digest = reference.digest === null ? "" : `@${reference.digest}`;
  return `${reference.registry}/${reference.repository}${tag}${digest}`;
}

/** What a manifest is asked for by: the digest where there is one. */
export function tagOrDigest(reference: ImageReference): string {
  return reference.digest ?? reference.tag ?? "latest";
}

/** A registry's name in one spelling: `index.docker.io` and its like are `docker.io`. */
export function canonicalRegistry(registry: string): string {
  return hubAliases.has(registry.toLowerCase()) ? dockerHub : registry;
}

/** Whether `text` may stand as a repository's path. */
export function isRepository(text: string): boolean {
  return text.length <= maxRepositoryLength && text.split("/").every(component => componentForm.test(component));
}

function splitHost(name: string): { registry: string; path: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, slash);
  const isHost = slash > 0 && (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase());
  return isHost ? { registry: first, path: name.slice(slash + 1) } : { registry: dockerHub, path: name };
}

function splitOnce(text: string, separator: string): [string, string | null] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

function noReference(text: string, why: string): LabError {
  return new LabError("usage", `not an image name: ${JSON.stringify(text.slice(0, 200))}: ${why}`, {
    hint: "image names look like busybox:1, ghcr.io/owner/name:tag or localhost:5000/name@sha256:…",
  });
}
