/**
 * How one executor computes its cache keys: the family, the version and the switches that change them. What was not
 * compared with the sources and checked with real builds is not guessed. Pure.
 */

import type { ExecutorIdentity } from "../model/build.ts";

export interface KeyAlgorithm {
  readonly family: "fork" | "upstream";
  /** `FF_KANIKO_ROLLING_CACHE_KEY` */
  readonly isRolling: boolean;
  /** `FF_KANIKO_RESOLVE_CACHE_KEY`: the instruction counts with its variables and heredocs filled in. */
  readonly resolvesText: boolean;
  /** `FF_KANIKO_EXPAND_HEREDOC` */
  readonly expandsHeredocs: boolean;
  /** `FF_KANIKO_BUILDKIT_ARG_ENV_PRECEDENCE`: an ARG hides an ENV of the same name. */
  readonly argsHideEnv: boolean;
  /** `contents`: names do not count · `names` · `framed`: `FF_KANIKO_HASH_DIR_FRAMING` */
  readonly folderHash: "contents" | "names" | "framed";
  /** `FF_KANIKO_RUN_MOUNT_BIND` */
  readonly hashesMounts: boolean;
  /** `FF_KANIKO_SCOPED_DOCKERIGNORE`: the ignore file is for the context only. */
  readonly scopesIgnoreFile: boolean;
  /** `manifest`: the digest of the platform's manifest · `reproducible`: see `reproducibleDigest` */
  readonly base: "manifest" | "reproducible";
  /** `FF_KANIKO_NO_PROPAGATE_ANNOTATIONS` off. */
  readonly keepsAnnotationNames: boolean;
  /** `FF_KANIKO_OCI_SCRATCH_BASE` */
  readonly scratchIsOci: boolean;
  /** TARGETPLATFORM and the like. */
  readonly hasPlatformArgs: boolean;
  /** Stages go on with the ARGs of the stage before in the file, not of the one they are based on. */
  readonly leaksArgs: boolean;
  /** Stages that nothing else needs are built in one with the stage on them. */
  readonly squashes: boolean;
  /** Where files that other stages copy wait, without the slash at its end. */
  readonly copiedFolder: string;
  readonly looksUp: {
    readonly run: boolean;
    readonly workdir: boolean;
    readonly copy: boolean;
    readonly add: boolean;
  };
  /** `FF_KANIKO_CACHE_PROBE_AFTER_MISS` */
  readonly looksUpAfterMiss: boolean;
}

export interface AlgorithmRequest {
  readonly executor: Pick<ExecutorIdentity, "family" | "version">;
  /** The executor's arguments. */
  readonly args: readonly string[];
  /** The executor's environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** The algorithm, or why it is not known. */
export function keyAlgorithm(request: AlgorithmRequest): KeyAlgorithm | string {
  const { family, version } = request.executor;
  if (family === "unknown") return "the executor does not say what it is";
  if (!isKnown(family, version))
    return `how ${version === "" ? "this version" : version} of the ${nameOf(family)} makes its keys is not known`;
  const flags = new ExecutorFlags(request.args);
  if (flags.text("image-format") !== null) return "the effect of --image-format on the base's key is not known";
  return family === "fork" ? forkAlgorithm(request, flags) : upstreamAlgorithm(flags);
}

/** Compared with the sources of these versions; v1.28.3 and v1.24.0 also with real builds (test/fixtures/keys). */
function isKnown(family: "fork" | "upstream", version: string): boolean {
  return family === "fork" ? /^v1\.28\.[123]$/.test(version) : version === "v1.24.0";
}

function nameOf(family: "fork" | "upstream"): string {
  return family === "fork" ? "maintained fork" : "archived Kaniko";
}

function forkAlgorithm({ env }: AlgorithmRequest, flags: ExecutorFlags): KeyAlgorithm {
  const isOn = (name: string, whenUnset: boolean) => goBoolean(env[`FF_KANIKO_${name}`]) ?? whenUnset;
  const kanikoFolder = flags.text("kaniko-dir") ?? "/kaniko";
  const run = flags.boolean("cache-run-layers") ?? true;
  const copy = flags.boolean("cache-copy-layers") ?? false;
  return {
    family: "fork",
    isRolling: isOn("ROLLING_CACHE_KEY", false),
    resolvesText: isOn("RESOLVE_CACHE_KEY", false),
    expandsHeredocs: isOn("EXPAND_HEREDOC", false),
    argsHideEnv: isOn("BUILDKIT_ARG_ENV_PRECEDENCE", true),
    folderHash: isOn("HASH_DIR_FRAMING", false) ? "framed" : "names",
    hashesMounts: isOn("RUN_MOUNT_BIND", true),
    scopesIgnoreFile: isOn("SCOPED_DOCKERIGNORE", false),
    base: "reproducible",
    keepsAnnotationNames: !isOn("NO_PROPAGATE_ANNOTATIONS", true),
    scratchIsOci: isOn("OCI_SCRATCH_BASE", false),
    hasPlatformArgs: true,
    leaksArgs: false,
    squashes: true,
    copiedFolder: `${kanikoFolder}/deps`,
    looksUp: { run, workdir: run, copy, add: copy },
    looksUpAfterMiss: isOn("CACHE_PROBE_AFTER_MISS", false),
  };
}

function upstreamAlgorithm(flags: ExecutorFlags): KeyAlgorithm {
  return {
    family: "upstream",
    isRolling: false,
    resolvesText: false,
    expandsHeredocs: false,
    argsHideEnv: false,
    folderHash: "contents",
    hashesMounts: false,
    scopesIgnoreFile: false,
    base: "manifest",
    keepsAnnotationNames: false,
    scratchIsOci: false,
    hasPlatformArgs: false,
    leaksArgs: true,
    squashes: false,
    copiedFolder: flags.text("kaniko-dir") ?? "/kaniko",
    looksUp: {
      run: flags.boolean("cache-run-layers") ?? true,
      workdir: false,
      copy: flags.boolean("cache-copy-layers") ?? false,
      add: false,
    },
    looksUpAfterMiss: false,
  };
}

/** The executor's arguments as its flag library (pflag) reads them; the last one of a name counts. */
export class ExecutorFlags {
  readonly #args: readonly string[];

  constructor(args: readonly string[]) {
    this.#args = args;
  }

  /** Null when it is not given. */
  text(name: string): string | null {
    for (let at = this.#args.length - 1; at >= 0; at -= 1) {
      const arg = this.#args[at] as string;
      if (arg.startsWith(`--${name}=`)) return arg.slice(name.length + 3);
      if (arg === `--${name}`) return this.#args[at + 1] ?? null;
    }
    return null;
  }

  /** A boolean takes its value only behind `=`. */
  boolean(name: string): boolean | null {
    const arg = this.#args.findLast(other => other === `--${name}` || other.startsWith(`--${name}=`));
    if (arg === undefined) return null;
    return arg === `--${name}` ? true : goBoolean(arg.slice(name.length + 3));
  }
}

/** `strconv.ParseBool`; null for what is none. */
function goBoolean(text: string | undefined): boolean | null {
  if (text === undefined) return null;
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  return ["0", "f", "F", "FALSE", "false", "False"].includes(text) ? false : null;
}
