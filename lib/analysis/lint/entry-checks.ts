/** What is odd or unsafe about the entries of one layer. Pure. */

import { kindBits, type LayerColumns, typeCode } from "../../layer/layer-columns.ts";
import { comparePaths, isSamePath } from "../../layer/path-order.ts";
import { pathFromBytes } from "../../model/path-text.ts";
import type { Snapshot, TreeNode } from "../../model/snapshot.ts";
import { type Pausing, rowsPerPause } from "../../pausing.ts";
import { resolvePath } from "../../snapshot/resolve-path.ts";
import { entryFinding, type Findings } from "./finding.ts";
import type { OwnRule } from "./lint-rules.ts";

export interface CheckedLayer {
  /** Position in the list that is judged. */
  readonly position: number;
  readonly columns: LayerColumns;
  /** The file system below the layer, and with it. */
  readonly before: Snapshot;
  readonly after: Snapshot;
}

export interface CheckOptions {
  /** Seconds since 1970. */
  readonly nowSeconds: number;
  /** Owners and groups that have a name; null when the image has no such file. */
  readonly users: ReadonlySet<number> | null;
  readonly groups: ReadonlySet<number> | null;
}

const daySeconds = 24 * 60 * 60;
const bits = { setId: 0o6000, sticky: 0o1000, othersWrite: 0o002 } as const;
const capability = "security.capability";

export function* checkingEntries(layer: CheckedLayer, options: CheckOptions, findings: Findings): Pausing<void> {
  const checks = new EntryChecks(layer, findings);
  yield* checks.duplicates();
  for (let entry = 0; entry < layer.columns.entryCount; entry += 1) {
    checks.entry(entry, options);
    if (entry % rowsPerPause === 0) yield;
  }
  yield* checks.owners(options);
}

class EntryChecks {
  readonly #layer: CheckedLayer;
  readonly #columns: LayerColumns;
  readonly #findings: Findings;
  #folder: Uint8Array = new Uint8Array(0);
  readonly #missing = new Set<string>();

  constructor(layer: CheckedLayer, findings: Findings) {
    this.#layer = layer;
    this.#columns = layer.columns;
    this.#findings = findings;
  }

  #report(rule: OwnRule, entry: number, detail: string): void {
    this.#findings.add(entryFinding(rule, this.#layer.position, this.#columns, entry, detail));
  }

  /** Every entry but the first one of a path. */
  *duplicates(): Pausing<void> {
    const { order, pathPool, pathStarts, contentOffsets } = this.#columns.data;
    let first = -1;
    for (let at = 0; at < order.length; at += 1) {
      if (at % rowsPerPause === 0) yield;
      const entry = order[at]!;
      if (this.#columns.whiteout(entry) !== null || this.#columns.isIgnored(entry)) continue;
      const isSame =
        first >= 0 &&
        comparePaths(
          pathPool,
          pathStarts[first]!,
          pathStarts[first + 1]! - 1,
          pathPool,
          pathStarts[entry]!,
          pathStarts[entry + 1]! - 1,
        ) === 0;
      if (isSame) this.#report("duplicate-entry", entry, `also at byte ${contentOffsets[first]! - 512} of the tar`);
      else first = entry;
    }
  }

  entry(entry: number, { nowSeconds }: CheckOptions): void {
    const columns = this.#columns;
    const path = columns.pathBytes(entry);
    if (columns.hasUnsafeName(entry) && path.length > 0) this.#report("unsafe-name", entry, "absolute, or with ..");
    if (columns.isIgnored(entry)) {
      this.#report("ignored-name", entry, "");
      return;
    }
    const whiteout = columns.whiteout(entry);
    this.#parent(entry, path, whiteout === "opaque");
    if (whiteout === "path") this.#whiteout(entry, columns.path(entry));
    else if (whiteout === "opaque") this.#opaque(entry, columns.path(entry));
    else this.#attributes(entry);
    const seconds = columns.data.mtimeSeconds[entry]!;
    if (seconds > nowSeconds + daySeconds) this.#report("future-time", entry, timeText(seconds));
  }

  /** Entries of one folder mostly come one after the other: each folder is looked at once. */
  #parent(entry: number, path: Uint8Array, isFolder: boolean): void {
    const bytes = path.subarray(0, isFolder ? path.length : Math.max(0, path.lastIndexOf(slashByte)));
    if (bytes.length === 0 || isSamePath(bytes, this.#folder)) return;
    this.#folder = bytes;
    const folder = pathFromBytes(bytes);
    const made = this.#layer.after.node(folder);
    if (made === null || made.entry >= 0 || this.#missing.has(folder) || this.#layer.before.node(folder)) return;
    if (this.#missing.size < 100_000) this.#missing.add(folder);
    this.#report("missing-parent", entry, `no layer has the folder /${folder}`);
  }

  #whiteout(entry: number, path: string): void {
    if (this.#below(path) === null) this.#report("whiteout-of-nothing", entry, "");
    const node = this.#layer.after.node(path);
    if (node !== null && node.entry >= 0) this.#report("whiteout-and-entry", entry, "");
  }

  #opaque(entry: number, path: string): void {
    const folder = path === "" ? "" : (this.#below(path)?.path ?? null);
    const isEmpty = folder === null || this.#layer.before.children(folder).length === 0;
    if (isEmpty) this.#report("opaque-in-empty", entry, "");
  }

  /** What the layers below have at a path, parents that are links followed. */
  #below(path: string): TreeNode | null {
    const direct = this.#layer.before.node(path);
    if (direct !== null) return direct;
    const slash = path.lastIndexOf("/");
    if (slash < 0) return null;
    const folder = resolvePath(this.#layer.before, path.slice(0, slash));
    return folder === null
      ? null
      : this.#layer.before.node(`${folder === "" ? "" : `${folder}/`}${path.slice(slash + 1)}`);
  }

  #attributes(entry: number): void {
    const { kinds, modes } = this.#columns.data;
    const type = kinds[entry]! & kindBits.type;
    const mode = modes[entry]!;
    if (type === typeCode.char || type === typeCode.block) this.#device(entry);
    const isFolder = type === typeCode.dir;
    if (!isFolder && type !== typeCode.file) return;
    const isOpen = isOpenMode(mode, isFolder);
    const isSetId = !isFolder && (mode & bits.setId) !== 0;
    const hasXattrs = !isFolder && (this.#columns.data.xattrs[entry] ?? 0) !== 0;
    if (!isOpen && !isSetId && !hasXattrs) return;
    // What the layers below have just so is theirs.
    const before = this.#layer.before.node(this.#columns.path(entry));
    const old = before?.type === this.#columns.type(entry) ? before : null;
    const isOther = isFolder || old === null || old.contentDigest !== this.#columns.contentDigest(entry);
    if (isSetId && (isOther || (mode & bits.setId & ~(old?.mode ?? 0)) !== 0))
      this.#report("setuid", entry, setIdText(mode));
    if (isOpen && (old === null || !isOpenMode(old.mode, isFolder)))
      this.#report(isFolder ? "world-writable-folder" : "world-writable-file", entry, modeText(mode));
    const hasCapability = hasXattrs && this.#columns.xattrs(entry)?.has(capability) === true;
    if (hasCapability && (isOther || !old?.xattrs?.has(capability))) this.#report("file-capability", entry, "");
  }

  #device(entry: number): void {
    const { major, minor } = this.#columns.device(entry) ?? { major: 0, minor: 0 };
    const isOverlay = major === 0 && minor === 0 && this.#columns.type(entry) === "char";
    this.#report(
      "device-node",
      entry,
      isOverlay ? "0:0, which is overlayfs's whiteout, none of an image" : `${major}:${minor}`,
    );
  }

  /** One finding for each unknown owner of the layer, at the first entry that it owns. */
  *owners({ users, groups }: CheckOptions): Pausing<void> {
    const { owners } = this.#columns.data;
    const firsts = new Map<string, { entry: number; count: number; detail: string }>();
    const seen = (key: string, entry: number) => {
      const known = firsts.get(key);
      if (known) known.count += 1;
      else if (firsts.size < 1000) firsts.set(key, { entry, count: 1, detail: key });
    };
    const rows = new Map<number, string[]>();
    for (let entry = 0; entry < owners.length; entry += 1) {
      if (entry % rowsPerPause === 0) yield;
      if (this.#columns.whiteout(entry) !== null) continue;
      const row = owners[entry]!;
      let unknown = rows.get(row);
      if (unknown === undefined) {
        unknown = [
          ...(users === null || users.has(this.#columns.uid(entry)) ? [] : [`user ${this.#columns.uid(entry)}`]),
          ...(groups === null || groups.has(this.#columns.gid(entry)) ? [] : [`group ${this.#columns.gid(entry)}`]),
        ];
        if (rows.size < 100_000) rows.set(row, unknown);
      }
      for (const key of unknown) seen(key, entry);
    }
    for (const { entry, count, detail } of firsts.values())
      this.#report("unknown-owner", entry, count === 1 ? detail : `${detail}, and of ${count - 1} more`);
  }
}

const slashByte = 0x2f;

function isOpenMode(mode: number, isFolder: boolean): boolean {
  return (mode & bits.othersWrite) !== 0 && !(isFolder && (mode & bits.sticky) !== 0);
}

function setIdText(mode: number): string {
  const what = (mode & 0o4000) !== 0 ? ((mode & 0o2000) !== 0 ? "set-uid and set-gid" : "set-uid") : "set-gid";
  return `${what}, ${modeText(mode)}`;
}

function modeText(mode: number): string {
  return `mode ${mode.toString(8).padStart(4, "0")}`;
}

function timeText(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s after 1970` : date.toISOString().slice(0, 16);
}
