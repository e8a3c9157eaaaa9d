/** What an instruction sees as variables, and what it leaves to the next one. Pure. */

import type { Instruction } from "../dockerfile/dockerfile.ts";
import { expandWord } from "../dockerfile/expand.ts";
import type { Variables } from "../dockerfile/expansion.ts";
import type { BuildArguments } from "./build-arguments.ts";
import type { KeyAlgorithm } from "./key-algorithm.ts";
import type { KeyPart } from "./key-part.ts";

/** What Kaniko gives an image that has no Env. */
export const defaultEnv: readonly string[] = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];

export class StageScope {
  readonly #algorithm: KeyAlgorithm;
  readonly args: BuildArguments;
  #env: readonly string[];

  /** @param env of the base, as its config has it. @param args changed by this scope */
  constructor(algorithm: KeyAlgorithm, env: readonly string[], args: BuildArguments) {
    this.#algorithm = algorithm;
    this.#env = env;
    this.args = args;
  }

  get env(): readonly string[] {
    return this.#env;
  }

  /** Mirrors `ReplacementEnvs`, sorted by bytes as `populateCompositeKey` does. */
  replacements(): KeyPart[] {
    const { argsHideEnv, family } = this.#algorithm;
    const args = this.args.allowed;
    const env = this.#env.map(variable => envPart(variable));
    const names = new Set(env.map(({ name }) => name));
    const fromArgs = [...args].filter(([name]) => argsHideEnv || !names.has(name));
    const hidden = new Set(fromArgs.map(([name]) => name));
    // The fork keeps the last of several with one name, upstream all of them.
    const kept = family === "upstream" ? env : [...new Map(env.map(part => [part.name, part])).values()];
    const parts: KeyPart[] = [
      ...kept.filter(({ name }) => !hidden.has(name)),
      ...fromArgs.map(([name, value]): KeyPart => ({ kind: "arg", name, value: `${name}=${value}` })),
    ];
    return parts.sort((a, b) => Buffer.compare(Buffer.from(a.value), Buffer.from(b.value)));
  }

  variables(): Variables {
    return new Map(this.replacements().map(({ value }) => nameAndValue(value)));
  }

  /** @throws LabError `dockerfile-syntax`, `too-large` */
  apply(instruction: Instruction): void {
    if (instruction.keyword === "ENV") this.#setEnv(instruction.pairs);
    if (instruction.keyword !== "ARG") return;
    for (const { name, value } of instruction.pairs) {
      const variables = this.variables();
      const key = expandWord(name, variables).text;
      this.args.declare(key, value === null ? this.args.inherited(key) : expandWord(value, variables).text);
    }
  }

  #setEnv(pairs: Instruction["pairs"]): void {
    const variables = this.variables();
    const env = this.#env.map(nameAndValue);
    for (const pair of pairs) {
      const name = expandWord(pair.name, variables).text;
      const value = expandWord(pair.value ?? "", variables).text;
      const known = env.find(other => other[0] === name);
      if (known === undefined) env.push([name, value]);
      else known[1] = value;
    }
    this.#env = env.map(([name, value]) => `${name}=${value}`);
    if (this.#algorithm.argsHideEnv) for (const { name } of pairs) this.args.remove(name);
  }
}

function envPart(variable: string): KeyPart {
  return { kind: "env", name: nameAndValue(variable)[0], value: variable };
}

function nameAndValue(variable: string): [name: string, value: string] {
  const equals = variable.indexOf("=");
  return equals < 0 ? [variable, ""] : [variable.slice(0, equals), variable.slice(equals + 1)];
}
