/**
 * A layer's listing as text, for recordings that leave the content out: one JSON document a line, the first for the
 * layer, then one for each entry. Unlike an index it does not depend on a machine or a version, and it is checked as any
 * input from outside.
 */

import * as z from "zod/mini";
import { LabError } from "../error.ts";
import { ColumnsBuilder } from "../layer/columns-builder.ts";
import type { TarHeader } from "../layer/header-fields.ts";
import { entryTypes, LayerColumns } from "../layer/layer-columns.ts";
import { defaultLimits, type LayerLimits } from "../layer/limits.ts";
import { hexOf, isDigest, parseDiffId, parseDigest } from "../model/digest.ts";
import type { Entry, EntryType } from "../model/entry.ts";
import type { LayerIndex } from "../model/layer-index.ts";
import { bytesOfPath } from "../model/path-text.ts";

const digestText = z.string().check(z.refine(isDigest));
const whole = z.int().check(z.nonnegative());

const layerShape = z.object({
  digest: digestText,
  diffId: digestText,
  compression: z.enum(["gzip", "zstd", "none"]),
  sizeBytes: whole,
  tarBytes: whole,
});

const entryShape = z.object({
  path: z.string().check(z.maxLength(1 << 20)),
  type: z.enum(entryTypes as [EntryType, ...EntryType[]]),
  mode: z.int().check(z.nonnegative(), z.maximum(0o7777)),
  uid: whole,
  gid: whole,
  size: z.optional(whole),
  /** Seconds and nanoseconds, as `12` or `12.000000001`. */
  time: z.string().check(z.regex(/^-?\d{1,15}(\.\d{9})?$/)),
  link: z.optional(z.string().check(z.maxLength(1 << 20))),
  content: z.optional(digestText),
  whiteout: z.optional(z.enum(["path", "opaque"])),
  device: z.optional(z.tuple([whole, whole])),
  xattrs: z.optional(z.record(z.string(), z.base64())),
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

/**
 * The columns of a layer from its listing; no more is kept of the text than a line.
 * @throws LabError `damaged` or `too-large` with the line.
 */
export async function readListing(
  lines: AsyncIterable<string>,
  where: string,
  limits: LayerLimits = defaultLimits,
): Promise<LayerColumns> {
  const builder = new ColumnsBuilder(limits);
  let facts: z.infer<typeof layerShape> | null = null;
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (facts === null) facts = parseLine(layerShape, text, `${where}:${line}`);
    else addEntry(builder, parseLine(entryShape, text, `${where}:${line}`), limits, `${where}:${line}`);
  }
  if (facts === null) throw new LabError("damaged", `${where} is empty`);
  const { digest, diffId } = facts;
  return new LayerColumns(builder.finish({ ...facts, digest: parseDigest(digest), diffId: parseDiffId(diffId) }));
}

function parseLine<T>(shape: z.ZodMiniType<T>, text: string, where: string): T {
  try {
    return shape.parse(JSON.parse(text));
  } catch (error) {
    throw new LabError("damaged", `${where}: not a line of a layer's listing`, { cause: error });
  }
}

function addEntry(builder: ColumnsBuilder, listed: ListedEntry, limits: LayerLimits, where: string): void {
  if (builder.entryCount >= limits.entries)
    throw new LabError("too-large", `${where}: a layer of more than ${limits.entries} entries`);
  try {
    builder.add(headerOf(listed));
  } catch (error) {
    // What the builder says names a place in a tar, which is none here.
    if (!(error instanceof LabError && error.code === "too-large")) throw error;
    throw new LabError("too-large", `${where}: the names or attributes of the layer are too long`, { cause: error });
  }
  if (listed.content !== undefined) builder.setDigest(Buffer.from(hexOf(parseDigest(listed.content)), "hex"));
}

const typeflags = { file: 0x30, hardlink: 0x31, symlink: 0x32, char: 0x33, block: 0x34, dir: 0x35, fifo: 0x36 };

function headerOf(listed: ListedEntry): TarHeader {
  const [seconds = "0", nanos = "0"] = listed.time.split(".");
  const name = bytesOfPath(nameInTar(listed));
  const link = bytesOfPath(listed.link ?? "");
  const xattrs = Object.entries(listed.xattrs ?? {});
  return {
    typeflag: typeflags[listed.type],
    name,
    nameLength: name.length,
    link,
    linkLength: link.length,
    mode: listed.mode,
    uid: listed.uid,
    gid: listed.gid,
    sizeBytes: listed.size ?? 0,
    mtimeSeconds: Number(seconds),
    mtimeNanos: Number(nanos),
    major: listed.device?.[0] ?? 0,
    minor: listed.device?.[1] ?? 0,
    xattrs:
      listed.xattrs === undefined ? null : new Map(xattrs.map(([key, value]) => [key, Buffer.from(value, "base64")])),
    sparse: null,
    headerOffset: 0,
    contentOffset: 0,
  };
}

function nameInTar({ path, whiteout }: ListedEntry): string {
  if (whiteout === undefined) return path;
  if (whiteout === "opaque") return `${path}/.wh..wh..opq`;
  const slash = path.lastIndexOf("/") + 1;
  return `${path.slice(0, slash)}.wh.${path.slice(slash)}`;
}
