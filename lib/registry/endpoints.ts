import { LabError } from "../error.ts";
import { canonicalRegistry, dockerHub, isRepository, type RepositoryAddress } from "./reference.ts";

/** Registries to ask instead of others, as Kaniko's `--registry-mirror` and `--registry-map` name them. */
export interface RegistryRedirection {
  /** For Docker Hub only: `host[:port][/prefix]`, tried in order. */
  readonly registryMirrors?: readonly string[];
  /** From a registry to its replacements, each `host[:port][/prefix]`, tried in order. */
  readonly registryMap?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Where to ask for a repository, in order: the mapped registries, then the mirrors, then the registry itself
 * (Kaniko's `RetrieveRemoteImage`).
 *
 * @throws LabError `usage` for a replacement that gives no valid repository.
 */
export function endpointsOf(address: RepositoryAddress, redirection: RegistryRedirection): RepositoryAddress[] {
  const replacements: string[] = [];
  for (const [from, to] of Object.entries(redirection.registryMap ?? {})) {
    if (canonicalRegistry(from) === address.registry) replacements.push(...to);
  }
  if (address.registry === dockerHub) replacements.push(...(redirection.registryMirrors ?? []));
  const { registry, repository } = address;
  return [...replacements.map(to => replace(address, to)), { registry, repository }];
}

/** The only name by which Kaniko looks up Docker Hub in its map. */
const kanikoHub = "index.docker.io";

/**
 * A registry map as Kaniko finds it: Docker Hub under the one name that Kaniko has for it, others as they are.
 * @throws LabError `usage` for an original with a path, which Kaniko would pass over without a word.
 */
export function kanikoRegistryMap(text: string): string {
  const parts: string[] = [];
  for (const [from, replacements] of Object.entries(parseRegistryMap(text))) {
    if (from.includes("/")) {
      throw new LabError("usage", `--registry-map ${text}: ${from} has a path, Kaniko only finds whole registries`, {
        hint: `write it as ${from.split("/")[0]}=HOST[/PATH]; the repository's name is put behind that`,
      });
    }
    const name = canonicalRegistry(from) === dockerHub ? kanikoHub : from;
    for (const to of replacements) parts.push(`${name}=${to}`);
  }
  return parts.join(";");
}

/**
 * Reads Kaniko's `--registry-map` form, `from=to;from=to`, where one registry may have several replacements.
 *
 * @throws LabError `usage` when a part is not `from=to`.
 */
export function parseRegistryMap(text: string): Record<string, string[]> {
  const map: Record<string, string[]> = Object.create(null);
  for (const part of text.split(";").filter(part => part !== "")) {
    const [from, to, ...rest] = part.split("=");
    if (!from || !to || rest.length > 0) {
      throw new LabError("usage", `not a registry map: ${JSON.stringify(part)}`, {
        hint: "write it as docker.io=mirror.example/proxy;quay.io=mirror.example/quay",
      });
    }
    const replacements = map[from] ?? [];
    replacements.push(to);
    map[from] = replacements;
  }
  return map;
}

function replace(address: RepositoryAddress, to: string): RepositoryAddress {
  const [registry = "", ...prefix] = to.replace(/\/+$/, "").split("/");
  const repository = [...prefix, address.repository].join("/");
  if (registry === "" || !isRepository(repository)) {
    throw new LabError("usage", `not a registry to use instead of ${address.registry}: ${JSON.stringify(to)}`, {
      hint: "write it as host, host:port or host/path, without https://",
    });
  }
  return { registry: canonicalRegistry(registry), repository };
}
