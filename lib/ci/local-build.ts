/**
 * What to do here for the same image as a build of CI makes: the options of `kaniko-lab build`, flags for the executor,
 * what is left out and why, and what the user must give first. Nothing is pushed unless that is asked for.
 */

import { LabError } from "../error.ts";
import type { CiBuild, CiReference } from "./ci-build.ts";
import { type CiContext, contextOf } from "./ci-context.ts";
import { environmentOf } from "./ci-environment.ts";
import { type GivenFlag, parseKanikoFlags, parseSwitch } from "./kaniko-flags.ts";
import type { Unknowns } from "./unknowns.ts";

/** An option of `kaniko-lab build`, with its name there. */
export interface LocalOption {
  readonly name: string;
  readonly value: string | boolean;
}

export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

/** Without it the build here would be another one. */
export interface Need {
  readonly what: string;
  /** From 1; null where no line says it. */
  readonly line: number | null;
  readonly give: string;
}

export interface LocalBuild {
  readonly context: CiContext;
  /** Without context and Dockerfile: where those are here is found out on the disk. */
  readonly options: readonly LocalOption[];
  /** For the executor, behind `--`. */
  readonly flags: readonly string[];
  /** Variables for the executor. */
  readonly environment: Readonly<Record<string, string>>;
  readonly leftOut: readonly LeftOut[];
  readonly needs: readonly Need[];
  /** What CI has beside the flags, and how to give it where that is wanted. */
  readonly references: readonly CiReference[];
  readonly notes: readonly string[];
}

export interface LocalChoices {
  readonly push: boolean;
  /** Read CI's layer cache, instead of the one in the cache folder. */
  readonly useCiCache: boolean;
  /** Options that the user gives: what CI has for them does not count. */
  readonly own: OwnOptions;
}

export interface OwnOptions {
  /** Names of options for one value. */
  readonly names: ReadonlySet<string>;
  readonly buildArgs: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
}

/** @throws LabError `config-invalid` for a command line that Kaniko refuses; `usage` for choices that do not fit. */
export function localBuild(build: CiBuild, choices: LocalChoices, unknowns: Unknowns): LocalBuild {
  const planner = new Planner(build, choices, unknowns);
  return planner.plan();
}

const choicesOf: Readonly<Record<string, readonly string[]>> = {
  "snapshot-mode": ["full", "redo", "time"],
  compression: ["gzip", "zstd"],
};

class Planner {
  readonly #build: CiBuild;
  readonly #choices: LocalChoices;
  readonly #unknowns: Unknowns;
  readonly #given: readonly GivenFlag[];
  readonly #options: LocalOption[] = [];
  readonly #flags: string[] = [];
  readonly #leftOut: LeftOut[] = [];
  readonly #needs: Need[] = [];
  readonly #notes: string[];

  constructor(build: CiBuild, choices: LocalChoices, unknowns: Unknowns) {
    this.#build = build;
    this.#choices = choices;
    this.#unknowns = unknowns;
    this.#given = parseKanikoFlags(build.args);
    this.#notes = [...build.notes];
  }

  plan(): LocalBuild {
    const incomplete = this.#given.find(flag => flag.isIncomplete);
    if (incomplete) throw this.#refused(`${incomplete.words[0]} needs a value`);
    this.#executor();
    const context = this.#context();
    for (const [at, given] of this.#given.entries()) this.#flag(given, this.#given[at - 1]);
    this.#cache();
    this.#target();
    this.#destinations();
    const environment = environmentOf(this.#build.env);
    for (const { name, value } of environment.options) this.#option(name, value);
    this.#leftOut.push(...environment.leftOut);
    for (const value of Object.values(environment.forExecutor)) this.#need(value);
    return {
      context,
      options: this.#options,
      flags: this.#flags,
      environment: environment.forExecutor,
      leftOut: this.#leftOut.map(({ what, why }) => ({ what: this.#unknowns.shown(what), why })),
      needs: this.#needs,
      references: [...this.#build.references, ...environment.references],
      notes: this.#notes,
    };
  }

  #refused(message: string): LabError {
    const { file, line } = this.#build.origin;
    return new LabError("config-invalid", `${file}:${line}: ${this.#unknowns.shown(message)}`);
  }

  #valuesOf(...names: string[]): string[] {
    return this.#given.filter(({ flag }) => flag && names.includes(flag.name)).map(({ value }) => value);
  }

  /** The last one counts. */
  #switchOf(name: string): boolean {
    const value = this.#valuesOf(name).at(-1);
    if (value === undefined) return false;
    const isOn = parseSwitch(value);
    if (isOn !== null) return isOn;
    this.#need(value);
    if (this.#unknowns.of(value).length > 0) return false;
    throw this.#refused(`--${name}=${value}: neither true nor false`);
  }

  /** @param option what to give instead, where the value itself cannot be given. */
  #need(text: string, option = "give the option that it is for"): void {
    for (const { name, line, give } of this.#unknowns.of(text)) {
      if (this.#needs.some(need => need.what === name && need.line === line)) continue;
      this.#needs.push({ what: name, line, give: give ?? option });
    }
  }

  #option(name: string, value: string | boolean): void {
    if (this.#choices.own.names.has(name)) return;
    const instead = name === "build-arg" ? `--build-arg ${String(value).split("=")[0]}=VALUE` : `--${name} VALUE`;
    if (typeof value === "string") this.#need(value, instead);
    this.#options.push({ name, value });
  }

  #executor(): void {
    const { image } = this.#build;
    if (image === null) return;
    if (this.#unknowns.of(image).length === 0) this.#option("executor", image);
    else this.#notes.push(`which executor CI takes is not known: ${this.#unknowns.shown(image)}`);
  }

  #context(): CiContext {
    const context = contextOf(this.#build, names => this.#valuesOf(...names).at(-1));
    if (this.#choices.own.names.has("context")) return context;
    if (context.kind === "remote") {
      this.#need(context.address, "--context ADDRESS");
      for (const flag of context.flags) this.#need(flag);
      this.#flags.push(...context.flags);
    } else if (context.kind === "folder") {
      this.#need(context.folder, "--context DIR");
      if (!this.#choices.own.names.has("dockerfile")) this.#need(context.dockerfile, "--dockerfile FILE");
    } else this.#needs.push({ what: context.why, line: this.#build.origin.line, give: "--context DIR" });
    return context;
  }

  #flag(given: GivenFlag, before: GivenFlag | undefined): void {
    const { flag, value, words } = given;
    if (flag === null) {
      this.#unknownWord(value, before);
      return;
    }
    const text = words.join(" ");
    switch (flag.fate.do) {
      case "option": {
        const { option } = flag.fate;
        if (flag.isSwitch) {
          if (this.#switchOf(flag.name) && !this.#options.some(({ name }) => name === option))
            this.#option(option, true);
          return;
        }
        const allowed = choicesOf[option];
        if (allowed && !allowed.includes(value) && this.#unknowns.of(value).length === 0)
          throw this.#refused(`--${flag.name}=${value}: Kaniko takes ${allowed.join(", ")}`);
        this.#option(option, value);
        return;
      }
      case "pass":
        this.#need(text);
        this.#flags.push(...words);
        return;
      case "pass-to-push":
        if (this.#choices.push || this.#choices.useCiCache) this.#flags.push(...words);
        else this.#leftOut.push({ what: text, why: "for pushing only" });
        return;
      case "leave":
        this.#leftOut.push({ what: text, why: flag.fate.why });
        return;
      default:
        if (flag.name === "build-arg") this.#buildArg(value);
        else if (flag.name === "secret") this.#secret(value);
    }
  }

  #unknownWord(word: string, before: GivenFlag | undefined): void {
    const isFlag = word.startsWith("-");
    // Whether a flag that is not known takes a value cannot be known either.
    const isValue = before?.flag === null && /^-[^=]*$/.test(before.value);
    if (!isFlag && !isValue) {
      this.#need(word);
      if (this.#unknowns.of(word).length === 0 && word !== "")
        this.#leftOut.push({ what: word, why: "no flag: Kaniko takes no notice of it" });
      return;
    }
    this.#need(word);
    this.#flags.push(word);
    if (isFlag) this.#notes.push(`${this.#unknowns.shown(word)} is no flag that is known here; it is given as it is`);
  }

  #buildArg(word: string): void {
    const at = word.indexOf("=");
    const name = at < 0 ? word : word.slice(0, at);
    if (this.#choices.own.buildArgs.has(name)) return;
    // Kaniko takes the value of `--build-arg NAME` from its environment: that is CI's, not the user's.
    const value = at < 0 ? this.#build.env.get(name) : word.slice(at + 1);
    if (value === undefined) {
      this.#needs.push({
        what: `build argument ${name}, which CI takes from its environment`,
        line: this.#build.origin.line,
        give: `--build-arg ${name}=VALUE`,
      });
      return;
    }
    this.#option("build-arg", `${name}=${value}`);
  }

  /** A CI file may come from a stranger: it names no file and no variable of this machine. */
  #secret(word: string): void {
    const id = /(?:^|,)id=([^,]*)/.exec(word)?.[1] ?? word;
    if (this.#choices.own.secrets.has(id)) return;
    this.#needs.push({
      what: `secret ${id} (${this.#unknowns.shown(word)})`,
      line: this.#build.origin.line,
      give: `--secret id=${id},src=FILE`,
    });
  }

  #target(): void {
    // A list, as pflag's StringSlice has it: the first is the stage that becomes the image.
    const [first, ...others] = this.#valuesOf("target").flatMap(value => value.split(","));
    if (first === undefined || first === "") return;
    this.#option("target", first);
    if (this.#choices.own.names.has("target")) return;
    this.#flags.push(...others.map(stage => `--target=${stage}`));
  }

  #destinations(): void {
    const destinations = this.#valuesOf("destination");
    if (!this.#choices.push) {
      for (const destination of destinations)
        this.#leftOut.push({ what: `--destination=${destination}`, why: "nothing is pushed; --push does that" });
      return;
    }
    if (destinations.length === 0) throw this.#noPush("the build names no destination");
    for (const destination of destinations) this.#option("destination", destination);
  }

  #noPush(why: string): LabError {
    return new LabError("usage", `--push: ${why}`, { hint: "give one with --destination" });
  }

  #cache(): void {
    const isOn = this.#switchOf("cache");
    const repository = this.#valuesOf("cache-repo").at(-1);
    if (this.#choices.own.names.has("cache")) return;
    if (this.#choices.useCiCache) this.#ciCache(isOn, repository);
    else {
      if (repository !== undefined)
        this.#leftOut.push({
          what: `--cache-repo=${repository}`,
          why: isOn
            ? "CI's cache is not touched: the layer cache in the cache folder takes its place; --use-ci-cache reads CI's"
            : "CI has the layer cache off",
        });
      if (!isOn) this.#option("cache", "off");
    }
    if (isOn && !this.#switchOf("cache-copy-layers")) this.#option("cache-copy-layers", false);
  }

  #ciCache(isOn: boolean, named: string | undefined): void {
    if (!isOn) throw new LabError("usage", "--use-ci-cache: this build runs without the layer cache in CI");
    // As `cache.Destination` (pkg/cache/cache.go).
    const repository = named || `${repositoryOf(this.#valuesOf("destination")[0] ?? "")}/cache`;
    if (repository === "/cache" || repository.startsWith("oci:"))
      throw new LabError("usage", "--use-ci-cache: CI's layer cache lies in no registry", {
        hint: "leave it away: the layer cache in the cache folder takes its place",
      });
    this.#option("cache", repository);
    this.#flags.push("--no-push-cache");
  }
}

/** An image's name without tag and digest. */
function repositoryOf(image: string): string {
  return image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
}
