import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, crc32, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { indexLayer } from "../../../../lib/layer/index-layer.ts";
import { readContent, readContents } from "../../../../lib/layer/read-content.ts";
import { openSeekFile } from "../../../../lib/layer/seek/seek-file.ts";
import { file, tar } from "../make-tar.ts";
import { indexed, temporaryFolder } from "../temporary.ts";

/** 44 files of 1 MiB, each of other words: as large as it has to be for a read to count as far into the layer. */
const fileCount = 44;
const contents = Array.from({ length: fileCount }, (_, i) => contentOf(i));
const plain = tar(...contents.map((content, i) => file(`dir/file-${i}`, content)));

function contentOf(seed: number): Buffer {
  let state = seed + 1;
  const words = Array.from({ length: 150_000 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return `w${state % 9973} `;
  });
  return Buffer.from(words.join("").slice(0, 1 << 20));
}

function inPieces(compress: (piece: Buffer) => Buffer, pieceBytes: number): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < plain.length; at += pieceBytes) pieces.push(compress(plain.subarray(at, at + pieceBytes)));
  return Buffer.concat(pieces);
}

/** One block with the fixed codes, of nothing but literals: so no stretch of it ends before the layer does. */
function gzipOfOneBlock(): Buffer {
  const body = Buffer.alloc(plain.length + 2);
  let [held, bits, at] = [0b011, 3, 0];
  for (const byte of plain) {
    const code = byte + 0x30;
    let reversed = 0;
    for (let i = 0; i < 8; i += 1) reversed |= ((code >> i) & 1) << (7 - i);
    held |= reversed << bits;
    body[at++] = held & 0xff;
    held >>= 8;
  }
  body[at++] = held;
  bits += 7;
  body[at++] = 0;
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(plain), 0);
  trailer.writeUInt32LE(plain.length, 4);
  return Buffer.concat([Buffer.from("1f8b08000000000000ff", "hex"), body.subarray(0, bits > 8 ? at : at - 1), trailer]);
}

const layers: Record<string, () => Buffer> = {
  "gzip of one member": () => gzipSync(plain, { level: 1 }),
  "gzip of members of 3 MiB": () => inPieces(piece => gzipSync(piece, { level: 1 }), 3 << 20),
  "gzip of many small members": () => inPieces(piece => gzipSync(piece, { level: 1 }), 100_000),
  "gzip with stored blocks": () => gzipSync(plain, { level: 0 }),
  "gzip of one block": gzipOfOneBlock,
  "gzip with all that compresses best": () => gzipSync(plain, { level: 1, strategy: constants.Z_RLE }),
  "zstd of one frame": () => zstdCompressSync(plain),
  "zstd of many frames": () => inPieces(piece => zstdCompressSync(piece), 700_000),
  tar: () => plain,
};

async function contentAt(layer: Awaited<ReturnType<typeof indexed>>, position: number, seekFile: string) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readContent(layer.blob, layer.index, position, { seekFile })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test.each(Object.keys(layers))(
  "%s: reads anywhere give what is there, before and after points are made",
  async name => {
    const layer = await indexed(layers[name]!());
    const seekFile = join(await temporaryFolder(), "seek", "points");
    expect((await contentAt(layer, 1, seekFile)).equals(contents[1]!)).toBe(true);
    expect(existsSync(seekFile)).toBe(false);
    for (const position of [37, 43, 36, 20, 0]) {
      expect((await contentAt(layer, position, seekFile)).equals(contents[position]!)).toBe(true);
    }
    expect(existsSync(seekFile)).toBe(name !== "tar" && name !== "gzip of one block");
    // Several at once: what lies between them is passed over.
    const read = new Map<number, Buffer[]>();
    for await (const { position, bytes } of readContents(layer.blob, layer.index, [40, 1, 22, 23], { seekFile })) {
      read.set(position, [...(read.get(position) ?? []), Buffer.from(bytes)]);
    }
    expect([...read.keys()]).toEqual([1, 22, 23, 40]);
    for (const [position, parts] of read) expect(Buffer.concat(parts).equals(contents[position]!)).toBe(true);
  },
);

describe("what is kept", () => {
  let gzip: Awaited<ReturnType<typeof indexed>>;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "klab-seek-"));
    const bytes = gzipSync(plain, { level: 1 });
    const blob = { file: join(folder, "layer"), offset: 0, sizeBytes: bytes.length };
    writeFileSync(blob.file, bytes);
    gzip = { blob, index: await indexLayer(blob, { indexFile: join(folder, "index") }) };
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(["gzip of one member", "zstd of one frame"])(
    "of %s: damaged at any place it still gives what is right, and is made again",
    async name => {
      const layer = await indexed(layers[name]!());
      const good = join(await temporaryFolder(), "good");
      const seekFile = join(await temporaryFolder(), "points");
      await contentAt(layer, 40, good);
      const whole = readFileSync(good);
      for (let step = 0; step < 12; step += 1) {
        const damaged = Buffer.from(whole);
        // The first and last bytes, where table and footer are, and some between.
        const at = step < 6 ? damaged.length - 1 - step * 37 : Math.floor((damaged.length * (step - 6)) / 6);
        damaged[at]! ^= 1 << (step % 8);
        writeFileSync(seekFile, step % 4 === 3 ? damaged.subarray(0, at) : damaged);
        expect((await contentAt(layer, 40, seekFile)).equals(contents[40]!)).toBe(true);
      }
    },
  );

  test("points of another layer are not used", async () => {
    const seekFile = join(folder, "points-of-other");
    const other = await indexed(gzipSync(Buffer.concat([file("first", "x"), plain]), { level: 1 }));
    await contentAt(other, 40, seekFile);
    expect((await contentAt(gzip, 40, seekFile)).equals(contents[40]!)).toBe(true);
    const identity = { digest: gzip.index.digest, sizeBytes: gzip.index.sizeBytes };
    const points = await openSeekFile(seekFile, identity);
    expect(points?.table.points.length).toBeGreaterThan(5);
    await points?.close();
  });

  test("is small for gzip", async () => {
    const seekFile = join(folder, "small");
    await contentAt(gzip, 43, seekFile);
    expect(statSync(seekFile).size).toBeLessThan(plain.length / 100);
  });

  test("two processes at once: both read right, and one whole file is left", async () => {
    const kept = join(folder, "shared");
    const module = (name: string) => JSON.stringify(new URL(`../../../../lib/layer/${name}.ts`, import.meta.url).href);
    const script = `
      import { createHash } from "node:crypto";
      import { indexLayer } from ${module("index-layer")};
      import { readContent } from ${module("read-content")};
      const blob = ${JSON.stringify(gzip.blob)};
      const index = await indexLayer(blob, { indexFile: ${JSON.stringify(join(folder, "index"))} });
      const chunks = [];
      for await (const chunk of readContent(blob, index, 43, { seekFile: ${JSON.stringify(join(kept, "points"))} })) chunks.push(chunk);
      process.exitCode = Buffer.concat(chunks).length === ${contents[43]!.length} ? 0 : 1;`;
    const children = [1, 2].map(() =>
      spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" }),
    );
    const statuses = await Promise.all(children.map(async child => (await once(child, "exit"))[0]));
    expect(statuses).toEqual([0, 0]);
    expect(readdirSync(kept)).toEqual(["points"]);
    expect((await contentAt(gzip, 42, join(kept, "points"))).equals(contents[42]!)).toBe(true);
  });

  test("a file that cannot be written changes nothing for the reader", async () => {
    const inTheWay = join(folder, "file");
    writeFileSync(inTheWay, "");
    expect((await contentAt(gzip, 43, join(inTheWay, "points"))).equals(contents[43]!)).toBe(true);
  });

  test("a content that is not what was indexed is told", async () => {
    const layer = await indexed(plain);
    const bytes = readFileSync(layer.blob.file);
    bytes[(layer.index.entry(5).contentOffset as number) + 1000]! ^= 1;
    writeFileSync(layer.blob.file, bytes);
    await expect(contentAt(layer, 5, join(folder, "none"))).rejects.toMatchObject({ code: "digest-mismatch" });
    expect((await contentAt(layer, 6, join(folder, "none"))).equals(contents[6]!)).toBe(true);
  });
});
