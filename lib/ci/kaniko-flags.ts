/**
 * Every flag of the executor, of both families, and what becomes of it here. Mirrors `AddKanikoOptionsFlags` and
 * `AddRegistryOptionsFlags` (cmd/executor/cmd/root.go) and the rules of pflag, which reads them.
 */

export type FlagFate =
  /** An option of ours says the same. */
  | { readonly do: "option"; readonly option: string }
  /** Given to the executor as it is. */
  | { readonly do: "pass" }
  /** Only when something is pushed, or CI's cache is read. */
  | { readonly do: "pass-to-push" }
  /** Has a place of its own in the code: see `local-build.ts`. */
  | { readonly do: "special" }
  | { readonly do: "leave"; readonly why: string };

export interface KanikoFlag {
  readonly name: string;
  /** A flag for yes or no takes its value only behind `=`. */
  readonly isSwitch: boolean;
  readonly fate: FlagFate;
}

const pass: FlagFate = { do: "pass" };
const toPush: FlagFate = { do: "pass-to-push" };
const special: FlagFate = { do: "special" };
const option = (name: string): FlagFate => ({ do: "option", option: name });
const leave = (why: string): FlagFate => ({ do: "leave", why });

const kept = leave("every build is kept in the cache folder, to be looked at or exported");
const ownLog = leave("the executor's log is read here, in a form of its own");
const ownRoot = leave("here the executor gets a root folder of its own, which goes when the build ends");
const certificate = leave("names a file of CI's container");

const values: Readonly<Record<string, FlagFate>> = {
  annotation: pass,
  bucket: special,
  "build-arg": special,
  "cache-dir": leave("the base image cache of CI: base images come from their registries here"),
  "cache-repo": special,
  "cache-ttl": pass,
  compression: option("compression"),
  "compression-level": pass,
  context: special,
  "context-sub-path": special,
  "credential-helpers": pass,
  "custom-platform": option("platform"),
  customPlatform: option("platform"),
  destination: special,
  "digest-file": leave("the digest is in the build's record"),
  dockerfile: special,
  git: special,
  "image-download-retry": pass,
  "image-format": pass,
  "image-fs-extract-retry": pass,
  "image-name-tag-with-digest-file": leave("the digest is in the build's record"),
  "image-name-with-digest-file": leave("the digest is in the build's record"),
  "ignore-path": pass,
  "insecure-registry": option("insecure-registry"),
  "kaniko-dir": leave("where the executor's own folder is, is the driver's matter"),
  label: option("label"),
  "log-format": ownLog,
  "oci-layout-path": kept,
  "push-retry": toPush,
  "registry-certificate": certificate,
  "registry-client-cert": certificate,
  "registry-map": option("registry-map"),
  "registry-mirror": option("registry-mirror"),
  secret: special,
  "skip-tls-verify-registry": pass,
  "snapshot-mode": option("snapshot-mode"),
  snapshotMode: option("snapshot-mode"),
  "tar-path": kept,
  tarPath: kept,
  target: special,
  verbosity: ownLog,
};

const switches: Readonly<Record<string, FlagFate>> = {
  cache: special,
  "cache-copy-layers": special,
  "cache-run-layers": pass,
  cleanup: ownRoot,
  "compressed-caching": pass,
  dryrun: leave("here it is built; predict tells what would happen"),
  force: ownRoot,
  "force-build-metadata": pass,
  help: leave("prints Kaniko's help"),
  "ignore-var-run": pass,
  insecure: toPush,
  "insecure-pull": pass,
  "log-timestamp": ownLog,
  materialize: pass,
  "no-push": special,
  "no-push-cache": special,
  "pre-cleanup": ownRoot,
  "preserve-context": leave("the context is mounted here, and stays"),
  "push-ignore-immutable-tag-errors": toPush,
  reproducible: option("reproducible"),
  "single-snapshot": option("single-snapshot"),
  "skip-default-registry-fallback": pass,
  "skip-push-permission-check": toPush,
  "skip-tls-verify": toPush,
  "skip-tls-verify-pull": pass,
  "skip-unused-stages": pass,
  "use-new-run": option("use-new-run"),
  "whitelist-var-run": pass,
};

const shorthands: Readonly<Record<string, string>> = {
  b: "bucket",
  c: "context",
  d: "destination",
  f: "dockerfile",
  h: "help",
  v: "verbosity",
};

export function kanikoFlag(name: string): KanikoFlag | null {
  const isSwitch = Object.hasOwn(switches, name);
  const fate = isSwitch ? switches[name] : Object.hasOwn(values, name) ? values[name] : undefined;
  return fate === undefined ? null : { name, isSwitch, fate };
}

/** Whether a word is a flag that only Kaniko has: how its command line is told from others'. */
export function isKanikoWord(word: string): boolean {
  return /^--(?:context|dockerfile|destination|no-push|cache-repo|tar-?path|snapshot-?mode)(?:=|$)/i.test(word);
}

export interface GivenFlag {
  /** Null for a flag that neither family of Kaniko is known to have, and for a word that is no flag. */
  readonly flag: KanikoFlag | null;
  /** `true` and `false` for a switch; the word itself when `flag` is null. */
  readonly value: string;
  /** The words as they were given. */
  readonly words: readonly string[];
  /** A flag that takes a value has none: the words end. */
  readonly isIncomplete: boolean;
}

/** Splits a command line as pflag does: `--flag value`, `--flag=value`, `--switch`, `-f value`, `-fvalue`; `--` ends the flags. */
export function parseKanikoFlags(args: readonly string[]): GivenFlag[] {
  const result: GivenFlag[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] as string;
    if (word === "--") return [...result, ...args.slice(at + 1).map(unknownWord)];
    const long = /^--([^=]+)(?:=(.*))?$/s.exec(word);
    const short = /^-([a-zA-Z])(?:=?(.+))?$/s.exec(word);
    const name = long ? (long[1] as string) : short ? shorthands[short[1] as string] : undefined;
    const flag = name === undefined ? null : kanikoFlag(name);
    if (flag === null) {
      result.push(unknownWord(word));
      continue;
    }
    const inWord = long ? long[2] : short?.[2];
    if (flag.isSwitch || inWord !== undefined) {
      result.push({ flag, value: inWord ?? "true", words: [word], isIncomplete: false });
      continue;
    }
    at += 1;
    const next = args[at];
    const words = next === undefined ? [word] : [word, next];
    result.push({ flag, value: next ?? "", words, isIncomplete: next === undefined });
  }
  return result;
}

function unknownWord(word: string): GivenFlag {
  return { flag: null, value: word, words: [word], isIncomplete: false };
}

/** As Go's strconv.ParseBool; null for what that refuses. */
export function parseSwitch(value: string): boolean | null {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(value)) return true;
  return ["0", "f", "F", "FALSE", "false", "False"].includes(value) ? false : null;
}
