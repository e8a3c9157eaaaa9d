import { randomBytes } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { LabError } from "../../../lib/error.ts";
import { detectCompression } from "../../../lib/layer/compression.ts";
import { inflate } from "../../../lib/layer/inflate.ts";

async function* inChunks(bytes: Uint8Array, chunkBytes: number) {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

async function inflated(bytes: Uint8Array, chunkBytes = 1 << 20): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of inflate(inChunks(bytes, chunkBytes), detectCompression(bytes))) parts.push(part);
  return Buffer.concat(parts);
}

const text = Buffer.concat([Buffer.from("layer ".repeat(20_000)), randomBytes(200_000)]);
const skippable = Buffer.concat([Buffer.from([0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0]), Buffer.from("hello")]);
const emptySkippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);

test("compression is told by the first bytes", () => {
  expect(detectCompression(gzipSync("x"))).toBe("gzip");
  expect(detectCompression(zstdCompressSync("x"))).toBe("zstd");
  expect(detectCompression(skippable)).toBe("zstd");
  expect(detectCompression(Buffer.from("./a"))).toBe("none");
  expect(detectCompression(new Uint8Array(0))).toBe("none");
});

describe.each([1, 3, 1000, 1 << 20])("in chunks of %d bytes", chunkBytes => {
  const small = text.subarray(0, chunkBytes < 100 ? 5000 : text.length);
  const [head, tail] = [small.subarray(0, 3000), small.subarray(3000)];

  test.each([
    ["gzip", gzipSync(small)],
    ["several members of gzip", Buffer.concat([gzipSync(head), gzipSync(""), gzipSync(tail)])],
    ["zstd", zstdCompressSync(small)],
    ["several frames of zstd", Buffer.concat([zstdCompressSync(head), zstdCompressSync(""), zstdCompressSync(tail)])],
    [
      "zstd with frames to skip",
      Buffer.concat([skippable, zstdCompressSync(head), emptySkippable, zstdCompressSync(tail), skippable]),
    ],
    ["nothing", small],
  ])("%s gives all of it", async (_format, bytes) => {
    expect((await inflated(bytes, chunkBytes)).equals(small)).toBe(true);
  });
});

test("a small zstd frame may hold much", async () => {
  const zeros = Buffer.alloc(20 << 20);
  expect((await inflated(zstdCompressSync(zeros))).equals(zeros)).toBe(true);
});

describe.each([
  ["gzip", gzipSync(text)],
  ["zstd", zstdCompressSync(text)],
  ["zstd in frames", Buffer.concat([zstdCompressSync(text), zstdCompressSync("end")])],
])("%s that was damaged gives one clear error", (_format, bytes) => {
  const damaged = async (change: Uint8Array) => {
    const error = await inflated(change).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(LabError);
    expect((error as LabError).code).toBe("damaged");
    return (error as LabError).message;
  };

  test("cut off anywhere", async () => {
    for (const cut of [5, 20, 1000, bytes.length / 2, bytes.length - 9, bytes.length - 4, bytes.length - 1]) {
      await damaged(bytes.subarray(0, cut));
    }
  });

  test("followed by something else", async () => {
    expect(await damaged(Buffer.concat([bytes, Buffer.from("garbage")]))).toMatch(/byte/);
    await damaged(Buffer.concat([bytes, Buffer.alloc(600)]));
  });
});

test("gzip with a flipped bit is damage", async () => {
  const bytes = gzipSync(text);
  bytes[bytes.length - 5]! ^= 1;
  await expect(inflated(bytes)).rejects.toMatchObject({ code: "damaged" });
});

test("leaving early closes the source", async () => {
  for (const bytes of [gzipSync(text), zstdCompressSync(text), text]) {
    let closed = false;
    async function* source() {
      try {
        yield* inChunks(bytes, 1000);
      } finally {
        closed = true;
      }
    }
    for await (const _ of inflate(source(), detectCompression(bytes))) break;
    expect(closed).toBe(true);
  }
});
