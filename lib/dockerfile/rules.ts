import { parseDurationNs } from "./duration.ts";
import { type FlagKinds, noFlags, parseFlags } from "./flags.ts";
import { quote, toLower, trimSpace } from "./go-text.ts";
import { isHeredocWord } from "./heredoc.ts";
import { checkDevice, checkRunModes, parseMountFrom } from "./mount.ts";
import type { ParsedNode } from "./nodes.ts";
import { suggestion } from "./suggest.ts";
import { SyntaxFault } from "./syntax-error.ts";

/**
 * What BuildKit's `instructions.ParseInstruction` refuses, in its order and its words, without the file's larger form.
 * Every check throws a SyntaxFault.
 */

const checks: Readonly<Record<string, (node: ParsedNode) => void>> = {
  ADD: node =>
    checkTransfer(node, "ADD", {
      chown: "string",
      chmod: "string",
      link: "bool",
      "keep-git-dir": "bool",
      checksum: "string",
      unpack: "bool",
      exclude: "strings",
    }),
  ARG: checkArg,
  CMD: checkNoFlags,
  COPY: node =>
    checkTransfer(node, "COPY", {
      chown: "string",
      from: "string",
      chmod: "string",
      link: "bool",
      exclude: "strings",
      parents: "bool",
    }),
  ENTRYPOINT: checkNoFlags,
  ENV: checkNamesAndValues,
  EXPOSE: checkSome,
  FROM: checkFrom,
  HEALTHCHECK: checkHealthcheck,
  LABEL: checkNamesAndValues,
  MAINTAINER: checkOne,
  ONBUILD: checkOnbuild,
  RUN: checkRun,
  SHELL: checkShell,
  STOPSIGNAL: checkOneArgument,
  USER: checkOne,
  VOLUME: checkVolume,
  WORKDIR: checkOne,
};

const keywords = Object.keys(checks);

/** The keyword in upper case. @throws SyntaxFault for an instruction that Kaniko would refuse. */
export function checkInstruction(node: ParsedNode): string {
  const keyword = toLower(node.keyword).toUpperCase();
  const check = Object.hasOwn(checks, keyword) ? checks[keyword] : undefined;
  if (check === undefined) {
    throw new SyntaxFault(
      `unknown instruction: ${node.keyword}${suggestion(node.keyword, keywords, false)}`,
      "correct the instruction; a line that belongs to the one before needs a \\ at that one's end",
    );
  }
  check(node);
  return keyword;
}

function keywordOf(node: ParsedNode): string {
  return node.keyword.toUpperCase();
}

function checkNoFlags(node: ParsedNode): void {
  parseFlags(node.flags, noFlags);
}

function checkAny(node: ParsedNode): void {
  if (node.args.length === 0) throw new SyntaxFault(`${keywordOf(node)} requires at least one argument`);
}

function checkOneArgument(node: ParsedNode): void {
  if (node.args.length !== 1) throw new SyntaxFault(`${keywordOf(node)} requires exactly one argument`);
}

function checkSome(node: ParsedNode): void {
  checkAny(node);
  checkNoFlags(node);
}

function checkOne(node: ParsedNode): void {
  checkOneArgument(node);
  checkNoFlags(node);
}

function checkNamesAndValues(node: ParsedNode): void {
  checkNoFlags(node);
  checkAny(node);
  for (let at = 0; at < node.args.length; at += 2) {
    if (node.args[at] === "") throw new SyntaxFault(`${keywordOf(node)} names can not be blank`);
  }
}

function checkArg(node: ParsedNode): void {
  checkAny(node);
  if (node.args.some(arg => arg.startsWith("="))) throw new SyntaxFault("ARG names can not be blank");
}

function checkTransfer(node: ParsedNode, keyword: string, kinds: FlagKinds): void {
  if (node.args.length < 2) {
    throw new SyntaxFault(
      `${keyword} requires at least two arguments, but only one was provided. Destination could not be determined`,
    );
  }
  parseFlags(node.flags, kinds);
  if (isHeredocWord(node.args.at(-1) as string)) {
    throw new SyntaxFault(`${keyword} cannot accept a heredoc as a destination`);
  }
}

const stageNameForm = /^[a-z][a-z0-9-_.]*$/;

function checkFrom(node: ParsedNode): void {
  const [, as, name] = node.args;
  if (node.args.length === 3 && toLower(as as string) === "as") {
    if (!stageNameForm.test(toLower(name as string))) {
      const reason = "name can't start with a number or contain symbols";
      throw new SyntaxFault(`invalid name for build stage: ${quote(name as string)}, ${reason}`);
    }
  } else if (node.args.length !== 1) {
    throw new SyntaxFault("FROM requires either one or three arguments", "write FROM image, or FROM image AS name");
  }
  parseFlags(node.flags, { platform: "string" });
}

function checkRun(node: ParsedNode): void {
  const values = parseFlags(node.flags, {
    device: "strings",
    mount: "strings",
    network: "string",
    security: "string",
  });
  for (const device of values.get("device") ?? []) checkDevice(device);
  for (const mount of values.get("mount") ?? []) parseMountFrom(mount);
  checkRunModes(values.get("network")?.[0], values.get("security")?.[0]);
}

function checkOnbuild(node: ParsedNode): void {
  checkSome(node);
  const trigger = trimSpace(node.args[0] as string).toUpperCase();
  if (trigger === "ONBUILD") throw new SyntaxFault("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (trigger === "MAINTAINER" || trigger === "FROM") {
    throw new SyntaxFault(`${trigger} isn't allowed as an ONBUILD trigger`);
  }
}

function checkVolume(node: ParsedNode): void {
  checkSome(node);
  if (node.args.some(path => trimSpace(path) === "")) {
    throw new SyntaxFault("VOLUME specified can not be an empty string");
  }
}

function checkShell(node: ParsedNode): void {
  checkNoFlags(node);
  checkAny(node);
  if (!node.json) {
    throw new SyntaxFault(
      "SHELL requires the arguments to be in JSON form",
      'write SHELL ["/bin/sh", "-c"], with double quotes',
    );
  }
}

const durationFlags = ["interval", "timeout", "start-period", "start-interval"] as const;

function checkHealthcheck(node: ParsedNode): void {
  checkAny(node);
  const type = (node.args[0] as string).toUpperCase();
  if (type === "NONE") {
    if (node.args.length > 1) throw new SyntaxFault("HEALTHCHECK NONE takes no arguments");
    return;
  }
  const kinds: FlagKinds = { ...Object.fromEntries(durationFlags.map(name => [name, "string"])), retries: "string" };
  const values = parseFlags(node.flags, kinds);
  if (type !== "CMD") throw new SyntaxFault(`Unknown type ${quote(type)} in HEALTHCHECK (try CMD)`);
  if (node.args.length === 1) throw new SyntaxFault("Missing command after HEALTHCHECK CMD");
  for (const name of durationFlags) checkInterval(name, values.get(name)?.[0] ?? "");
  checkRetries(values.get("retries")?.[0] ?? "");
}

function checkInterval(name: string, text: string): void {
  if (text === "") return;
  const durationNs = parseDurationNs(text);
  if (durationNs !== 0 && durationNs < 1e6) throw new SyntaxFault(`Interval ${quote(name)} cannot be less than 1ms`);
}

function checkRetries(text: string): void {
  if (text === "") return;
  if (!/^[+-]?\d+$/.test(text)) throw new SyntaxFault(`strconv.ParseInt: parsing ${quote(text)}: invalid syntax`);
  const retries = Number(text);
  if (retries > 2 ** 31 - 1 || retries < -(2 ** 31)) {
    throw new SyntaxFault(`strconv.ParseInt: parsing ${quote(text)}: value out of range`);
  }
  if (retries < 0) throw new SyntaxFault(`--retries cannot be negative (${retries})`);
}
