import { bytesOfPath, pathFromBytes } from "../model/path-text.ts";

/** Each attribute as: length of name, name, length of value, value; lengths as 32 bits, little-endian. */
export function encodeXattrs(xattrs: ReadonlyMap<string, Uint8Array>): Buffer {
  const parts: Uint8Array[] = [];
  for (const [name, value] of xattrs) {
    for (const bytes of [bytesOfPath(name), value]) {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      parts.push(length, bytes);
    }
  }
  return Buffer.concat(parts);
}

/** The other way round. */
export function decodeXattrs(bytes: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const next = () => {
    const length = view.getUint32(at, true);
    const part = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return part;
  };
  const xattrs = new Map<string, Uint8Array>();
  while (at < bytes.length) {
    const name = pathFromBytes(next());
    xattrs.set(name, next());
  }
  return xattrs;
}
