import { LabError } from "../error.ts";
import type { Dockerfile, Instruction, NameValue, Stage } from "./dockerfile.ts";
import { cut, toLower, trimSpace } from "./go-text.ts";
import { type PlacedNode, parseNodes } from "./nodes.ts";
import { checkInstruction } from "./rules.ts";
import { atLine, syntaxError } from "./syntax-error.ts";

/**
 * Reads a Dockerfile as BuildKit's parser does, which is the one in Kaniko. Variables are not expanded.
 * @throws LabError `dockerfile-syntax` with the line for what Kaniko would refuse to parse; `too-large` for more than
 *   16 MiB or 100,000 instructions.
 */
export function parseDockerfile(text: string): Dockerfile {
  const { nodes, ...file } = parseNodes(text);
  const globalArgs: Instruction[] = [];
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  for (const node of nodes) {
    const instruction = toInstruction(node);
    if (instruction.keyword === "FROM") stages.push(toStage(instruction, stages.length));
    else if (stages.length > 0) stages.at(-1)?.instructions.push(instruction);
    else if (instruction.keyword === "ARG") globalArgs.push(instruction);
    else throw syntaxError(node.line, "no build stage in current context", "begin the Dockerfile with FROM");
  }
  if (stages.length === 0) {
    const last = nodes.at(-1)?.endLine ?? 1;
    throw syntaxError(last, "dockerfile must contain at least one FROM instruction", "add a FROM instruction");
  }
  return { ...file, globalArgs, stages };
}

/**
 * Reads the triggers (ONBUILD) of a base image or stage, in the order in which they were recorded. Lines count within the
 * triggers.
 * @throws LabError `dockerfile-syntax`, `too-large`.
 */
export function parseTriggers(triggers: readonly string[]): readonly Instruction[] {
  if (triggers.length === 0) return [];
  try {
    return parseNodes(triggers.join("\n")).nodes.map(toInstruction);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    throw new LabError(error.code, `failed to parse ONBUILD instructions: ${error.message}`, {
      hint: "correct the ONBUILD instruction of the base",
    });
  }
}

function toInstruction(node: PlacedNode): Instruction {
  const keyword = atLine(node.line, () => checkInstruction(node));
  return {
    keyword,
    text: trimSpace(node.original),
    line: node.line,
    endLine: node.endLine,
    flags: node.flags,
    args: node.args,
    json: node.json,
    pairs: pairsOf(keyword, node.args),
    heredocs: node.heredocs,
    trigger: keyword === "ONBUILD" ? triggerOf(node) : null,
  };
}

function pairsOf(keyword: string, args: readonly string[]): readonly NameValue[] {
  if (keyword === "ARG") {
    return args.map(arg => {
      const [name, value] = cut(arg, "=");
      return { name, value: value ?? null };
    });
  }
  if (keyword !== "ENV" && keyword !== "LABEL") return [];
  const pairs: NameValue[] = [];
  for (let at = 0; at < args.length; at += 2) {
    pairs.push({ name: args[at] as string, value: args[at + 1] as string });
  }
  return pairs;
}

function triggerOf(node: PlacedNode): string {
  const heredocs = node.heredocs.map(heredoc => `\n${heredoc.content}${heredoc.name}`);
  return node.original.replace(/^[\t\n\f\r ]*ONBUILD[\t\n\f\r ]*/i, "") + heredocs.join("");
}

function toStage(from: Instruction, index: number): Stage & { readonly instructions: Instruction[] } {
  const platform = from.flags.find(flag => flag.startsWith("--platform="));
  return {
    index,
    name: toLower(from.args[2] ?? ""),
    baseText: from.args[0] as string,
    platform: platform?.slice("--platform=".length) ?? "",
    text: from.text,
    line: from.line,
    endLine: from.endLine,
    instructions: [],
  };
}
