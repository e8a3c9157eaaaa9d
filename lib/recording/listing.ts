/**
 * A layer's listing as text, for recordings that leave the content out: one JSON document a line, the first for the
 * layer, then one for each entry. Unlike an index it does not depend on a machine or a version, and it is checked as any
 * input from outside.
 */

import { z } from "zod";
import { LabError } from "../error.ts";
import { ColumnsBuilder } from "../layer/columns-builder.ts";
import { entryTypes, LayerColumns } from "../layer/layer-columns.ts";
import { defaultLimits } from "../layer/limits.ts";
import type { TarHeader } from "../layer/header-fields.ts";
import { type DiffId, isDigest, parseDigest } from "../model/digest.ts";
import type { Entry, EntryType } from "../model/entry.ts";
import type { LayerIndex } from "../model/layer-index.ts";
import { bytesOfPath } from "../model/path-text.ts";

const digestText = z.string().refine(isDigest);
const whole = z.number().int().nonnegative();

const layerShape = z.object({
  digest: digestText,
  diffId: digestText,
  compression: z.enum(["gzip", "zstd", "none"]),
  sizeBytes: whole,
  tarBytes: whole,
});

const entryShape = z.object({
  path: z.string().max(1 << 20),
  type: z.enum(entryTypes as [EntryType, ...EntryType[]]),
  mode: whole.max(0o7777),
  uid: whole,
  gid: whole,
  size: whole.optional(),
  /** Seconds and nanoseconds, as `12` or `12.000000001`. */
  time: z.string().regex(/^-?\d{1,15}(\.\d{9})?$/),
  link: z
    .string()
    .max(1 << 20)
    .optional(),
  content: digestText.optional(),
  whiteout: z.enum(["path", "opaque"]).optional(),
  device: z.tuple([whole, whole]).optional(),
  xattrs: z.record(z.string(), z.base64()).optional(),
});

type ListedEntry = z.infer<typeof entryShape>;

/** Lines without line ends. */
export function* listingLines(index: LayerIndex): Generator<string, void, void> {
  const { digest, diffId, compression, sizeBytes, tarBytes } = index;
  yield JSON.stringify({ digest, diffId, compression, sizeBytes, tarBytes });
  for (let position = 0; position < index.entryCount; position += 1)
    yield JSON.stringify(listedEntry(index.entry(position)));
}

function listedEntry(entry: Entry): ListedEntry {
  return {
    path: entry.path,
    type: entry.type,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    ...(entry.sizeBytes === 0 ? {} : { size: entry.sizeBytes }),
    time: timeText(entry.mtimeNs),
    ...(entry.linkTarget === null ? {} : { link: entry.linkTarget }),
    ...(entry.contentDigest === null ? {} : { content: entry.contentDigest }),
    ...(entry.whiteout === null ? {} : { whiteout: entry.whiteout }),
    ...(entry.device === null ? {} : { device: [entry.device.major, entry.device.minor] as [number, number] }),
    ...(entry.xattrs === null ? {} : { xattrs: Object.fromEntries([...entry.xattrs].map(xattrText)) }),
  };
}

function xattrText([name, value]: [string, Uint8Array]): [string, string] {
  return [name, Buffer.from(value).toString("base64")];
}

function timeText(ns: bigint): string {
  const seconds = ns >= 0n ? ns / billion : -((-ns + billion - 1n) / billion);
  const nanos = ns - seconds * billion;
  return nanos === 0n ? String(seconds) : `${seconds}.${String(nanos).padStart(9, "0")}`;
}

const billion = 1_000_000_000n;

/** @throws LabError `damaged` with the line. */
export async function readListing(lines: AsyncIterable<string>, where: string): Promise<LayerColumns> {
  const builder = new ColumnsBuilder(defaultLimits);
  let facts: z.infer<typeof layerShape> | null = null;
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (facts === null) {
      facts = parseLine(layerShape, text, `${where}:${line}`);
      continue;
    }
    const entry = parseLine(entryShape, text, `${where}:${line}`);
    builder.add(headerOf(entry));
    if (builder.lastIsFile && entry.content) builder.setDigest(Buffer.from(entry.content.slice(7), "hex"));
  }
  if (facts === null) throw new LabError("damaged", `${where} is empty`);
  const { digest, diffId, ...sizes } = facts;
  return new LayerColumns(
    builder.finish({ digest: parseDigest(digest), diffId: parseDigest(diffId) as string as DiffId, ...sizes }),
  );
}

function parseLine<T>(shape: z.ZodType<T>, text: string, where: string): T {
  try {
    return shape.parse(JSON.parse(text));
  } catch (error) {
    throw new LabError("damaged", `${where}: not a line of a layer's listing`, { cause: error });
  }
}

const typeflags: Readonly<Record<EntryType, string>> = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  char: "3",
  block: "4",
  dir: "5",
  fifo: "6",
};

function headerOf(entry: ListedEntry): TarHeader {
  const name = bytesOfPath(nameOf(entry));
  const link = bytesOfPath(entry.link ?? "");
  const [seconds, nanos] = entry.time.split(".");
  return {
    typeflag: typeflags[entry.type].charCodeAt(0),
    name,
    nameLength: name.length,
    link,
    linkLength: link.length,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    sizeBytes: entry.size ?? 0,
    mtimeSeconds: Number(seconds),
    mtimeNanos: Number(nanos ?? 0),
    major: entry.device?.[0] ?? 0,
    minor: entry.device?.[1] ?? 0,
    xattrs: entry.xattrs
      ? new Map(Object.entries(entry.xattrs).map(([key, value]) => [key, Buffer.from(value, "base64")]))
      : null,
    sparse: null,
    headerOffset: 0,
    contentOffset: 0,
  };
}

/** The name as the tar had it: a whiteout's path stands behind `.wh.`. */
function nameOf({ path, whiteout }: ListedEntry): string {
  if (whiteout === undefined) return path;
  const slash = path.lastIndexOf("/");
  if (whiteout === "opaque") return path === "" ? ".wh..wh..opq" : `${path}/.wh..wh..opq`;
  return `${path.slice(0, slash + 1)}.wh.${path.slice(slash + 1)}`;
}
