import type { Entry } from "../model/entry.ts";
import type { LayerIndex } from "../model/layer-index.ts";
import { bytesOfPath } from "../model/path-text.ts";
import { ColumnsBuilder } from "./columns-builder.ts";
import type { TarHeader } from "./header-fields.ts";
import { LayerColumns } from "./layer-columns.ts";
import { defaultLimits } from "./limits.ts";

const converted = new WeakMap<LayerIndex, LayerColumns>();

/** The columns of any layer index: itself, or made once from its entries when it comes from elsewhere. */
export function columnsOf(index: LayerIndex): LayerColumns {
  if (index instanceof LayerColumns) return index;
  let columns = converted.get(index);
  if (columns === undefined) {
    columns = convert(index);
    converted.set(index, columns);
  }
  return columns;
}

function convert(index: LayerIndex): LayerColumns {
  const builder = new ColumnsBuilder(defaultLimits);
  for (let position = 0; position < index.entryCount; position += 1) {
    const entry = index.entry(position);
    builder.add(headerOf(entry));
    if (entry.contentDigest !== null) builder.setDigest(Buffer.from(entry.contentDigest.slice(7), "hex"));
  }
  return new LayerColumns(builder.finish(index));
}

const typeflags = { file: 0x30, hardlink: 0x31, symlink: 0x32, char: 0x33, block: 0x34, dir: 0x35, fifo: 0x36 };

function headerOf(entry: Entry): TarHeader {
  const name = bytesOfPath(nameInTar(entry));
  const link = bytesOfPath(entry.linkTarget ?? "");
  const nanos = Number(((entry.mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n);
  return {
    typeflag: typeflags[entry.type],
    name,
    nameLength: name.length,
    link,
    linkLength: link.length,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    sizeBytes: entry.sizeBytes,
    mtimeSeconds: Number((entry.mtimeNs - BigInt(nanos)) / 1_000_000_000n),
    mtimeNanos: nanos,
    major: entry.device?.major ?? 0,
    minor: entry.device?.minor ?? 0,
    xattrs: entry.xattrs,
    sparse: null,
    headerOffset: 0,
    contentOffset: entry.contentOffset,
  };
}

function nameInTar(entry: Entry): string {
  if (entry.whiteout === null) return entry.path;
  if (entry.whiteout === "opaque") return `${entry.path}/.wh..wh..opq`;
  const slash = entry.path.lastIndexOf("/") + 1;
  return `${entry.path.slice(0, slash)}.wh.${entry.path.slice(slash)}`;
}
