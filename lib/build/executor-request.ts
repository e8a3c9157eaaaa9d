/**
 * From what the user asked to what the executor is given: its arguments, mounts and environment. The executor sees
 *
 *     /workspace                    the context, read-only
 *     /cache                        Kaniko's layer cache (`layers:<key>/`), nothing else of the cache folder: RUN can write here
 *     /base-images                  Kaniko's base image cache, read-only, only when given
 *     /output                       where the image's OCI layout goes
 *     /kaniko/.docker/config.json   credentials, only when given
 *     /kaniko/lab/…                 a Dockerfile from outside the context, secrets
 */

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, isAbsolute, relative, resolve, sep } from "node:path";
import { LabError } from "../error.ts";
import type { Mount } from "../executor/port.ts";
import { kanikoRegistryMap } from "../registry/endpoints.ts";
import type { BuildSpec } from "./build-spec.ts";
import { passedEnvironment } from "./passed-environment.ts";
import { hasSecretName } from "./secrets.ts";

export interface ExecutorRequest {
  readonly args: readonly string[];
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
  /** Values that must not be recorded or shown. */
  readonly secretValues: readonly string[];
}

export interface ContextLocation {
  /** Absolute folder on this machine; null for a context that Kaniko fetches. */
  readonly folder: string | null;
  /** Absolute file on this machine; null when only the executor can read it. */
  readonly dockerfile: string | null;
}

const remoteForm = /^(git|s3|gs|https|tar):\/\//;

/** Finds context and Dockerfile. @throws LabError `context-not-found`, `dockerfile-not-found` */
export function locateContext(spec: BuildSpec, workingFolder: string): ContextLocation {
  if (remoteForm.test(spec.context)) return { folder: null, dockerfile: null };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(spec.context)?.[1];
  if (scheme !== undefined && scheme !== "dir") {
    throw new LabError("usage", `Kaniko fetches no ${scheme}:// context`, {
      hint: "it takes git://, s3://, gs:// and https:// (a tar.gz), and tar://FILE of this machine",
    });
  }
  const folder = resolve(workingFolder, spec.context.replace(/^dir:\/\//, ""));
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new LabError("context-not-found", `there is no folder ${folder}`, {
      hint: "give the folder that holds the Dockerfile, as in: kaniko-lab build workspace/greeter",
    });
  }
  return { folder, dockerfile: locateDockerfile(spec, folder, workingFolder) };
}

/** Where a Dockerfile may be; the first one that is there counts. */
export function dockerfileCandidates(spec: BuildSpec, folder: string, workingFolder: string): string[] {
  return spec.dockerfile
    ? [resolve(folder, spec.dockerfile), resolve(workingFolder, spec.dockerfile)]
    : [resolve(folder, "Dockerfile"), resolve(folder, "dockerfile")];
}

function locateDockerfile(spec: BuildSpec, folder: string, workingFolder: string): string {
  const found = dockerfileCandidates(spec, folder, workingFolder).find(
    file => existsSync(file) && statSync(file).isFile(),
  );
  if (found) return found;
  throw new LabError("dockerfile-not-found", `there is no ${spec.dockerfile ?? "Dockerfile"} in ${folder}`, {
    hint: dockerfileHint(folder),
  });
}

/** Those that lie in the folder are what was meant, most likely. */
function dockerfileHint(folder: string): string {
  const isDockerfile = /^dockerfile(?:\..+)?$|.\.dockerfile$/i;
  const there = readdirSync(folder).filter(name => isDockerfile.test(name) && !/\.dockerignore$/.test(name));
  if (there.length === 0) return "name another one with --dockerfile FILE";
  const most = 5;
  const rest = there.length > most ? ` and ${there.length - most} more` : "";
  return `name another one with --dockerfile FILE (or DOCKER_FILE_NAME); there are: ${there.sort().slice(0, most).join(", ")}${rest}`;
}

/** The folders of the cache folder that a build writes to; both exist. */
export interface BuildFolders {
  readonly layerCache: string;
  readonly output: string;
}

/** Where the executor writes. */
export function outputMounts(folders: BuildFolders): Mount[] {
  return [
    { hostPath: folders.layerCache, path: "/cache", readOnly: false },
    { hostPath: folders.output, path: "/output", readOnly: false },
  ];
}

/** @throws LabError `usage`, `context-not-found` for a secret, credentials or an archive that is not there. */
export function executorRequest(spec: BuildSpec, context: ContextLocation): ExecutorRequest {
  const secrets = secretRequest(spec);
  const buildArgs = buildArgRequest(spec);
  const dockerfile = dockerfileRequest(context);
  const passed = passedEnvironment(spec.context, { ...process.env, ...spec.environment });
  const mounts: Mount[] = [...contextMounts(spec, context), ...dockerfile.mounts, ...secrets.mounts, ...passed.mounts];
  if (spec.dockerConfigFile) mounts.push(credentialMount(spec.dockerConfigFile));
  if (spec.baseCache !== null) mounts.push(baseCacheMount(spec, spec.baseCache));
  const args = [
    ...["--context", context.folder === null ? remoteContext(spec) : "dir:///workspace"],
    ...dockerfile.args,
    ...["--log-format", "json", "--verbosity", spec.logLevel === "trace" ? "trace" : "debug"],
    ...["--oci-layout-path", "/output/image"],
    ...destinationFlags(spec),
    ...cacheFlags(spec),
    ...(spec.baseCache === null ? [] : ["--cache-dir", baseImagesPath]),
    ...buildArgs.args,
    ...secrets.args,
    ...imageFlags(spec),
    ...registryFlags(spec),
    ...spec.extraFlags,
  ];
  return {
    args,
    mounts,
    env: { ...passed.env, ...buildArgs.env, ...secrets.env },
    secretValues: [...passed.secretValues, ...Object.values(buildArgs.env), ...secrets.values],
  };
}

function contextMounts(spec: BuildSpec, context: ContextLocation): Mount[] {
  if (context.folder !== null) return [{ hostPath: context.folder, path: "/workspace", readOnly: true }];
  const archive = localArchive(spec.context);
  return archive ? [{ hostPath: archive, path: `/kaniko/lab/${basename(archive)}`, readOnly: true }] : [];
}

function remoteContext(spec: BuildSpec): string {
  const archive = localArchive(spec.context);
  return archive ? `tar:///kaniko/lab/${basename(archive)}` : spec.context;
}

function localArchive(context: string): string | null {
  if (!context.startsWith("tar://")) return null;
  const file = resolve(context.slice("tar://".length));
  if (existsSync(file)) return file;
  throw new LabError("context-not-found", `there is no file ${file}`, {
    hint: "tar:// takes a .tar.gz of this machine",
  });
}

function dockerfileRequest(context: ContextLocation): { args: string[]; mounts: Mount[] } {
  if (context.folder === null || context.dockerfile === null) return { args: [], mounts: [] };
  const inside = relative(context.folder, context.dockerfile);
  if (!inside.startsWith("..") && !isAbsolute(inside)) {
    return { args: ["--dockerfile", `/workspace/${inside.split(sep).join("/")}`], mounts: [] };
  }
  // Kaniko looks for `<Dockerfile>.dockerignore` beside the Dockerfile.
  const files = [context.dockerfile, `${context.dockerfile}.dockerignore`].filter(file => existsSync(file));
  const mounts = files.map(file => ({ hostPath: file, path: `/kaniko/lab/${basename(file)}`, readOnly: true }));
  return { args: ["--dockerfile", `/kaniko/lab/${basename(context.dockerfile)}`], mounts };
}

/** Arguments that are called like secrets go by the environment: `--build-arg NAME` takes the value from there. */
function buildArgRequest(spec: BuildSpec): { args: string[]; env: Record<string, string> } {
  const env: Record<string, string> = {};
  const args = Object.entries(spec.buildArgs).flatMap(([name, value]) => {
    if (!hasSecretName(name)) return ["--build-arg", `${name}=${value}`];
    env[name] = value;
    return ["--build-arg", name];
  });
  return { args, env };
}

interface SecretRequest {
  readonly args: string[];
  readonly mounts: Mount[];
  readonly env: Record<string, string>;
  /** What must not be shown. */
  readonly values: readonly string[];
}

function secretRequest(spec: BuildSpec): SecretRequest {
  const fileValues: string[] = [];
  const mounts: Mount[] = [];
  const env: Record<string, string> = {};
  const args = spec.secrets.flatMap((text, index) => {
    const fields = new Map(text.split(",").map(field => splitOnce(field, "=")));
    const id = fields.get("id");
    if (!id)
      throw new LabError("usage", `--secret needs an id: ${JSON.stringify(text)}`, {
        hint: "as in --secret id=npm,src=./.npmrc",
      });
    const variable = fields.get("env") ?? (fields.has("src") ? undefined : id);
    if (variable !== undefined) {
      const value = process.env[variable];
      if (value === undefined) throw new LabError("usage", `--secret ${id}: the variable ${variable} is not set`);
      env[variable] = value;
      return ["--secret", `id=${id},env=${variable}`];
    }
    const file = resolve(fields.get("src") as string);
    if (!existsSync(file)) throw new LabError("usage", `--secret ${id}: there is no file ${file}`);
    const path = `/kaniko/lab/secret-${index}`;
    mounts.push({ hostPath: file, path, readOnly: true });
    fileValues.push(...secretLines(file));
    return ["--secret", `id=${id},src=${path}`];
  });
  return { args, mounts, env, values: [...fileValues, ...Object.values(env)] };
}

const largestMaskedBytes = 64 * 1024;
/** Shorter lines of a file are rather words that anything can print. */
const shortestMaskedLine = 8;

/** A RUN that prints its secret prints it line by line. */
function secretLines(file: string): string[] {
  if (statSync(file).size > largestMaskedBytes) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.map(line => line.trim()).filter(line => line.length >= shortestMaskedLine);
}

/** @throws LabError `usage` where there is no such file. */
export function credentialMount(file: string): Mount {
  const hostPath = resolve(file);
  if (!existsSync(hostPath)) {
    throw new LabError("usage", `--docker-config: there is no file ${hostPath}`, {
      hint: "it is a docker config.json, often ~/.docker/config.json",
    });
  }
  return { hostPath, path: "/kaniko/.docker/config.json", readOnly: true };
}

/** Where executor and warmer see the base image cache. */
export const baseImagesPath = "/base-images";

/** Kaniko looks into it only where it looks into its layer cache, too. */
function baseCacheMount(spec: BuildSpec, folder: string): Mount {
  const hostPath = resolve(folder);
  if (spec.cache.kind === "off")
    throw new LabError("usage", "--base-cache does nothing with --cache off: Kaniko then looks into neither cache");
  if (existsSync(hostPath) && statSync(hostPath).isDirectory())
    return { hostPath, path: baseImagesPath, readOnly: true };
  throw new LabError("usage", `--base-cache: there is no folder ${hostPath}`, {
    hint: "fill one with: kaniko-lab cache warm IMAGE",
  });
}

function destinationFlags(spec: BuildSpec): string[] {
  if (spec.destinations.length === 0) return ["--no-push"];
  return spec.destinations.flatMap(destination => ["--destination", destination]);
}

function cacheFlags(spec: BuildSpec): string[] {
  if (spec.cache.kind === "off") return [];
  const repository = spec.cache.kind === "folder" ? "oci:/cache/layers" : spec.cache.repository;
  return ["--cache", "--cache-repo", repository, ...(spec.cacheCopyLayers ? ["--cache-copy-layers"] : [])];
}

function imageFlags(spec: BuildSpec): string[] {
  return [
    ...(spec.target === null ? [] : ["--target", spec.target]),
    ...Object.entries(spec.labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
    ...(spec.snapshotMode === null ? [] : ["--snapshot-mode", spec.snapshotMode]),
    ...(spec.useNewRun ? ["--use-new-run"] : []),
    ...(spec.singleSnapshot ? ["--single-snapshot"] : []),
    ...(spec.reproducible ? ["--reproducible"] : []),
    ...(spec.compression === null ? [] : ["--compression", spec.compression]),
    ...(spec.platform === null ? [] : ["--custom-platform", spec.platform]),
  ];
}

/**
 * The executor and the warmer have these flags in common.
 * @throws LabError `usage` for a map that Kaniko would pass over
 */
export function registryFlags(
  spec: Pick<BuildSpec, "registryMirrors" | "registryMaps" | "insecureRegistries">,
): string[] {
  return [
    ...spec.registryMirrors.flatMap(mirror => ["--registry-mirror", mirror]),
    ...spec.registryMaps.flatMap(map => ["--registry-map", kanikoRegistryMap(map)]),
    ...spec.insecureRegistries.flatMap(host => ["--insecure-registry", host]),
  ];
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}
