import { compileGoMatch } from "../dockerfile/go-match.ts";
import { cleanGoPath } from "../dockerfile/go-path.ts";
import type { ContextEntry } from "./context-listing.ts";

/** A path of the context that an instruction named, and what it brings along. */
export interface NamedSource {
  /** Relative to the context; "" is the whole. */
  readonly path: string;
  readonly isFolder: boolean;
  /** The file itself, or everything below the folder. */
  readonly entries: readonly ContextEntry[];
}

/** The listing by paths. Folders that are ignored themselves are there when something below them is not. Pure. */
export class ContextTree {
  readonly #entries: readonly ContextEntry[];
  readonly #byPath = new Map<string, ContextEntry>();
  /** Of each folder the first entry below it and the one after the last: a walk keeps them together. */
  readonly #folders = new Map<string, [from: number, to: number]>();

  constructor(entries: readonly ContextEntry[]) {
    this.#entries = entries;
    this.#folders.set("", [0, entries.length]);
    for (const [at, entry] of entries.entries()) {
      this.#byPath.set(entry.path, entry);
      if (entry.type === "dir" && !this.#folders.has(entry.path)) this.#folders.set(entry.path, [at + 1, at + 1]);
      this.#extendParents(entry.path, at);
    }
  }

  #extendParents(path: string, at: number): void {
    for (let slash = path.lastIndexOf("/"); slash >= 0; slash = path.lastIndexOf("/", slash - 1)) {
      const folder = path.slice(0, slash);
      const range = this.#folders.get(folder);
      if (range === undefined) this.#folders.set(folder, [at, at + 1]);
      else range[1] = at + 1;
      if (slash === 0) return;
    }
  }

  /** What Kaniko takes for the sources of one instruction (`ResolveSources`): one pattern makes patterns of all of them. */
  sources(words: readonly string[]): NamedSource[] {
    const isPattern = words.some(word => /[*?[]/.test(word));
    const paths = isPattern ? words.flatMap(word => this.#matching(cleanGoPath(word))) : words.map(relativePath);
    return paths.map(path => this.#named(path)).filter(source => source !== null);
  }

  #matching(pattern: string): string[] {
    const matches = compileGoMatch(pattern.replace(/^\//, ""));
    const literal = pattern.replace(/^\//, "");
    const names = [...this.#folders.keys(), ...this.#byPath.keys()];
    return [...new Set(names)].filter(name => name === literal || (matches?.(name === "" ? "." : name) ?? false));
  }

  #named(path: string): NamedSource | null {
    const range = this.#folders.get(path);
    if (range !== undefined) return { path, isFolder: true, entries: this.#entries.slice(...range) };
    const entry = this.#byPath.get(path);
    return entry === undefined ? null : { path, isFolder: false, entries: [entry] };
  }
}

/** `./a/`, `/a` → `a`; nothing is above the context. */
function relativePath(word: string): string {
  return cleanGoPath(`/${word}`).slice(1);
}
