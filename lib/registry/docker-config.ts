import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import * as z from "zod/mini";
import { errnoOf, LabError, messageOf } from "../error.ts";
import { askCredentialHelper } from "./credential-helper.ts";
import type { Credential, CredentialSource } from "./credentials.ts";
import { dockerHub } from "./reference.ts";

/**
 * The credentials that `docker login` and `podman login` left: in comes the user's own configuration, out come
 * credentials for one repository. Nothing of a file's content is ever put into a message: not even a parser's
 * complaint, which quotes it.
 */

/** Docker Hub's key in `auths` and the name that credential helpers know it by. */
const hubKey = "https://index.docker.io/v1/";
const hubHosts = [dockerHub, "index.docker.io", "registry-1.docker.io"];

const text = z.optional(z.nullable(z.string()));
const authForm = z.object({ auth: text, username: text, password: text, identitytoken: text, registrytoken: text });
const configForm = z.object({
  auths: z.optional(z.nullable(z.record(z.string(), authForm))),
  credHelpers: z.optional(z.nullable(z.record(z.string(), z.string()))),
  credsStore: text,
});
type AuthEntry = z.infer<typeof authForm>;

interface ConfigDocument {
  /** File, or name of the environment variable. */
  readonly place: string;
  readonly auths: ReadonlyMap<string, AuthEntry>;
  readonly credHelpers: ReadonlyMap<string, string>;
  readonly credsStore: string | null;
}

export interface DockerConfigOptions {
  /** This file only. Otherwise what Docker and Podman would read: see `defaultPlaces`. */
  readonly file?: string | null | undefined;
  /** @defaultValue `process.env` */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Credentials from an explicit `config.json`, or, in this order, from `DOCKER_AUTH_CONFIG` (the document itself),
 * `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`, and Podman's `auth.json`. Read on first use, once.
 *
 * `find` throws LabError `config-invalid` for a file that is not a docker config, or an explicit one that is not there.
 */
export function dockerConfigCredentials(options: DockerConfigOptions = {}): CredentialSource {
  const env = options.env ?? process.env;
  const file = options.file ?? null;
  const helperFailures: string[] = [];
  const answers = new Map<string, Promise<Credential | null>>();
  let documents: Promise<ConfigDocument[]> | null = null;
  const load = () => {
    documents ??= file === null ? loadDefaults(env) : loadFile(file, true).then(found => found as ConfigDocument[]);
    return documents;
  };
  const search = async (registry: string, repository: string): Promise<Credential | null> => {
    for (const document of await load()) {
      const found = await findIn(document, registry, repository, env, why => helperFailures.push(why));
      if (found !== null) return found;
    }
    return null;
  };
  return {
    find(registry, repository) {
      const key = `${registry}/${repository}`;
      const answer = answers.get(key) ?? search(registry, repository);
      answers.set(key, answer);
      return answer;
    },
    async places() {
      const looked = file === null ? defaultPlaces(env) : [file];
      return [...looked, ...new Set(helperFailures)].join(", ");
    },
  };
}

function defaultFiles(env: NodeJS.ProcessEnv): string[] {
  const home = env.HOME ?? homedir();
  const runtime = env.XDG_RUNTIME_DIR;
  return [
    path.join(env.DOCKER_CONFIG || path.join(home, ".docker"), "config.json"),
    ...(env.REGISTRY_AUTH_FILE ? [env.REGISTRY_AUTH_FILE] : []),
    ...(runtime ? [path.join(runtime, "containers/auth.json")] : []),
    path.join(env.XDG_CONFIG_HOME || path.join(home, ".config"), "containers/auth.json"),
  ];
}

function defaultPlaces(env: NodeJS.ProcessEnv): string[] {
  return [...(env.DOCKER_AUTH_CONFIG ? ["DOCKER_AUTH_CONFIG"] : []), ...defaultFiles(env)];
}

async function loadDefaults(env: NodeJS.ProcessEnv): Promise<ConfigDocument[]> {
  const fromEnvironment = env.DOCKER_AUTH_CONFIG ? [parseConfig(env.DOCKER_AUTH_CONFIG, "DOCKER_AUTH_CONFIG")] : [];
  const fromFiles = await Promise.all(defaultFiles(env).map(file => loadFile(file, false)));
  return [...fromEnvironment, ...fromFiles.flat()];
}

async function loadFile(file: string, mustExist: boolean): Promise<ConfigDocument[]> {
  try {
    return [parseConfig(await readFile(file, "utf8"), file)];
  } catch (error) {
    if (error instanceof LabError) throw error;
    if (!mustExist && ["ENOENT", "ENOTDIR", "EACCES"].includes(errnoOf(error) ?? "")) return [];
    throw new LabError("config-invalid", `cannot read the docker config ${file}: ${messageOf(error)}`);
  }
}

function parseConfig(source: string, place: string): ConfigDocument {
  const parsed = configForm.safeParse(parseJsonSilently(source, place));
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.slice(0, 1).join("") || "the document";
    throw new LabError("config-invalid", `not a docker config: ${place}: ${at} has an unexpected form`);
  }
  const { auths, credHelpers, credsStore } = parsed.data;
  return {
    place,
    auths: new Map(Object.entries(auths ?? {}).map(([key, entry]) => [normalKey(key), entry])),
    credHelpers: new Map(Object.entries(credHelpers ?? {}).map(([key, name]) => [normalKey(key), name])),
    credsStore: credsStore || null,
  };
}

function parseJsonSilently(source: string, place: string): unknown {
  try {
    return JSON.parse(source.trim() === "" ? "{}" : source);
  } catch {
    throw new LabError("config-invalid", `not a docker config: ${place} is not valid JSON`);
  }
}

/** Keys are hosts, Podman's also `host/path`; old ones have a scheme and `/v1/`. */
function normalKey(key: string): string {
  const bare = key.replace(/^https?:\/\//, "").replace(/\/(v[12]\/?)?$/, "");
  return hubHosts.includes(bare) ? dockerHub : bare;
}

/** From the most specific key to the bare host. */
function keysFor(registry: string, repository: string): string[] {
  const parts = repository.split("/");
  return [...parts.map((_, dropped) => `${registry}/${parts.slice(0, parts.length - dropped).join("/")}`), registry];
}

async function findIn(
  document: ConfigDocument,
  registry: string,
  repository: string,
  env: NodeJS.ProcessEnv,
  onHelperFailure: (why: string) => void,
): Promise<Credential | null> {
  const helper = document.credHelpers.get(registry) ?? document.credsStore;
  if (helper !== null) {
    const from = `docker-credential-${helper} (named in ${document.place})`;
    const answer = await askCredentialHelper(helper, registry === dockerHub ? hubKey : registry, { env });
    if (answer.kind === "failed") onHelperFailure(`${from}: ${answer.why}`);
    if (answer.kind === "found") return fromHelper(answer.username, answer.secret, from);
  }
  for (const key of keysFor(registry, repository)) {
    const entry = document.auths.get(key);
    const found = entry === undefined ? null : fromEntry(entry, document.place);
    if (found !== null) return found;
  }
  return null;
}

function fromHelper(username: string, secret: string, from: string): Credential {
  // The helper protocol's mark for "the secret is an identity token".
  if (username === "<token>") return { kind: "identity-token", token: secret, from };
  return { kind: "basic", username, password: secret, from };
}

function fromEntry(entry: AuthEntry, from: string): Credential | null {
  if (entry.registrytoken) return { kind: "registry-token", token: entry.registrytoken, from };
  if (entry.identitytoken) return { kind: "identity-token", token: entry.identitytoken, from };
  if (entry.username && entry.password) {
    return { kind: "basic", username: entry.username, password: entry.password, from };
  }
  const pair = Buffer.from(entry.auth ?? "", "base64")
    .toString("utf8")
    .replace(/\0+$/, "");
  const colon = pair.indexOf(":");
  return colon <= 0 ? null : { kind: "basic", username: pair.slice(0, colon), password: pair.slice(colon + 1), from };
}
