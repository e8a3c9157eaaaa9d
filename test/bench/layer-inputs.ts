import { once } from "node:events";
import { createWriteStream, existsSync, renameSync } from "node:fs";
import { createGzip } from "node:zlib";
import { dir, header, padded } from "../unit/layer/make-tar.ts";

/** Layers made for measuring, the same every time. A: 60,000 files of some 10 kB. B: 1,000,000 tiny files. */

export async function layerA(file: string): Promise<void> {
  const text = Buffer.from(pseudoText(4 << 20));
  await writeLayer(file, 60_000, i => {
    const sizeBytes = 2_000 + ((i * 7919) % 16_000);
    const start = (i * 104_729) % (text.length - sizeBytes);
    return text.subarray(start, start + sizeBytes);
  });
}

export async function layerB(file: string, entries = 1_000_000): Promise<void> {
  await writeLayer(file, entries, i => Buffer.from(i % 7 === 0 ? "" : `file ${i}\n`));
}

async function writeLayer(file: string, entries: number, contentOf: (i: number) => Buffer): Promise<void> {
  if (existsSync(file)) return;
  const gzip = createGzip({ level: 6, chunkSize: 1 << 20 });
  const output = createWriteStream(`${file}.part`);
  gzip.pipe(output);
  let members: Buffer[] = [];
  for (let i = 0; i < entries; i += 1) {
    members.push(i % 100 === 0 ? dir(`${folderOf(i)}/`) : memberOf(i, contentOf(i)));
    if (members.length < 1000) continue;
    if (!gzip.write(Buffer.concat(members))) await once(gzip, "drain");
    members = [];
  }
  gzip.end(Buffer.concat([...members, Buffer.alloc(1024)]));
  await once(output, "close");
  renameSync(`${file}.part`, file);
}

function folderOf(i: number): string {
  return `usr/lib/packages/package-${String(Math.floor(i / 100)).padStart(6, "0")}`;
}

function memberOf(i: number, content: Buffer): Buffer {
  const name = `${folderOf(i)}/module-${i % 100}.js`;
  return Buffer.concat([header({ name, size: content.length, mtime: 1_700_000_000 + i }), padded(content)]);
}

/** Words of a small language, with numbers between them: compresses about as source code does. */
function pseudoText(sizeBytes: number): string {
  let state = 1;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
  const parts: string[] = [];
  for (let length = 0; length < sizeBytes; ) {
    const part = random() % 3 === 0 ? `${random().toString(36)} ` : `word${random() % 500} `;
    parts.push(part);
    length += part.length;
  }
  return parts.join("");
}
