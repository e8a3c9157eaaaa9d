/**
 * Takes the composite cache key out of Kaniko's debug lines. Kaniko prints its parts joined with spaces, so a line alone
 * is ambiguous; but every line of a stage extends the one before, and what is new has a known form:
 * `[|N K=V …] <instruction> [<hash of a file> …]` (populateCompositeKey in pkg/executor/build.go).
 */

import { createHash } from "node:crypto";

const compositeForm = /^(?:[Oo]ptimize|[Bb]uild): composite key for command (.*)$/s;
const keyForm = /^(?:[Oo]ptimize|[Bb]uild): cache key for command (.*) ([0-9a-f]{64})$/s;

/** The key of an instruction as a log line gives it, or null when the line is another one. */
export function parseKeyLine(message: string): { readonly command: string; readonly key: string } | null {
  const match = keyForm.exec(message);
  return match ? { command: match[1] as string, key: match[2] as string } : null;
}

/** The text after `composite key for command`: the instruction, then the parts in braces. */
export function parseCompositeLine(message: string): string | null {
  return compositeForm.exec(message)?.[1] ?? null;
}

/** Collects the parts of one stage's key, line by line. */
export class CompositeKeyReader {
  #joined = "";
  #parts: string[] = [];
  /** Once a line could not be read for certain, the parts of the rest of the stage are unknown. */
  #known = true;
  #pending: string | null = null;

  /** Takes a composite line; the key line that follows it says whether it was read right. */
  composite(rest: string): void {
    this.#pending = rest;
  }

  /** The parts that this instruction added to those before it, in order (for the first one with the base in front); null when all together do not hash to `key`. */
  key(command: string, key: string): readonly string[] | null {
    const rest = this.#pending;
    this.#pending = null;
    if (!this.#known || rest === null) return null;
    const joined = partsText(rest, command);
    const before = this.#parts.length;
    if (joined === null || !this.#extend(joined, command) || !hashesTo(this.#parts, key)) {
      this.#known = false;
      return null;
    }
    return this.#parts.slice(before);
  }

  #extend(joined: string, command: string): boolean {
    let added = joined;
    if (this.#joined === "") {
      const space = joined.indexOf(" ");
      if (space < 0) return false;
      this.#parts = [joined.slice(0, space)];
      added = joined.slice(space + 1);
    } else if (joined === this.#joined) {
      return true;
    } else if (joined.startsWith(`${this.#joined} `)) {
      added = joined.slice(this.#joined.length + 1);
    } else {
      return false;
    }
    this.#joined = joined;
    this.#parts = [...this.#parts, ...splitAddedParts(added, command)];
    return true;
  }
}

/** `{[a b]}`, `&{[a b]}` or `{<state> [a b]}` behind the instruction → `a b`. */
function partsText(rest: string, command: string): string | null {
  if (!rest.startsWith(`${command} `) || !rest.endsWith("]}")) return null;
  const braces = rest.slice(command.length + 1);
  const open = braces.indexOf("[");
  return /^&?\{/.test(braces) && open >= 0 ? braces.slice(open + 1, -2) : null;
}

function splitAddedParts(added: string, command: string): string[] {
  const at = added.startsWith(command) ? 0 : added.indexOf(` ${command}`) + 1;
  const before = added.slice(0, Math.max(0, at - 1));
  const after = added.slice(at + command.length + 1);
  return [...splitArguments(before), command, ...(after === "" ? [] : after.split(" "))];
}

/** `|2 A=x y B=z` → `|2`, `A=x y`, `B=z`; the values may hold spaces, the count tells whether the guess is right. */
function splitArguments(text: string): string[] {
  if (text === "") return [];
  const match = /^\|(\d+) (.*)$/s.exec(text);
  if (!match) return [text];
  const count = Number(match[1]);
  const pairs = (match[2] as string).split(/ (?=[A-Za-z_][A-Za-z0-9_]*=)/);
  if (pairs.length === count) return [`|${count}`, ...pairs];
  // The values hold what looks like further pairs: kept together, which hashes wrong and so counts as unknown.
  return [`|${count}`, match[2] as string];
}

/** As `CompositeCache` does, also with `FF_KANIKO_ROLLING_CACHE_KEY`. */
function hashesTo(parts: readonly string[], key: string): boolean {
  if (hashParts(parts) === key || rollParts(parts, emptyState) === key) return true;
  // A stage on another one goes on from that one's key.
  return rollParts(parts.slice(1), parts[0] as string) === key;
}

const emptyState = "0".repeat(64);

/** The rolling key: each part is hashed together with what came before. @param state to go on from, none for a base */
export function rollParts(parts: readonly string[], state = emptyState): string {
  return parts.reduce((before, part) => createHash("sha256").update(before).update(part).digest("hex"), state);
}

/** Kaniko's key: sha256 over the parts joined with `-` (CompositeCache.Hash in pkg/executor/composite_cache.go). */
export function hashParts(parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("-")).digest("hex");
}
