import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { inflate, inflateUnchecked } from "../../../lib/layer/inflate.ts";

async function* inChunks(bytes: Uint8Array, chunkBytes: number) {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

/** What comes out, with the error where there is one; how much had come before it depends on how zlib was fed. */
async function outcomeOf(tar: AsyncIterable<Uint8Array>): Promise<{ bytes: Buffer; error: string | null }> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of tar) parts.push(part);
    return { bytes: Buffer.concat(parts), error: null };
  } catch (error) {
    return {
      bytes: Buffer.concat(parts),
      error: (error as Error).message.replace(/, after \d+ bytes of the tar$/, ""),
    };
  }
}

const text = Buffer.concat([Buffer.from("layer ".repeat(2000)), randomBytes(3000)]);
const plain = gzipSync(text);

/** The header with these parts of RFC 1952 in it. */
function withHeader(flags: number, ...parts: Buffer[]): Buffer {
  const header = Buffer.from(plain.subarray(0, 10));
  header[3] = flags;
  return Buffer.concat([header, ...parts, plain.subarray(10)]);
}

const extra = Buffer.from([3, 0, 1, 2, 3]);
const name = Buffer.from("layer.tar\0");

describe.each([1, 7, 4096, 1 << 20])("in chunks of %d bytes it gives what inflating with checks gives", chunkBytes => {
  test.each([
    ["one member", plain],
    ["nothing in it", gzipSync("")],
    ["several members", Buffer.concat([plain, gzipSync(""), gzipSync("end")])],
    ["a name", withHeader(8, name)],
    ["an extra field, a name and a comment", withHeader(4 | 8 | 16, extra, name, Buffer.from("text\0"))],
    ["a header with a wrong checksum", withHeader(2, Buffer.from([0, 0]))],
    ["a flag that nobody knows", withHeader(0x80)],
    ["a name without an end", Buffer.concat([plain.subarray(0, 3), Buffer.from([8]), Buffer.alloc(50, "x")])],
    [
      "a longer extra field than there is",
      Buffer.concat([plain.subarray(0, 3), Buffer.from([4, 0, 0, 0, 0, 0, 0, 9])]),
    ],
    ["zeros behind", Buffer.concat([plain, Buffer.alloc(600)])],
    ["garbage behind", Buffer.concat([plain, Buffer.from("garbage")])],
    ["a damaged second member", Buffer.concat([plain, gzipSync(text).fill(0xff, 20, 30)])],
    ["damaged data", Buffer.from(plain).fill(0xff, 15, 40)],
    ["no data", Buffer.alloc(0)],
  ])("%s", async (_what, bytes) => {
    const checked = await outcomeOf(inflate(inChunks(bytes, chunkBytes), "gzip"));
    const unchecked = await outcomeOf(inflateUnchecked(inChunks(bytes, chunkBytes)));
    expect(unchecked.error).toBe(checked.error);
    if (checked.error === null) expect(unchecked.bytes.equals(checked.bytes)).toBe(true);
  });
});

test("cut off anywhere it is damaged, too", async () => {
  for (let end = 0; end < plain.length; end += end < 20 || end > plain.length - 20 ? 1 : 97) {
    const cut = plain.subarray(0, end);
    const { error } = await outcomeOf(inflateUnchecked(inChunks(cut, 1000)));
    expect(error, `${end} bytes`).toBe((await outcomeOf(inflate(inChunks(cut, 1000), "gzip"))).error);
  }
});

async function* firstOf(tar: AsyncIterable<Uint8Array>) {
  for await (const chunk of tar) {
    yield chunk;
    return;
  }
}

test("leaving early closes the source", async () => {
  for (const bytes of [plain, Buffer.concat([plain, plain]), withHeader(0x80)]) {
    let closed = false;
    async function* source() {
      try {
        yield* inChunks(bytes, 100);
      } finally {
        closed = true;
      }
    }
    await outcomeOf(firstOf(inflateUnchecked(source())));
    expect(closed).toBe(true);
  }
});
