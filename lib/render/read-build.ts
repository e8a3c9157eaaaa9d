/** From the executor's command line, as a CI file, a record or the options of `build` have it, to what is to be built. */

import { posix } from "node:path";
import { hasSecretName, mask } from "../build/secrets.ts";
import type { CiBuild } from "../ci/ci-build.ts";
import { contextOf } from "../ci/ci-context.ts";
import { environmentOf } from "../ci/ci-environment.ts";
import { pathBelow } from "../ci/ci-path.ts";
import { parseKanikoFlags, parseSwitch } from "../ci/kaniko-flags.ts";
import type { Unknowns } from "../ci/unknowns.ts";
import { LabError } from "../error.ts";
import type {
  FetchedSource,
  PortableArgument,
  PortableBuild,
  PortableCache,
  PortableContext,
  PortableDockerfile,
  PortableSecret,
} from "./portable-build.ts";
import { harmless, portableFlags } from "./portable-flags.ts";
import { asHole, type Hole, type Text } from "./text.ts";

export interface BuildSource {
  readonly build: CiBuild;
  /** Of the CI file; null where every word is known. */
  readonly unknowns: Unknowns | null;
  /** Of the objects: `kaniko-…`. */
  readonly name: string;
  /** An image that others can pull. */
  readonly executor: string;
  /** Where it is a build of this machine; null for one of a CI file. */
  readonly own: {
    /** The context's folder; null for a context that Kaniko fetches. */
    readonly folder: string | null;
    /** The context in its checkout; "" for the checkout itself. */
    readonly inCheckout: string;
    /** The Dockerfile in its checkout, when it lies outside of the context; else null. */
    readonly dockerfileInCheckout: string | null;
  } | null;
  readonly notes: readonly string[];
}

/** Where CI systems have the checkout; the first that a context is in counts. */
const checkoutFolders = ["/workspace/source", "/workspace", "/builds/project", "/github/workspace"];

/** @throws LabError `config-invalid` for a command line that cannot run elsewhere. */
export function readBuild(source: BuildSource): PortableBuild {
  return new BuildReader(source).read();
}

class BuildReader {
  readonly #source: BuildSource;
  readonly #given: ReturnType<typeof parseKanikoFlags>;
  readonly #notes: string[];

  constructor(source: BuildSource) {
    this.#source = source;
    this.#given = parseKanikoFlags(source.build.args);
    this.#notes = [...source.notes];
    // A script would carry them to a terminal; no honest flag has them.
    const control = source.build.args.find(word => /[\x00-\x08\x0b-\x1f\x7f]/.test(word));
    if (control !== undefined) throw this.#refused(`${JSON.stringify(control)} has control characters`);
    const incomplete = this.#given.find(flag => flag.isIncomplete);
    if (incomplete) throw this.#refused(`${incomplete.words[0]} needs a value`);
  }

  read(): PortableBuild {
    const { build, own, name, executor } = this.#source;
    const destinations = this.#valuesOf("destination").map((value, at) =>
      asHole(at === 0 ? "destination" : `destination-${at + 1}`, this.#text(harmless(value, this.#notes))),
    );
    const environment = environmentOf(build.env);
    const isPushed = destinations.length > 0 && this.#switchText("no-push") !== "true";
    const flags = portableFlags(this.#given, own !== null, word => this.#text(word));
    this.#notes.push(...flags.notes);
    const context = this.#context();
    return {
      name,
      executor: asHole("executor", this.#text(executor)),
      context,
      dockerfile: this.#dockerfile(context),
      destinations,
      isPushed,
      hasLogin: build.references.some(({ kind }) => kind === "credentials"),
      cache: this.#cache(),
      buildArgs: this.#buildArgs(),
      secrets: this.#secrets(),
      flags: [...flags.words, ...environment.options.map(option => [`--${option.name}=`, ...this.#text(option.value)])],
      hasBaseCache: this.#valuesOf("cache-dir").length > 0,
      output: this.#output(isPushed),
      environment: Object.entries(environment.forExecutor).map(([variable, value]) => ({
        name: variable,
        value: this.#text(value),
      })),
      secretVariables: [...build.env.keys()].filter(isSecretVariable),
      serviceAccount: build.serviceAccount ?? null,
      sources: this.#sources(),
      originKind: own === null ? build.origin.kind : null,
      notes: [...this.#notes, ...build.notes],
    };
  }

  #sources(): FetchedSource[] {
    const sources = this.#source.build.sources ?? [];
    for (const source of sources)
      if (source.kind === "other") this.#notes.push(`left out, as only CI can fetch it: ${source.text}`);
    return sources.filter(source => source.kind !== "other");
  }

  #refused(message: string, hint?: string): LabError {
    const { file, line } = this.#source.build.origin;
    const where = this.#source.own === null ? `${file}:${line}: ` : "";
    return new LabError("config-invalid", `${where}${this.#source.unknowns?.shown(message) ?? message}`, { hint });
  }

  #valuesOf(...names: string[]): string[] {
    return this.#given.filter(({ flag }) => flag && names.includes(flag.name)).map(({ value }) => value);
  }

  /** `true` or `false`, the last one counts; a word with a mark as it is; null when the flag is not given. */
  #switchText(name: string): string | null {
    const value = this.#valuesOf(name).at(-1);
    if (value === undefined) return null;
    if (this.#isUnknown(value)) return value;
    const isOn = parseSwitch(value);
    if (isOn === null) throw this.#refused(`--${name}=${value}: neither true nor false`);
    return String(isOn);
  }

  #isUnknown(word: string): boolean {
    return (this.#source.unknowns?.of(word).length ?? 0) > 0;
  }

  /** A name that a script can write as it is. */
  #variable(name: string): string {
    if (/^[A-Za-z_]\w*$/.test(name)) return name;
    throw this.#refused(`${JSON.stringify(name)} is no name of a variable, so no secret can come by it`);
  }

  /** The text of a word of the file, with holes where the file does not tell. */
  #text(word: string): Text {
    const pieces: (string | Hole)[] = (this.#source.unknowns?.pieces(word) ?? [word]).map(piece =>
      typeof piece === "string" ? piece : { name: holeName(piece.name), value: null },
    );
    return pieces.filter(piece => piece !== "");
  }

  #context(): PortableContext {
    const { build, own } = this.#source;
    const context = contextOf(build, names => this.#valuesOf(...names).at(-1));
    if (own?.folder != null) {
      const inCheckout = asHole("context", [own.inCheckout || "."]);
      return { kind: "folder", below: [], inCheckout, hostFolder: own.folder };
    }
    switch (context.kind) {
      case "remote": {
        const address = this.#text(this.#address(context.address));
        return { kind: "remote", address: asHole("context", address), below: this.#text(context.below) };
      }
      case "unknown": {
        if (this.#valuesOf("context").at(-1) === "tar://stdin") return { kind: "stdin" };
        throw this.#refused(context.why, "--context-from says where it comes from elsewhere");
      }
      default: {
        const below = asHole("context", this.#text(belowCheckout(context.folder) || "."));
        return { kind: "folder", below, inCheckout: below, hostFolder: null };
      }
    }
  }

  #address(address: string): string {
    const clean = harmless(address, this.#notes);
    if (!clean.includes(`?${mask}`)) return clean;
    throw this.#refused(
      "the context's address has a query, which may be a key: it does not go into a file",
      "--context-from says where the context comes from elsewhere",
    );
  }

  #dockerfile(context: PortableContext): PortableDockerfile {
    const given = this.#valuesOf("dockerfile").at(-1);
    const { own, build } = this.#source;
    if (given === undefined) return { from: "context", path: asHole("dockerfile", ["Dockerfile"]) };
    if (own?.dockerfileInCheckout != null) return { from: "checkout", path: [own.dockerfileInCheckout] };
    if (given.startsWith("/kaniko/lab/"))
      throw this.#refused(
        "the Dockerfile lies outside of the context, and of its checkout",
        "copy it into the context",
      );
    if (context.kind !== "folder" || !given.startsWith("/"))
      return { from: "given", path: asHole("dockerfile", this.#text(given)) };
    const inCi = contextOf(build, names => this.#valuesOf(...names).at(-1));
    const file = (inCi.kind === "folder" ? inCi.dockerfiles[0] : undefined) ?? given;
    const folder = inCi.kind === "folder" ? inCi.folder : "/workspace";
    const inContext = pathBelow(folder, file);
    if (inContext !== null) return { from: "context", path: asHole("dockerfile", this.#text(inContext)) };
    return { from: "checkout", path: asHole("dockerfile", this.#text(belowCheckout(file))) };
  }

  #cache(): PortableCache {
    const isOn = this.#switchText("cache") ?? "false";
    const repository = this.#valuesOf("cache-repo").at(-1);
    const place =
      repository === undefined || repository === ""
        ? "derived"
        : repository.startsWith("oci:")
          ? "folder"
          : { repository: asHole("cache-repo", this.#text(harmless(repository, this.#notes))) };
    return { isOn: asHole("cache", this.#text(isOn)), place };
  }

  #buildArgs(): PortableArgument[] {
    const taken = new Set(["context", "dockerfile", "destination", "executor", "cache", "cache-repo", "target"]);
    return this.#valuesOf("build-arg").map(word => {
      const at = word.indexOf("=");
      const name = at < 0 ? word : word.slice(0, at);
      const value = at < 0 ? this.#source.build.env.get(name) : word.slice(at + 1);
      // A value from CI's secrets stays one.
      const isSecret = value === undefined || hasSecretName(name) || (at < 0 && this.#isUnknown(value));
      if (isSecret) return { name: this.#variable(name), value: null };
      const text = this.#text(harmless(value, this.#notes));
      const isParameter = /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name);
      return { name, value: isParameter ? asHole(taken.has(name) ? `build-arg-${name}` : name, text) : text };
    });
  }

  #secrets(): PortableSecret[] {
    return this.#valuesOf("secret").map(word => {
      const fields = new Map(word.split(",").map(field => field.split("=") as [string, string | undefined]));
      const id = fields.get("id") ?? word;
      const variable = fields.get("env") ?? (fields.has("src") || fields.has("source") ? null : id);
      return { id, variable: variable === null ? null : this.#variable(variable) };
    });
  }

  #output(isPushed: boolean): PortableBuild["output"] {
    const tar = this.#valuesOf("tar-path", "tarPath").at(-1);
    if (tar !== undefined && tar !== "") return { flag: "tar-path", name: posix.basename(tar) };
    const layout = this.#valuesOf("oci-layout-path").at(-1);
    const isWanted = this.#source.own === null ? layout !== undefined && layout !== "" : !isPushed;
    return isWanted || !isPushed ? { flag: "oci-layout-path", name: "image" } : null;
  }
}

function belowCheckout(path: string): string {
  for (const folder of checkoutFolders) {
    const below = pathBelow(folder, path);
    if (below !== null) return below;
  }
  return "";
}

function isSecretVariable(name: string): boolean {
  return /^(?:DOCKER_AUTH_CONFIG|GIT_(?:TOKEN|USERNAME|PASSWORD)|AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|AZURE_\w+|KANIKO_\w+_(?:USER|PASSWORD))$/.test(
    name,
  );
}

/** `inputs.parameters.image` → `image`, `$TAG` → `TAG`, `$(git describe)` → `git-describe`. */
function holeName(name: string): string {
  const short = name
    .replace(/ \(.*\)$/s, "")
    .replace(/^.*\b(?:parameters|params|results|inputs|env|vars|matrix|secrets)\./, "")
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^[^A-Za-z_]+|-+$/g, "");
  return short === "" ? "value" : short;
}
