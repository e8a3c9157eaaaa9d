import fc from "fast-check";
import type { LayerItem, Piece } from "./layer-items.ts";

/** Layers that engines can unpack: what none of them takes (a link to nothing, a file with files below it) is left out. */

/** Few names, so that layers often touch the same paths: odd ones, ones that sort around the slash, long ones. */
const oddName = fc.constantFrom(
  ...["a-b", "a.b", "c d", ".wh", ".whb", "...", "-n", "*?[", "n\nl\t\x1b[31m", "back\\slash"],
  ...["\xc3\xa9", "\xff\xfe", "\xe2\x80\xae", "\xc3", "l".repeat(90), "m".repeat(200)],
);
const name = fc.oneof({ weight: 3, arbitrary: fc.constantFrom("a", "b", "c") }, { weight: 1, arbitrary: oddName });
const path = fc.array(name, { minLength: 1, maxLength: 4, size: "max" }).map(names => names.join("/"));
const kind = fc.constantFrom<LayerItem["kind"]>(
  ...(["file", "file", "file", "dir", "dir", "dir", "symlink", "hardlink", "hardlink"] as const),
  ...(["char", "block", "fifo", "whiteout", "whiteout", "opaque"] as const),
);
const text = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map(code => String.fromCharCode(code)),
  maxLength: 40,
});
const piece: fc.Arbitrary<Piece> = fc.record({
  holeBytes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 6000 })),
  text: text.map(each => (each === "" ? "x" : each)),
});
const id = fc.oneof(
  fc.integer({ min: 0, max: 70_000 }),
  fc.constantFrom(8 ** 7 - 1, 8 ** 7, 3_000_000, 2 ** 31, 2 ** 32 - 2),
);
const capability = "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";
const xattr = fc.oneof(
  fc.tuple(
    fc.constantFrom("user.a", "user.b.c", "trusted.t"),
    text.map(each => `v${each}`),
  ),
  fc.constant(["security.capability", capability] as [string, string]),
);

const item: fc.Arbitrary<LayerItem> = fc.record({
  kind,
  path: fc.oneof({ weight: 30, arbitrary: path }, { weight: 1, arbitrary: fc.constant("") }),
  link: fc.oneof(
    path,
    // Links among few names, so that paths lead through them.
    fc.constantFrom("a", "b", "c", "../a", "../b", "/c", "./b", "../../a"),
    text.map(each => `t${each.replaceAll("\0", "")}`),
    fc.constant(`/${"x/".repeat(80)}`),
  ),
  mode: fc.oneof(fc.constantFrom(0o644, 0o755, 0o2775), fc.integer({ min: 0, max: 0o7777 })),
  uid: id,
  gid: id,
  // What ext4 can hold; the second part needs more than eleven octal digits.
  seconds: fc.oneof(
    fc.integer({ min: -(2 ** 31), max: 9_000_000_000 }),
    fc.constantFrom(0, -1, 8 ** 11 - 1, 8 ** 11, 9_000_000_000),
  ),
  nanos: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 999_999_999 })),
  pieces: fc.array(piece, { maxLength: 30, size: "small" }),
  tailBytes: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3000 })),
  xattrs: fc.uniqueArray(xattr, { selector: ([key]) => key, maxLength: 3 }),
  device: fc.record({ major: fc.integer({ min: 0, max: 4095 }), minor: fc.integer({ min: 0, max: 2 ** 20 - 1 }) }),
  otherTimes: fc.option(fc.record({ access: fc.nat(9_000_000_000), change: fc.nat(9_000_000_000) })),
  sizeForm: fc.constantFrom<LayerItem["sizeForm"]>("octal", "octal", "base256", "pax"),
  dialect: fc.constantFrom<LayerItem["dialect"]>("ustar", "gnu", "pax"),
  sparse: fc.constantFrom<LayerItem["sparse"]>("none", "none", "none", "old", "0.0", "0.1", "1.0"),
  prefix: fc.constantFrom<LayerItem["prefix"]>("", "", "./", "./", ".//", "./././"),
});

export interface Rules {
  readonly layers: number;
  /** GNU's first form of sparse files, with a type of its own. */
  readonly oldSparse: boolean;
  /** Whether a folder may come again in the same layer, also in the place of something else or the other way round. */
  readonly foldersAgain: boolean;
  /**
   * Whether entries lead through any symbolic link, as engines follow them within the root; else only through relative ones
   * to folders that are there, as a plain program follows them.
   */
  readonly anyLinkedParents: boolean;
}

/** Layers, oldest first. */
export function layersOf(rules: Rules): fc.Arbitrary<LayerItem[][]> {
  const layer = fc.array(item, { maxLength: 14, size: "max" });
  return fc.array(layer, { minLength: 1, maxLength: rules.layers }).map(layers => new Valid(rules).layers(layers));
}

/** As in Linux. */
const maximumLinks = 40;

/** Plays items through and drops what cannot be unpacked. */
class Valid {
  readonly #rules: Rules;
  /** What is where now. */
  #tree = new Map<string, LayerItem>();
  /** Paths that the layer at hand has written. */
  #written = new Set<string>();
  /** Links that its entries led through. */
  #followed = new Set<string>();

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  layers(layers: readonly (readonly LayerItem[])[]): LayerItem[][] {
    return layers.map((items, at) => {
      this.#written = new Set();
      this.#followed = new Set();
      return items.flatMap(each => this.#settle(each, at > 0) ?? []);
    });
  }

  #settle(item: LayerItem, hasBelow: boolean): LayerItem | null {
    if (item.kind === "whiteout" || item.kind === "opaque") return this.#settleWhiteout(item, hasBelow);
    if (item.path === "") return this.#settleRoot(item);
    const real = this.#realPath(item.path);
    if (real === null) return null;
    const settled = item.kind === "hardlink" ? this.#settleHardLink(item) : this.#withOwnParts(item);
    if (settled === null) return null;
    const old = this.#tree.get(real);
    const hasFolder = old !== undefined && (old.kind === "dir" || item.kind === "dir");
    if (hasFolder && this.#written.has(real) && !this.#rules.foldersAgain) return null;
    if (item.kind !== "dir") this.#remove(real);
    for (const each of [...parentsOf(real), real]) {
      if (!this.#tree.has(each)) this.#tree.set(each, { ...item, kind: "dir" });
      this.#written.add(each);
    }
    this.#tree.set(real, settled);
    return settled;
  }

  /** Where a path ends up when its parents' links are followed; null where that is no folder, or not to be tried. */
  #realPath(path: string): string | null {
    const names = path.split("/");
    const last = names.pop() as string;
    const waiting = names.reverse();
    const done: string[] = [];
    let links = 0;
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (name === "" || name === ".") continue;
      if (name === "..") {
        if (done.pop() === undefined && !this.#rules.anyLinkedParents) return null;
        continue;
      }
      const node = this.#tree.get([...done, name].join("/"));
      if (node?.kind === "symlink") {
        links += 1;
        this.#followed.add([...done, name].join("/"));
        const isAbsolute = node.link.startsWith("/");
        if (links > maximumLinks || (isAbsolute && !this.#rules.anyLinkedParents)) return null;
        if (isAbsolute) done.length = 0;
        waiting.push(...node.link.split("/").reverse());
      } else if (node === undefined ? links > 0 && !this.#rules.anyLinkedParents : node.kind !== "dir") return null;
      else done.push(name);
    }
    return [...done, last].join("/");
  }

  #settleRoot(item: LayerItem): LayerItem | null {
    const isAgain = this.#written.has("");
    if (item.kind !== "dir" || (isAgain && !this.#rules.foldersAgain)) return null;
    this.#written.add("");
    return { ...item, xattrs: [] };
  }

  /** Only of what layers below have: whiteouts hide nothing of their own layer, and engines differ where they would. */
  #settleWhiteout(item: LayerItem, hasBelow: boolean): LayerItem | null {
    if (!hasBelow) return null;
    const isBelow = (each: string, folder: string) => each === folder || each.startsWith(`${folder}/`);
    const written = [...this.#written, ...this.#followed];
    const candidates = [...this.#tree].flatMap(([each, { kind }]) => {
      const fits = each !== "" && (kind === "dir" || item.kind === "whiteout");
      return fits && !written.some(other => isBelow(other, each)) ? [each] : [];
    });
    if (candidates.length === 0) return null;
    const path = candidates[item.link.length % candidates.length] as string;
    for (const each of [...this.#tree.keys()])
      if (isBelow(each, path) && (item.kind === "whiteout" || each !== path)) this.#tree.delete(each);
    return { ...item, path };
  }

  /** With the attributes of what it names, as every tool writes it: engines that set them do not change the file then. */
  #settleHardLink(item: LayerItem): LayerItem | null {
    const own = this.#realPath(item.path);
    const names = [...this.#tree.keys()].filter(each => this.#tree.get(each)?.kind !== "dir" && each !== own);
    const inWay = names.filter(each => !each.startsWith(`${own}/`));
    if (inWay.length === 0) return null;
    const link = inWay[item.link.length % inWay.length] as string;
    const { mode, uid, gid, seconds, nanos, xattrs } = this.#tree.get(link) as LayerItem;
    return { ...item, link, mode, uid, gid, seconds, nanos, xattrs };
  }

  #withOwnParts(item: LayerItem): LayerItem {
    const sparse = item.sparse === "old" && !this.#rules.oldSparse ? "none" : item.sparse;
    return withOwnXattrs({ ...item, sparse, pieces: sparse === "none" ? item.pieces : inBlocks(item.pieces) });
  }

  #remove(path: string): void {
    for (const each of [...this.#tree.keys()]) {
      if (each === path || each.startsWith(`${path}/`)) this.#tree.delete(each);
    }
  }
}

/**
 * All pieces of a sparse file but the last are whole blocks, as GNU tar writes them. Others it reads in another way than Go
 * (each piece from a new block on), and so than engines.
 */
function inBlocks(pieces: readonly Piece[]): Piece[] {
  return pieces.map(({ holeBytes, text }, at) => ({
    holeBytes,
    text: at === pieces.length - 1 ? text : text.padEnd(Math.ceil(text.length / 512) * 512, "."),
  }));
}

/** Linux allows attributes `user.` for files and folders only, capabilities for files. */
function withOwnXattrs(item: LayerItem): LayerItem {
  const isAllowed = (key: string) => {
    if (key.startsWith("user.")) return item.kind === "file" || item.kind === "dir";
    return key !== "security.capability" || item.kind === "file";
  };
  return { ...item, xattrs: item.xattrs.filter(([key]) => isAllowed(key)) };
}

function parentsOf(path: string): string[] {
  const names = path.split("/");
  return names.slice(1).map((_, i) => names.slice(0, i + 1).join("/"));
}
