/** What the real executors did with the Dockerfiles of the suite, and the suite's context in memory. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ContextReader, type SourceFile, Unknown } from "../../../lib/cache-key/context-reader.ts";
import type { BuildRecord } from "../../../lib/model/build.ts";
import { pathFromBytes } from "../../../lib/model/path-text.ts";
import type { CaseFamily } from "../../fixtures/keys/cases.ts";
import { type ContextFile, keysContext } from "../../fixtures/keys/context.ts";
import type { Base, BaseName } from "../../support/keys-bases.ts";

export interface RecordedCase {
  readonly name: string;
  /** Of the server that ADD fetched from. */
  readonly port: string;
  readonly builds: readonly RecordedBuild[];
}

export type RecordedBuild = Pick<BuildRecord, "steps" | "executor"> & { readonly flags: readonly string[] };

export interface Outcomes {
  readonly bases: Record<BaseName, Base>;
  readonly cases: readonly RecordedCase[];
}

/** Made by the integration test of keys, see there. */
export function readOutcomes(family: CaseFamily): Outcomes {
  return JSON.parse(readFileSync(join(import.meta.dirname, `../../fixtures/keys/${family}.json`), "utf8")) as Outcomes;
}

const kinds = { file: 0o100000, dir: 0o40000, symlink: 0o120000 };

/** Everything belongs to root, as the sandbox shows what is the user's own. */
export class MemoryContext implements ContextReader {
  readonly #files: ReadonlyMap<string, ContextFile>;

  constructor(files: Readonly<Record<string, ContextFile>> = keysContext) {
    this.#files = new Map([["", { type: "dir", mode: 0o755 } as const], ...Object.entries(files)]);
  }

  async stat(path: string): Promise<SourceFile | null> {
    const file = this.#files.get(this.#real(path));
    if (file === undefined) return null;
    const mode = kinds[file.type] + (file.type === "symlink" ? 0o777 : file.mode);
    return { type: file.type, mode, uid: 0, gid: 0, linkTarget: file.type === "symlink" ? file.target : null };
  }

  async names(folder: string): Promise<readonly string[]> {
    const prefix = folder === "" ? "" : `${this.#real(folder)}/`;
    const below = [...this.#files.keys()].filter(path => path !== "" && path.startsWith(prefix));
    const names = below.map(path => path.slice(prefix.length)).filter(name => !name.includes("/"));
    return names
      .map(name => Buffer.from(name))
      .sort(Buffer.compare)
      .map(pathFromBytes);
  }

  async hash(path: string, prefix: string): Promise<string | Unknown> {
    const file = this.#files.get(this.#real(path));
    if (file?.type !== "file") return new Unknown(`${path} is no file`);
    return createHash("md5").update(prefix).update(file.content).digest("hex");
  }

  /** The one link to a folder that the context has. */
  #real(path: string): string {
    return path.replace(/^links\/to-dir\//, "dir/");
  }
}
