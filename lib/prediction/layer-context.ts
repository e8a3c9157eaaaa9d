/** What layers have, as Kaniko sees it where the files wait that a COPY takes from a stage or an image. */

import { createHash } from "node:crypto";
import { type ContextReader, type SourceFile, Unknown } from "../cache-key/context-reader.ts";
import { LabError } from "../error.ts";
import { bytesOfPath } from "../model/path-text.ts";
import type { Snapshot, TreeNode } from "../model/snapshot.ts";
import { type LayerSource, readNode } from "../snapshot/read-node.ts";
import { resolvePath } from "../snapshot/resolve-path.ts";

export interface LayerContextOptions {
  readonly snapshot: Snapshot;
  /** Of its layers, in their order. */
  readonly sources: readonly LayerSource[];
  /**
   * Files of a stage are copied before they are hashed (`CopyFileOrSymlink`): links come to belong to root, and special
   * bits may be lost. An image's are unpacked as they are.
   */
  readonly isCopied: boolean;
  readonly signal: AbortSignal;
}

const kinds = { file: 0o100000, dir: 0o40000, symlink: 0o120000 } as const;

export class LayerContext implements ContextReader {
  readonly #options: LayerContextOptions;

  constructor(options: LayerContextOptions) {
    this.#options = options;
  }

  async stat(path: string): Promise<SourceFile | null | Unknown> {
    const node = this.#node(path);
    if (node === null) return null;
    const { type, mode, uid, gid, linkTarget } = node;
    if (type !== "file" && type !== "dir" && type !== "symlink")
      return new Unknown(`/${path} is neither file nor folder`);
    const { isCopied } = this.#options;
    if (isCopied && type === "file" && (mode & 0o6000) !== 0)
      return new Unknown(`what becomes of the special bits of /${path} is not known`);
    const owner = isCopied && type === "symlink" ? { uid: 0, gid: 0 } : { uid, gid };
    const ofType = kinds[type] | (type === "symlink" ? 0o777 : mode);
    return { type, mode: ofType, ...owner, linkTarget: type === "symlink" ? linkTarget : null };
  }

  async names(folder: string): Promise<readonly string[] | Unknown> {
    const real = resolvePath(this.#options.snapshot, folder);
    if (real === null) return [];
    const names = this.#options.snapshot.children(real).map(({ name }) => name);
    return names.sort((a, b) => Buffer.compare(bytesOfPath(a), bytesOfPath(b)));
  }

  async hash(path: string, prefix: string): Promise<string | Unknown> {
    const { snapshot, sources, signal } = this.#options;
    const node = this.#node(path);
    if (node === null) return new Unknown(`/${path} is not there`);
    const md5 = createHash("md5").update(prefix);
    try {
      for await (const chunk of readNode(snapshot, sources, node.path, { signal })) md5.update(chunk);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof LabError)) throw error;
      return new Unknown(error.message);
    }
    return md5.digest("hex");
  }

  /** Links of the folders above are followed, as the kernel does; a hard link is the file it names. */
  #node(path: string): TreeNode | null {
    const { snapshot } = this.#options;
    const slash = path.lastIndexOf("/");
    const folder = slash < 0 ? "" : resolvePath(snapshot, path.slice(0, slash));
    if (folder === null) return null;
    const name = path.slice(slash + 1);
    const node = snapshot.node(folder === "" ? name : `${folder}/${name}`);
    return node?.type === "hardlink" && node.linkTarget !== null ? snapshot.node(node.linkTarget) : node;
  }
}
