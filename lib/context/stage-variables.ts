/** What a stage's instructions see as variables, one instruction after the other, as Kaniko keeps them. Pure. */

import type { Instruction } from "../dockerfile/dockerfile.ts";
import { expandWord } from "../dockerfile/expand.ts";
import type { Variables } from "../dockerfile/expansion.ts";
import { joinGoPath } from "../dockerfile/go-path.ts";

export interface StageStart {
  /** ENV of the base. */
  readonly env: Variables;
  /** WORKDIR of the base; "" for none. */
  readonly workdir: string;
}

export interface VariableSources {
  readonly buildArgs: Variables;
  /** Values of the ARGs before the first FROM. */
  readonly globalArgs: Variables;
  /** An ARG hides an ENV of the same name: so in the maintained fork, upstream has it the other way round. */
  readonly argsFirst: boolean;
}

export class StageVariables {
  readonly #sources: VariableSources;
  readonly #env: Map<string, string>;
  readonly #args = new Map<string, string>();
  #workdir: string;

  constructor(start: StageStart, sources: VariableSources) {
    this.#sources = sources;
    this.#env = new Map(start.env);
    this.#workdir = start.workdir;
  }

  /** Where a stage that is based on this one starts. */
  get end(): StageStart {
    return { env: this.#env, workdir: this.#workdir };
  }

  /** Never empty. */
  get workdir(): string {
    return this.#workdir === "" ? "/" : this.#workdir;
  }

  get variables(): Variables {
    return this.#sources.argsFirst ? new Map([...this.#env, ...this.#args]) : new Map([...this.#args, ...this.#env]);
  }

  /** @throws LabError `dockerfile-syntax`, `too-large` */
  apply(instruction: Instruction): void {
    const { keyword, pairs, args } = instruction;
    if (keyword === "ENV") this.#setEnv(pairs);
    else if (keyword === "ARG") for (const pair of pairs) this.#declare(pair.name, pair.value);
    else if (keyword === "WORKDIR") {
      const path = expandWord(args[0] ?? "", this.variables).text;
      this.#workdir = path.startsWith("/") ? joinGoPath(path) : joinGoPath(this.workdir, path);
    }
  }

  /** All pairs of one ENV see what was set before it. */
  #setEnv(pairs: Instruction["pairs"]): void {
    const { variables } = this;
    for (const { name, value } of pairs)
      this.#env.set(expandWord(name, variables).text, expandWord(value ?? "", variables).text);
  }

  #declare(name: string, value: string | null): void {
    const { buildArgs, globalArgs } = this.#sources;
    const own = value === null ? globalArgs.get(name) : expandWord(value, this.variables).text;
    const found = buildArgs.get(name) ?? own;
    if (found !== undefined) this.#args.set(name, found);
  }
}
