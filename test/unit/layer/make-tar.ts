/** Tars made by hand, header by header, so that tests can have what no tool writes. */

export interface HeaderFields {
  readonly name: string | Uint8Array;
  readonly type?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  readonly mtime?: number;
  readonly link?: string | Uint8Array;
  readonly major?: number;
  readonly minor?: number;
  readonly prefix?: string;
  readonly magic?: "ustar" | "gnu" | "v7";
  /** Raw bytes to put over the block before the checksum is made: offset → bytes. */
  readonly raw?: Readonly<Record<number, Uint8Array>>;
}

export function header(fields: HeaderFields): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  block.set(bytes(fields.name).subarray(0, 100), 0);
  octal(fields.mode ?? 0o644, 100, 8);
  octal(fields.uid ?? 0, 108, 8);
  octal(fields.gid ?? 0, 116, 8);
  octal(fields.size ?? 0, 124, 12);
  octal(fields.mtime ?? 0, 136, 12);
  block.write(fields.type ?? "0", 156, "latin1");
  block.set(bytes(fields.link ?? "").subarray(0, 100), 157);
  const magic = fields.magic ?? "ustar";
  if (magic !== "v7") block.write(magic === "gnu" ? "ustar  \0" : "ustar\x0000", 257, "latin1");
  if (fields.major !== undefined) octal(fields.major, 329, 8);
  if (fields.minor !== undefined) octal(fields.minor, 337, 8);
  block.write(fields.prefix ?? "", 345, "latin1");
  for (const [at, value] of Object.entries(fields.raw ?? {})) block.set(value, Number(at));
  return withChecksum(block);
}

export function withChecksum(block: Buffer): Buffer {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

export function bytes(value: string | Uint8Array): Buffer {
  return typeof value === "string" ? Buffer.from(value, "utf8") : Buffer.from(value);
}

/** Content filled up to whole blocks. */
export function padded(content: string | Uint8Array): Buffer {
  const body = bytes(content);
  return Buffer.concat([body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

export function file(
  name: string | Uint8Array,
  content: string | Uint8Array = "",
  fields: Partial<HeaderFields> = {},
): Buffer {
  const body = bytes(content);
  return Buffer.concat([header({ name, size: body.length, ...fields }), padded(body)]);
}

export function dir(name: string | Uint8Array, fields: Partial<HeaderFields> = {}): Buffer {
  return header({ name, type: "5", mode: 0o755, ...fields });
}

export function symlink(name: string, link: string, fields: Partial<HeaderFields> = {}): Buffer {
  return header({ name, type: "2", link, mode: 0o777, ...fields });
}

export function hardlink(name: string, link: string, fields: Partial<HeaderFields> = {}): Buffer {
  return header({ name, type: "1", link, ...fields });
}

export function paxRecord(key: string, value: string | Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(` ${key}=`), bytes(value), Buffer.from("\n")]);
  let length = body.length + 1;
  while (String(length).length + body.length !== length) length = String(length).length + body.length;
  return Buffer.concat([Buffer.from(String(length)), body]);
}

export function pax(records: Readonly<Record<string, string | Uint8Array>>, type = "x"): Buffer {
  const body = Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, value)));
  return Buffer.concat([header({ name: "PaxHeaders/x", type, size: body.length }), padded(body)]);
}

export function longName(name: string | Uint8Array, type: "L" | "K" = "L"): Buffer {
  const body = Buffer.concat([bytes(name), Buffer.alloc(1)]);
  return Buffer.concat([header({ name: "././@LongLink", type, size: body.length, magic: "gnu" }), padded(body)]);
}

/** With the two blocks of zeros. */
export function tar(...members: readonly Uint8Array[]): Buffer {
  return Buffer.concat([...members, Buffer.alloc(1024)]);
}
