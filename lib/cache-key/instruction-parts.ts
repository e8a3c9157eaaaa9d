/** What an instruction adds to the key of its stage, apart from its files. Mirrors `populateCompositeKey`. Pure. */

import type { Heredoc, Instruction } from "../dockerfile/dockerfile.ts";
import { expandWord } from "../dockerfile/expand.ts";
import type { Variables } from "../dockerfile/expansion.ts";
import type { KeyAlgorithm } from "./key-algorithm.ts";
import type { KeyPart } from "./key-part.ts";
import type { StageScope } from "./stage-scope.ts";

/** @throws LabError `dockerfile-syntax` for a bad substitution */
export function instructionParts(instruction: Instruction, scope: StageScope, algorithm: KeyAlgorithm): KeyPart[] {
  const variables = instruction.keyword === "RUN" ? scope.replacements() : [];
  const text = algorithm.resolvesText ? resolvedText(instruction, scope, algorithm) : instruction.text;
  const counted: KeyPart[] =
    variables.length === 0 ? [] : [{ kind: "count", name: "", value: `|${variables.length}` }, ...variables];
  return [...counted, { kind: "instruction", name: "", value: text }];
}

function resolvedText(instruction: Instruction, scope: StageScope, algorithm: KeyAlgorithm): string {
  const { keyword, text, heredocs } = instruction;
  if (keyword === "RUN") {
    return measured(text) + heredocs.map(({ content, name }) => measured(content) + measured(name)).join("");
  }
  if (keyword !== "COPY" && keyword !== "ADD" && keyword !== "WORKDIR") return text;
  const variables = scope.variables();
  const resolved = expandWord(text, variables, { rawQuotes: true, rawEscapes: true, keepUnset: true }).text;
  if (keyword === "WORKDIR") return resolved;
  return measured(resolved) + heredocs.map(heredoc => measured(contentOf(heredoc, variables, algorithm))).join("");
}

function measured(text: string): string {
  return `${Buffer.byteLength(text)}:${text}`;
}

function contentOf({ content, chomp, expand }: Heredoc, variables: Variables, algorithm: KeyAlgorithm): string {
  const plain = chomp ? content.replace(/^\t+/gm, "") : content;
  return expand && algorithm.expandsHeredocs ? expandWord(plain, variables, { ignoreQuotes: true }).text : plain;
}
