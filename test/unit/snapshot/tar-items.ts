import fc from "fast-check";
import type { LayerColumns } from "../../../lib/layer/layer-columns.ts";
import { dir, file, symlink, tar } from "../layer/make-tar.ts";
import { scanTar } from "../layer/scan-tar.ts";

/** An entry of a generated layer. `id` is unique, and is also the modification time, so that a node can be told by it. */
export interface TarItem {
  readonly kind: "file" | "dir" | "symlink" | "whiteout" | "opaque";
  readonly path: string;
  readonly id: string;
}

/** Few names, so that layers often touch the same paths; some that sort around the slash. */
const name = fc.constantFrom("a", "b", "a-b", "a.b", "é");
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map(names => names.join("/"));
const kind = fc.constantFrom<TarItem["kind"]>("file", "file", "dir", "dir", "whiteout", "opaque");

const layer = fc.array(fc.record({ kind, path }), { maxLength: 14 });

/** Layers, oldest first. */
export const layersOfItems: fc.Arbitrary<TarItem[][]> = fc
  .array(layer, { minLength: 1, maxLength: 5 })
  .map(layers => layers.map((items, i) => items.map((item, j) => ({ ...item, id: String(1000 * (i + 1) + j) }))));

export function tarOfItems(items: readonly TarItem[]): Buffer {
  return tar(...items.map(memberOf));
}

export function indexOfItems(items: readonly TarItem[]): LayerColumns {
  return scanTar(tarOfItems(items));
}

function memberOf({ kind, path, id }: TarItem): Buffer {
  const mtime = Number(id);
  const slash = path.lastIndexOf("/") + 1;
  switch (kind) {
    case "dir":
      return dir(`${path}/`, { mtime });
    case "symlink":
      return symlink(path, `to-${id}`, { mtime });
    case "whiteout":
      return file(`${path.slice(0, slash)}.wh.${path.slice(slash)}`);
    case "opaque":
      return file(`${path}/.wh..wh..opq`);
    default:
      return file(path, "", { mtime });
  }
}
