import { appendFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import type { LabError } from "../../../lib/error.ts";
import { defaultLimits, type LayerLimits } from "../../../lib/layer/limits.ts";
import { scanLayer } from "../../../lib/layer/scan-layer.ts";
import { header, tar } from "./make-tar.ts";
import { temporaryFolder } from "./temporary.ts";

/**
 * Small files that stand for enormous tars: each must end in one error, long before its end, and take no memory to speak of.
 * The limits are made smaller here, so that a test takes no minutes; the program's own are in `limits.ts`.
 */

const mebibyte = 2 ** 20;

async function told(write: (file: string) => void, limits: Partial<LayerLimits>): Promise<LabError> {
  const file = path.join(await temporaryFolder(), "bomb");
  write(file);
  const blob = { file, offset: 0, sizeBytes: statSync(file).size };
  const before = process.memoryUsage().rss;
  const error = await scanLayer(blob, { limits: { ...defaultLimits, ...limits } }).then(
    () => expect.fail("was read to its end"),
    (thrown: LabError) => thrown,
  );
  expect(process.memoryUsage().rss - before).toBeLessThan(400 * mebibyte);
  return error;
}

/** A zstd frame of blocks that are one byte, said to come 128 KiB times (RFC 8878, 3.1.1.2.2): four bytes each. */
function zerosInZstd(sizeBytes: number): Buffer {
  const blockBytes = 128 * 1024;
  const count = Math.floor(sizeBytes / blockBytes);
  const blocks = Buffer.alloc(count * 4);
  for (let at = 0; at < count; at += 1)
    blocks.writeUIntLE((blockBytes << 3) | (1 << 1) | (at === count - 1 ? 1 : 0), at * 4, 3);
  // Magic, no content size, a window of 128 KiB.
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]), blocks]);
}

const hugeFile = header({ name: "zeros", size: 8 ** 11 - 1 });

test("three megabytes of zstd that are a hundred gigabytes", async () => {
  const write = (file: string) => {
    writeFileSync(file, zstdCompressSync(hugeFile));
    appendFileSync(file, zerosInZstd(100e9));
  };
  const error = await told(write, { tarBytes: 1024 * mebibyte });
  expect(error).toMatchObject({
    code: "too-large",
    exitStatus: 5,
    message: expect.stringMatching(/at byte \d+ of the tar/),
  });
});

test("gzip that inflates a thousand times, beyond what is allowed without question", async () => {
  const zeros = gzipSync(Buffer.alloc(64 * mebibyte));
  const write = (file: string) => {
    writeFileSync(file, gzipSync(hugeFile));
    for (let member = 0; member < 100; member += 1) appendFileSync(file, zeros);
  };
  const error = await told(write, { unsuspectedBytes: 512 * mebibyte });
  expect(error).toMatchObject({ code: "too-large", message: expect.stringContaining("stored bytes inflate too far") });
});

test("as many empty entries as fit", async () => {
  const thousand = zstdCompressSync(Buffer.concat(Array.from({ length: 1000 }, (_, at) => header({ name: `${at}` }))));
  const write = (file: string) => {
    for (let part = 0; part < 2000; part += 1) appendFileSync(file, thousand);
  };
  const error = await told(write, { entries: 300_000 });
  expect(error).toMatchObject({
    code: "too-large",
    message: expect.stringContaining("entries: more than 300000 at byte"),
  });
});

test.each([
  ["a PAX header", "x"],
  ["a global PAX header", "g"],
  ["a long name", "L"],
  ["a long link", "K"],
])("%s of a gigabyte", async (_what, type) => {
  const error = await told(file => writeFileSync(file, gzipSync(tar(header({ name: "x", type, size: 2 ** 30 })))), {});
  expect(error).toMatchObject({ code: "too-large", message: expect.stringContaining("at byte 0 of the tar") });
});

test("sizes that lie: more than there is, and more than any number", async () => {
  const base256 = Buffer.concat([Buffer.from([0x80]), Buffer.alloc(3), Buffer.alloc(8, 0x7f)]);
  for (const block of [header({ name: "f", size: 8 ** 11 - 1 }), header({ name: "f", raw: { 124: base256 } })]) {
    const error = await told(file => writeFileSync(file, gzipSync(tar(block))), {});
    expect(error).toMatchObject({ code: "damaged", message: expect.stringMatching(/at byte \d+ of the tar/) });
  }
});
