/** One package in rpm's database: an index of tags and the values they point to (rpm's header format, version 3). Pure. */

const tags = { name: 1000, version: 1001, release: 1002, epoch: 1003, size: 1009, longSize: 5009, arch: 1022 } as const;
const indexBytes = 16;

export interface RpmHeader {
  readonly name: string;
  /** `epoch:version-release`, without an epoch of 0. */
  readonly version: string;
  readonly architecture: string;
  readonly sizeBytes: number | null;
}

/** Null for anything but a header with a name. */
export function parseRpmHeader(blob: Uint8Array): RpmHeader | null {
  if (blob.length < 8) return null;
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const dataStart = 8 + view.getUint32(0) * indexBytes;
  if (dataStart > blob.length) return null;
  const places = new Map<number, number>();
  for (let at = 8; at < dataStart; at += indexBytes) places.set(view.getUint32(at), dataStart + view.getUint32(at + 8));
  const text = (tag: number) => textAt(blob, places.get(tag));
  const number = (tag: number) => numberAt(view, places.get(tag));
  const name = text(tags.name);
  if (name === "") return null;
  const epoch = number(tags.epoch) ?? 0;
  const longSize = places.get(tags.longSize);
  return {
    name,
    version: `${epoch > 0 ? `${epoch}:` : ""}${text(tags.version)}-${text(tags.release)}`,
    architecture: text(tags.arch),
    sizeBytes: longSize === undefined ? number(tags.size) : longNumberAt(view, longSize),
  };
}

function textAt(blob: Uint8Array, at: number | undefined): string {
  if (at === undefined || at >= blob.length) return "";
  const end = blob.indexOf(0, at);
  return Buffer.from(blob.subarray(at, end < 0 ? blob.length : end)).toString("utf8");
}

function numberAt(view: DataView, at: number | undefined): number | null {
  return at === undefined || at + 4 > view.byteLength ? null : view.getUint32(at);
}

function longNumberAt(view: DataView, at: number): number | null {
  if (at + 8 > view.byteLength) return null;
  const bytes = view.getBigUint64(at);
  return bytes > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(bytes);
}
