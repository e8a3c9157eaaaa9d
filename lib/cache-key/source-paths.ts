/** Which files of the context an instruction takes. Mirrors `ResolveEnvAndWildcards` and `FilesUsedFromContext`. */

import { csvFields } from "../dockerfile/csv.ts";
import type { Instruction } from "../dockerfile/dockerfile.ts";
import { expandWord } from "../dockerfile/expand.ts";
import type { Variables } from "../dockerfile/expansion.ts";
import { compileGoMatch } from "../dockerfile/go-match.ts";
import { cleanGoPath } from "../dockerfile/go-path.ts";
import { cut, toLower } from "../dockerfile/go-text.ts";
import { isHeredocWord } from "../dockerfile/heredoc.ts";
import { type ContextReader, Unknown } from "./context-reader.ts";

/** The sources of a COPY or ADD, variables filled in, as they are written: patterns, paths and addresses. */
export function sourceWords(instruction: Instruction, variables: Variables): string[] {
  const words = instruction.args.slice(0, -1).filter(word => instruction.heredocs.length === 0 || !isHeredocWord(word));
  return words.map(word => resolvedPath(word, variables));
}

/** The sources of the bind mounts of a RUN that come from the context. */
export function mountWords(instruction: Instruction, variables: Variables): string[] {
  return instruction.flags.flatMap(flag => {
    if (!flag.startsWith("--mount=")) return [];
    const fields = new Map<string, string>();
    for (const field of csvFields(flag.slice("--mount=".length), "failed to parse csv mounts")) {
      const [key, value = ""] = cut(field, "=");
      const name = toLower(key);
      fields.set(name === "src" ? "source" : name, expandWord(value, variables).text);
    }
    const from = fields.get("from") ?? "";
    const isOfContext = (fields.get("type") ?? "bind") === "bind" && (from === "" || from === "context");
    return isOfContext ? [cleanGoPath(`/${fields.get("source") ?? ""}`)] : [];
  });
}

function resolvedPath(word: string, variables: Variables): string {
  const { text } = expandWord(word, variables);
  return isAddress(text) ? text : cleanGoPath(text);
}

/** `IsSrcRemoteFileURL`. */
export function isAddress(source: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#\s]/.test(source);
}

/**
 * Paths relative to the context, addresses left out. One word with a wildcard makes patterns of all of them: those that
 * match nothing are silently nothing then.
 */
export async function sourcePaths(
  words: readonly string[],
  reader: ContextReader,
): Promise<readonly string[] | Unknown> {
  const local = words.filter(word => !isAddress(word));
  if (!words.some(word => /[*?[]/.test(word))) return unlessOutside(local);
  const known = await everyPath(reader);
  if (known instanceof Unknown) return known;
  const paths: string[] = [];
  for (const word of local) {
    const matches = compileGoMatch(word);
    if (matches === null) return new Unknown(`${word} is no pattern that Go knows: the build will fail`);
    const root = word.startsWith("/") ? "/" : "";
    for (const path of known) {
      const name = root === "" ? (path === "" ? "." : path) : `/${path}`;
      if (name === word || matches(name)) paths.push(path);
    }
  }
  return paths;
}

function unlessOutside(words: readonly string[]): readonly string[] | Unknown {
  // Kaniko joins them to the context's folder: `..` leads out of it.
  const paths = words.map(word => cleanGoPath(`./${word.replace(/^\/+/, "")}`));
  const outside = paths.find(path => path === ".." || path.startsWith("../"));
  if (outside !== undefined) return new Unknown(`${outside} is outside of the context`);
  return paths.map(path => (path === "." ? "" : path));
}

/** Every path of the context in the order of a walk, ignored ones among them. */
async function everyPath(reader: ContextReader): Promise<readonly string[] | Unknown> {
  const paths: string[] = [];
  const pending = [""];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const found = await reader.stat(path);
    if (found instanceof Unknown) return found;
    if (found === null) continue;
    paths.push(path);
    if (paths.length > mostPaths) return new Unknown(`the context has more than ${mostPaths} paths`);
    if (found.type !== "dir") continue;
    const names = await reader.names(path);
    if (names instanceof Unknown) return names;
    for (const name of names.toReversed()) pending.push(path === "" ? name : `${path}/${name}`);
  }
  return paths;
}

const mostPaths = 1_000_000;
