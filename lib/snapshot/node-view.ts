import type { Digest } from "../model/digest.ts";
import type { EntryType } from "../model/entry.ts";
import { pathFromBytes } from "../model/path-text.ts";
import type { TreeNode } from "../model/snapshot.ts";
import type { ContentRef } from "./layer-view.ts";
import type { LayeredSnapshot } from "./layered-snapshot.ts";

/** What engines give a folder that is implied by a path below it. */
const impliedMode = 0o755;

/**
 * A node that decodes what it is asked for; it has getters, so pick fields instead of spreading it.
 *
 * A hard link keeps `type: "hardlink"` and the path it named in `linkTarget`. Everything else (size, mode, owner, time,
 * attributes, content digest) is that of the file it was linked to when its layer was applied, as on a disk, where both
 * are one file: when a later layer replaces the other name, the link still has the old content. A link to nothing has size 0.
 */
export class NodeView implements TreeNode {
  readonly #snapshot: LayeredSnapshot;
  readonly #index: number;
  readonly #content: ContentRef | null;

  constructor(snapshot: LayeredSnapshot, index: number) {
    this.#snapshot = snapshot;
    this.#index = index;
    this.#content = snapshot.contentRef(index);
  }

  get path(): string {
    const { pool, from, to } = this.#snapshot.pathSlice(this.#index);
    return pathFromBytes(pool.subarray(from, to));
  }

  get name(): string {
    const { path } = this;
    return path.slice(path.lastIndexOf("/") + 1);
  }

  get layer(): number {
    return this.#content === null ? -1 : this.#snapshot.nodes.views[this.#index]!;
  }

  get entry(): number {
    if (this.#content === null) return -1;
    const { nodes, views } = this.#snapshot;
    const entry = nodes.entries[this.#index]!;
    return views[nodes.views[this.#index]!]!.positions?.[entry] ?? entry;
  }

  get type(): EntryType {
    if (this.#content === null) return "dir";
    return this.#snapshot.isHardLink(this.#index) ? "hardlink" : this.#content.view.columns.type(this.#content.entry);
  }

  get mode(): number {
    return this.#content === null ? impliedMode : this.#content.view.columns.data.modes[this.#content.entry]!;
  }

  get uid(): number {
    return this.#content === null ? 0 : this.#content.view.columns.uid(this.#content.entry);
  }

  get gid(): number {
    return this.#content === null ? 0 : this.#content.view.columns.gid(this.#content.entry);
  }

  get sizeBytes(): number {
    return this.#content === null ? 0 : this.#content.view.columns.data.sizes[this.#content.entry]!;
  }

  get mtimeNs(): bigint {
    return this.#content === null ? 0n : this.#content.view.columns.mtimeNs(this.#content.entry);
  }

  get linkTarget(): string | null {
    if (this.#content === null) return null;
    const { nodes, views } = this.#snapshot;
    return views[nodes.views[this.#index]!]!.columns.linkTarget(nodes.entries[this.#index]!);
  }

  get contentDigest(): Digest | null {
    return this.#content === null ? null : this.#content.view.columns.contentDigest(this.#content.entry);
  }

  get xattrs(): ReadonlyMap<string, Uint8Array> | null {
    return this.#content === null ? null : this.#content.view.columns.xattrs(this.#content.entry);
  }

  get device(): { major: number; minor: number } | null {
    return this.#content === null ? null : this.#content.view.columns.device(this.#content.entry);
  }

  get treeBytes(): number {
    return this.#snapshot.isDir(this.#index) ? this.#snapshot.folder(this.#index).bytes : this.sizeBytes;
  }

  get childCount(): number {
    return this.#snapshot.isDir(this.#index) ? this.#snapshot.folder(this.#index).childCount : 0;
  }
}
