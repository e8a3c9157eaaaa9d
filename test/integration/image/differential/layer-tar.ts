import { header, padded, paxRecord } from "../../../unit/layer/make-tar.ts";
import { type LayerItem, sizeOf } from "./layer-items.ts";

/** Writes items as a tar: each in its own dialect, long names, large numbers and sparse files in the way of that dialect. */
export function tarOf(items: readonly LayerItem[]): Buffer {
  return Buffer.concat([...items.map(memberOf), Buffer.alloc(1024)]);
}

const typeflags = { file: "0", hardlink: "1", symlink: "2", char: "3", block: "4", dir: "5", fifo: "6" } as const;

function memberOf(item: LayerItem): Buffer {
  const { kind, path } = item;
  if (kind !== "whiteout" && kind !== "opaque") return new Member(item, typeflags[kind], path).bytes();
  const folder = kind === "opaque" ? `${path}/` : path.slice(0, path.lastIndexOf("/") + 1);
  const name = kind === "opaque" ? ".wh..opq" : path.slice(folder.length);
  const marker = `${folder.replace(/^\/$/, "")}.wh.${name}`;
  return new Member({ ...item, pieces: [], tailBytes: 0, xattrs: [], sparse: "none" }, "0", marker).bytes();
}

/** One entry in the making: the block's fields, PAX records before it, parts of a sparse map around it. */
class Member {
  readonly #item: LayerItem;
  readonly #isPax: boolean;
  #type: string;
  readonly #name: Buffer;
  readonly #link: Buffer;
  readonly #records: [string, string | Buffer][] = [];
  readonly #raw: Record<number, Uint8Array> = {};
  #before = Buffer.alloc(0);
  #map = Buffer.alloc(0);
  #stored = Buffer.alloc(0);

  constructor(item: LayerItem, type: string, path: string) {
    this.#item = item;
    this.#type = type;
    this.#name = latin1(item.prefix + path + (type === "5" && path !== "" ? "/" : ""));
    this.#link = latin1(item.kind === "hardlink" ? item.prefix + item.link : item.link);
    const needsPax = /^[01]/.test(item.sparse) || item.xattrs.length > 0 || item.nanos > 0;
    this.#isPax = item.sparse !== "old" && (item.dialect === "pax" || needsPax);
  }

  bytes(): Buffer {
    if (this.#type === "0") {
      this.#setContent();
      this.#setStoredSize();
    }
    this.#setAttributes();
    if (this.#usesPax()) this.#setPaxNames();
    else this.#setLongNames();
    const { mode, device } = this.#item;
    const isDevice = this.#type === "3" || this.#type === "4";
    const block = header({
      name: this.#name,
      type: this.#type,
      link: this.#link,
      mode,
      size: this.#map.length % 512 === 0 ? this.#stored.length : 0,
      magic: this.#usesPax() ? "ustar" : "gnu",
      ...(isDevice ? device : {}),
      raw: this.#raw,
    });
    const stored = Buffer.concat([this.#map, padded(this.#stored)]);
    return Buffer.concat([this.#before, this.#paxHeader(), block, stored]);
  }

  /** Without records a block of the dialect ustar is the same as one of PAX. */
  #usesPax(): boolean {
    return this.#isPax || (this.#item.dialect === "ustar" && this.#item.sparse !== "old");
  }

  #setAttributes(): void {
    const { uid, gid, seconds, xattrs, otherTimes } = this.#item;
    if (otherTimes !== null) this.#setOtherTimes(otherTimes);
    for (const [key, value] of xattrs) this.#records.push([`SCHILY.xattr.${key}`, latin1(value)]);
    this.#setNumber("uid", uid, 108, 8);
    this.#setNumber("gid", gid, 116, 8);
    if (this.#item.nanos > 0) this.#records.push(["mtime", timeText(this.#item)]);
    else this.#setNumber("mtime", seconds, 136, 12);
  }

  /** GNU's own dialect has fields for them where others have the start of a long name. */
  #setOtherTimes({ access, change }: NonNullable<LayerItem["otherTimes"]>): void {
    if (this.#usesPax()) {
      if (this.#isPax) this.#records.push(["atime", `${access}.5`], ["ctime", String(change)]);
      return;
    }
    this.#raw[345] = octal(access, 12);
    this.#raw[357] = octal(change, 12);
  }

  #setNumber(key: string, value: number, at: number, fieldBytes: number): void {
    const fits = value >= 0 && value < 8 ** (fieldBytes - 1);
    if (fits) this.#raw[at] = octal(value, fieldBytes);
    else if (this.#usesPax()) this.#records.push([key, String(value)]);
    else this.#raw[at] = base256(value, fieldBytes);
  }

  #setPaxNames(): void {
    const isPlain = (text: Buffer) => text.length <= 100 && (!this.#isPax || text.every(byte => byte < 0x80));
    if (!isPlain(this.#name)) this.#records.push(["path", this.#name]);
    if (!isPlain(this.#link)) this.#records.push(["linkpath", this.#link]);
  }

  #setLongNames(): void {
    const long = [
      ["L", this.#name],
      ["K", this.#link],
    ] as const;
    for (const [type, text] of long) {
      if (text.length <= 100) continue;
      const body = Buffer.concat([text, Buffer.alloc(1)]);
      const block = header({ name: "././@LongLink", type, size: body.length, magic: "gnu" });
      this.#before = Buffer.concat([this.#before, block, padded(body)]);
    }
  }

  #paxHeader(): Buffer {
    if (this.#records.length === 0) return Buffer.alloc(0);
    const body = Buffer.concat(this.#records.map(([key, value]) => paxRecord(key, value)));
    return Buffer.concat([header({ name: "PaxHeaders/x", type: "x", size: body.length }), padded(body)]);
  }

  // --- content

  #setContent(): void {
    const { pieces, sparse, tailBytes } = this.#item;
    const size = sizeOf(this.#item);
    if (sparse === "none") {
      const parts = pieces.flatMap(({ holeBytes, text }) => [Buffer.alloc(holeBytes), latin1(text)]);
      this.#stored = Buffer.concat([...parts, Buffer.alloc(tailBytes)]);
      return;
    }
    this.#stored = Buffer.concat(pieces.map(({ text }) => latin1(text)));
    const map = this.#sparseMap(size);
    if (sparse === "old") this.#setOldSparse(map, size);
    else this.#setPaxSparse(map, size);
  }

  /** The field of the header, or a record that counts instead of it. */
  #setStoredSize(): void {
    const { sizeForm } = this.#item;
    const sizeBytes = this.#stored.length;
    if (sizeForm === "base256") this.#raw[124] = base256(sizeBytes, 12);
    if (sizeForm !== "pax" || !this.#isPax) return;
    this.#records.push(["size", String(sizeBytes)]);
    this.#raw[124] = octal(0, 12);
  }

  /** As GNU tar: a file that ends with a hole has a piece of no bytes at its end. */
  #sparseMap(size: number): [offset: number, length: number][] {
    const map: [number, number][] = [];
    let at = 0;
    for (const { holeBytes, text } of this.#item.pieces) {
      map.push([at + holeBytes, text.length]);
      at += holeBytes + text.length;
    }
    if (at < size || map.length === 0) map.push([size, 0]);
    return map;
  }

  #setOldSparse(map: readonly (readonly [number, number])[], size: number): void {
    const pairs = map.map(([offset, length]) => Buffer.concat([gnuNumber(offset), gnuNumber(length)]));
    this.#type = "S";
    this.#raw[124] = octal(this.#stored.length, 12);
    this.#raw[386] = Buffer.concat(pairs.slice(0, 4));
    this.#raw[482] = Uint8Array.of(pairs.length > 4 ? 1 : 0);
    this.#raw[483] = gnuNumber(size);
    const blocks: Buffer[] = [];
    for (let at = 4; at < pairs.length; at += 21) {
      const block = Buffer.alloc(512);
      block.set(Buffer.concat(pairs.slice(at, at + 21)));
      block[504] = at + 21 < pairs.length ? 1 : 0;
      blocks.push(block);
    }
    this.#map = Buffer.concat(blocks);
  }

  #setPaxSparse(map: readonly (readonly [number, number])[], size: number): void {
    const push = (key: string, value: string | Buffer) => this.#records.push([`GNU.sparse.${key}`, value]);
    if (this.#item.sparse === "1.0") {
      push("major", "1");
      push("minor", "0");
      push("name", this.#name);
      push("realsize", String(size));
      this.#stored = Buffer.concat([
        padded([map.length, ...map.flat()].map(each => `${each}\n`).join("")),
        this.#stored,
      ]);
      return;
    }
    push("size", String(size));
    push("numblocks", String(map.length));
    if (this.#item.sparse === "0.1") {
      push("name", this.#name);
      push("map", map.flat().join(","));
      return;
    }
    for (const [offset, length] of map) {
      push("offset", String(offset));
      push("numbytes", String(length));
    }
  }
}

export function latin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

function octal(value: number, fieldBytes: number): Buffer {
  return latin1(`${value.toString(8).padStart(fieldBytes - 1, "0")}\0`);
}

function gnuNumber(value: number): Buffer {
  return value < 8 ** 11 ? octal(value, 12) : base256(value, 12);
}

/** Two's complement with the first bit set. */
function base256(value: number, fieldBytes: number): Buffer {
  const field = Buffer.alloc(fieldBytes, value < 0 ? 0xff : 0);
  let rest = BigInt.asUintN(64, BigInt(value));
  for (let at = fieldBytes - 1; at > Math.max(0, fieldBytes - 9); at -= 1) {
    field[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  field[0]! |= 0x80;
  return field;
}

/** `-1.5` is a second and a half before 1970: the fraction counts away from zero. */
function timeText({ seconds, nanos }: LayerItem): string {
  const [whole, fraction] = seconds < 0 ? [seconds + 1, 1e9 - nanos] : [seconds, nanos];
  return `${seconds < 0 ? "-" : ""}${Math.abs(whole)}.${String(fraction).padStart(9, "0")}`;
}
