/** Secrets in what an image says about itself. Pure. */

import { hasSecretName } from "../../build/secrets.ts";
import type { Step } from "../../model/build.ts";
import type { ImageConfig } from "../../model/image.ts";
import { secretsInText } from "../secrets/secret-scanner.ts";
import type { Finding } from "./finding.ts";

interface ConfigText {
  /** Where it stands, for people. */
  readonly place: string;
  readonly step: number | null;
  readonly text: string;
}

/**
 * Looks through variables, labels, commands and the history. Of a build the instructions stand for its part of the history,
 * as they know their step.
 * @param config Null when the image was not kept.
 */
export function checkConfig(config: ImageConfig | null, steps: readonly Step[], isBuild: boolean): Finding[] {
  const findings: Finding[] = [];
  const report = (rule: string, { step, place }: ConfigText, detail: string) =>
    findings.push({
      rule,
      layer: null,
      step,
      path: null,
      entry: null,
      tarOffset: null,
      detail: detail === "" ? place : `${place}: ${detail}`,
      gone: null,
    });
  for (const text of textsOf(config, steps, isBuild)) {
    for (const { pattern, masked } of secretsInText(text.text))
      report(pattern.rule, text, `${pattern.title}: ${masked}`);
    for (const name of namedSecrets(text.text)) report("secret-variable", text, name);
  }
  return findings;
}

function* textsOf(config: ImageConfig | null, steps: readonly Step[], isBuild: boolean): Generator<ConfigText> {
  for (const [at, { createdBy, comment }] of (config?.history ?? []).entries()) {
    const isInstruction = isBuild && steps.some(step => step.text === createdBy);
    // An image's history is what its steps were made of, one for each entry.
    const step = isBuild ? null : (steps[at]?.number ?? null);
    if (!isInstruction) yield { place: `entry ${at + 1} of the history`, step, text: `${createdBy} ${comment}` };
  }
  if (isBuild) for (const { number, text } of steps) yield { place: "the instruction", step: number, text };
  if (config === null) return;
  // What an instruction set is told with the instruction.
  const isTold = (...parts: readonly string[]) =>
    isBuild && steps.some(step => parts.every(part => step.text.includes(part)));
  for (const variable of config.env) {
    const equals = variable.indexOf("=");
    if (!isTold(variable.slice(0, equals), variable.slice(equals + 1)))
      yield { place: "a variable of the config", step: null, text: `ENV ${variable}` };
  }
  for (const [name, value] of Object.entries(config.labels)) {
    if (!isTold(name, value)) yield { place: `the label ${name}`, step: null, text: `${name}=${value}` };
  }
  for (const words of [config.entrypoint, config.cmd]) {
    if (words !== null && !isTold(...words)) yield { place: "the command", step: null, text: words.join(" ") };
  }
}

const longestText = 64 * 1024;
const value = `(["']?[^\\s"'$/][^\\s"']*)`;
const pair = new RegExp(`(?:^|\\s)([A-Za-z_][A-Za-z0-9_]{0,100})=${value}`, "g");
/** `ENV NAME value` is the old form: one variable, without `=`. */
const oldForm = new RegExp(`^ENV\\s+([A-Za-z_][A-Za-z0-9_]{0,100})\\s+${value}`);
/** `|2 NAME=x …` is how Docker's history tells the build arguments of a RUN. */
const argumentsOfRun = /^\|\d{1,3}\s/;

/** Names of variables that are set and called like a secret; a value that is a path or another variable is none. */
function namedSecrets(text: string): string[] {
  const short = text.slice(0, longestText);
  const names = new Set<string>();
  const add = (name: string | undefined) => name !== undefined && hasSecretName(name) && names.add(name);
  if (argumentsOfRun.test(short)) for (const [, name] of short.split(" /bin/", 1)[0]!.matchAll(pair)) add(name);
  if (!/^(?:ENV|ARG)\s/.test(short)) return [...names];
  const old = oldForm.exec(short);
  if (old !== null) add(old[1]);
  else for (const [, name] of short.matchAll(pair)) add(name);
  return [...names];
}
