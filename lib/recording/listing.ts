/**
 * A layer's listing as text, for recordings that leave the content out: one JSON document a line, the first for the
 * layer, then one for each entry. Unlike an index it does not depend on a machine or a version, and it is checked as any
 * input from outside.
 */

import * as z from "zod/mini";
import { LabError } from "../error.ts";
import { entryTypes } from "../layer/layer-columns.ts";
import { isDigest, parseDiffId, parseDigest } from "../model/digest.ts";
import type { Entry, EntryType } from "../model/entry.ts";
import type { LayerIndex } from "../model/layer-index.ts";

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

/** @throws LabError `damaged` with the line. */
export async function readListing(lines: AsyncIterable<string>, where: string): Promise<LayerIndex> {
  const entries: Entry[] = [];
  let facts: z.infer<typeof layerShape> | null = null;
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (facts === null) facts = parseLine(layerShape, text, `${where}:${line}`);
    else entries.push(entryOf(parseLine(entryShape, text, `${where}:${line}`)));
  }
  if (facts === null) throw new LabError("damaged", `${where} is empty`);
  const at = (position: number) => {
    const entry = entries[position];
    if (!entry) throw new RangeError(`no entry ${position}`);
    return entry;
  };
  return {
    ...facts,
    digest: parseDigest(facts.digest),
    diffId: parseDiffId(facts.diffId),
    entryCount: entries.length,
    entry: at,
    path: position => at(position).path,
  };
}

function parseLine<T>(shape: z.ZodMiniType<T>, text: string, where: string): T {
  try {
    return shape.parse(JSON.parse(text));
  } catch (error) {
    throw new LabError("damaged", `${where}: not a line of a layer's listing`, { cause: error });
  }
}

function entryOf(listed: ListedEntry): Entry {
  const [seconds = "0", nanos = "0"] = listed.time.split(".");
  const { device, xattrs } = listed;
  return {
    path: listed.path,
    type: listed.type,
    mode: listed.mode,
    uid: listed.uid,
    gid: listed.gid,
    sizeBytes: listed.size ?? 0,
    mtimeNs: BigInt(seconds) * billion + BigInt(nanos),
    linkTarget: listed.link ?? null,
    contentDigest: listed.content ? parseDigest(listed.content) : null,
    xattrs: xattrs
      ? new Map(Object.entries(xattrs).map(([name, value]) => [name, Buffer.from(value, "base64")]))
      : null,
    device: device ? { major: device[0], minor: device[1] } : null,
    whiteout: listed.whiteout ?? null,
    contentOffset: 0,
  };
}
