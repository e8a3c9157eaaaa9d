/** What tests say of steps, differences and images. */

import { parseBytes } from "../analysis/waste/waste-rules.ts";
import type { Difference } from "../api/difference.ts";
import type { ImageView } from "../api/image-view.ts";
import type { StepView } from "../api/step-view.ts";
import type { Step } from "../model/build.ts";
import type { EntryType } from "../model/entry.ts";
import { showText } from "../model/path-text.ts";
import { matchList } from "./path-list.ts";
import { describe, pathLines, shownBytes, shownMode } from "./words.ts";

/** What may be said of a file; what is left out is not looked at. */
export interface FileFacts {
  readonly type?: EntryType;
  /** Permission bits with setuid, setgid and sticky, as in `0o755`. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Of its content. */
  readonly sizeBytes?: number;
  /** The text of a symbolic link; of a hard link the path of the file it names, without a slash in front. */
  readonly linkTarget?: string;
}

/** What `kaniko-lab/vitest` adds to `expect`. */
export interface LabMatchers<R> {
  /** The step (or the difference) adds all of these paths, perhaps others, too. */
  toAdd(paths: string | readonly string[]): R;
  /** The step adds these paths, and no other ones. Says nothing of what it modifies or deletes: see `toChangeOnly`. */
  toAddOnly(paths: string | readonly string[]): R;
  /** The step modifies all of these paths: content, mode, owner, link, attributes. A new time alone is no change. */
  toModify(paths: string | readonly string[]): R;
  /** The step deletes all of these paths. */
  toDelete(paths: string | readonly string[]): R;
  /** The step adds, modifies and deletes no other paths than these, and each of them in some way. */
  toChangeOnly(paths: string | readonly string[]): R;
  /** The path is there after the step, and is as the facts say. */
  toHaveFile(path: string, facts?: FileFacts): R;
  /** The step was taken from the layer cache. */
  toBeCached(): R;
  /**
   * The layers of a step or an image, as they are stored (compressed), or a file are smaller than this.
   * @param limit in bytes, or as in `"500kB"`, `"20 MB"`, `"1.5 GiB"`.
   */
  toBeSmallerThan(limit: number | string): R;
}

type Changed = StepView | Difference;
type Kind = "added" | "modified" | "deleted";

interface Result {
  readonly pass: boolean;
  readonly message: () => string;
}

export const matchers = {
  toAdd: (received: Changed, paths: string | readonly string[]) => hasAll(received, "added", "add", paths),
  toAddOnly: (received: Changed, paths: string | readonly string[]) => hasOnly(received, ["added"], "add", paths),
  toModify: (received: Changed, paths: string | readonly string[]) => hasAll(received, "modified", "modify", paths),
  toDelete: (received: Changed, paths: string | readonly string[]) => hasAll(received, "deleted", "delete", paths),
  toChangeOnly: (received: Changed, paths: string | readonly string[]) =>
    hasOnly(received, ["added", "modified", "deleted"], "change", paths),

  toHaveFile(received: StepView, path: string, facts: FileFacts = {}): Result {
    if (typeof (received as Partial<StepView>)?.node !== "function") throw wrongKind("toHaveFile", "a step", received);
    const node = received.node(path);
    const what = `${describe(received)} to have ${showText(path)}`;
    if (node === null) return { pass: false, message: () => `expected ${what}, but nothing is there` };
    const wrong = Object.entries(facts).filter(([name, value]) => node[name as keyof FileFacts] !== value);
    const said = Object.entries(facts).map(([name, value]) => `${name} ${shownFact(name, value)}`);
    const suffix = said.length === 0 ? "" : ` with ${said.join(", ")}`;
    const found = wrong.map(([name]) => `${name} ${shownFact(name, node[name as keyof FileFacts])}`);
    return {
      pass: wrong.length === 0,
      message: () =>
        wrong.length === 0
          ? `expected ${describe(received)} not to have ${showText(path)}${suffix}`
          : `expected ${what}${suffix}, but it has ${found.join(", ")}`,
    };
  },

  toBeCached(received: StepView | Step): Result {
    const cache = (received as Partial<StepView>)?.cache;
    if (cache === undefined) throw wrongKind("toBeCached", "a step", received);
    const pass = cache.result === "hit";
    return {
      pass,
      message: () =>
        pass
          ? `expected ${describe(received)} not to be taken from the layer cache`
          : `expected ${describe(received)} to be taken from the layer cache, but it was: ${resultWords[cache.result]}; explainMiss() tells why`,
    };
  },

  toBeSmallerThan(received: { readonly sizeBytes: number } | ImageView, limit: number | string): Result {
    const sizeBytes = (received as { sizeBytes?: unknown } | null)?.sizeBytes;
    if (typeof sizeBytes !== "number") throw wrongKind("toBeSmallerThan", "a step, an image or a file", received);
    const limitBytes = typeof limit === "number" ? limit : parseBytes(limit);
    const pass = sizeBytes < limitBytes;
    return {
      pass,
      message: () =>
        `expected ${describe(received)} ${pass ? "not " : ""}to be smaller than ${shownBytes(limitBytes)}, but it has ${shownBytes(sizeBytes)}`,
    };
  },
};

const resultWords = {
  hit: "hit",
  miss: "a miss",
  skipped: "not looked up",
  off: "built without the layer cache",
} as const;

function hasAll(received: Changed, kind: Kind, verb: string, words: string | readonly string[]): Result {
  const changes = changesOf(received, verb);
  const { missing } = matchList(listOf(words), changes[kind]);
  return {
    pass: missing.length === 0,
    message: () =>
      missing.length === 0
        ? `expected ${describe(received)} not to ${verb}\n${pathLines("paths", listOf(words))}`
        : [`expected ${describe(received)} to ${verb}`, pathLines("missing", withState(received, missing))].join("\n"),
  };
}

function hasOnly(received: Changed, kinds: readonly Kind[], verb: string, words: string | readonly string[]): Result {
  const changes = changesOf(received, verb);
  const kindOf = new Map(kinds.flatMap(kind => changes[kind].map(path => [path, kind] as const)));
  const { missing, others } = matchList(listOf(words), [...kindOf.keys()]);
  const pass = missing.length === 0 && others.length === 0;
  const named = others.map(path => (kinds.length === 1 ? showText(path) : `${showText(path)} (${kindOf.get(path)})`));
  return {
    pass,
    message: () =>
      [
        `expected ${describe(received)} ${pass ? "not " : ""}to ${verb} ${listOf(words).length === 0 ? "nothing" : "these paths only"}`,
        ...(pass ? [pathLines("paths", listOf(words))] : []),
        ...(missing.length > 0 ? [pathLines("missing", withState(received, missing))] : []),
        ...(others.length > 0 ? [pathLines("besides", named)] : []),
      ].join("\n"),
  };
}

function listOf(words: string | readonly string[]): readonly string[] {
  return typeof words === "string" ? [words] : words;
}

function changesOf(received: Changed, verb: string): Readonly<Record<Kind, readonly string[]>> {
  if (Array.isArray((received as Partial<StepView> | null)?.added)) return received;
  const matcher = `to${(verb[0] as string).toUpperCase()}${verb.slice(1)}`;
  throw wrongKind(matcher, "a step (await image.step(…)) or a difference (await diffSnapshots(…))", received);
}

/** What became of paths that were expected otherwise. */
function withState(received: Changed, paths: readonly string[]): string[] {
  return paths.map(path => {
    const clean = path.startsWith("/") ? path : `/${path}`;
    const kind = (["added", "modified", "deleted"] as const).find(one => received[one].includes(clean));
    if (kind !== undefined) return `${showText(path)} (it is ${kind})`;
    if (!("node" in received) || /[*?{[]/.test(path)) return showText(path);
    return `${showText(path)} (${received.node(path) === null ? "not there" : "there before, and not changed"})`;
  });
}

function wrongKind(matcher: string, wanted: string, received: unknown): TypeError {
  const hint = received instanceof Promise ? "; a promise was given: is there an await missing?" : "";
  return new TypeError(`${matcher} wants ${wanted}${hint}`);
}

function shownFact(name: string, value: unknown): string {
  return name === "mode" && typeof value === "number" ? shownMode(value) : showText(String(value));
}
