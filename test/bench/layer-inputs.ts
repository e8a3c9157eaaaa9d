import { once } from "node:events";
import { createWriteStream, existsSync, renameSync } from "node:fs";
import { createGzip } from "node:zlib";
import { dir, header, padded } from "../unit/layer/make-tar.ts";
import { sourceText } from "./source-text.ts";

/** Layers made for measuring, the same every time. They are kept: the large ones take a minute. */

/** A: files of some 10 kB, like a cache of modules. With 60,000 entries it is a tar of 640 MB. */
export async function sourceLayer(file: string, entries = 60_000): Promise<void> {
  if (existsSync(file)) return;
  const text = Buffer.from(sourceText(8 << 20));
  await writeLayer(file, entries, i => {
    const sizeBytes = 2_000 + ((i * 7919) % 16_000);
    const start = (i * 104_729) % (text.length - sizeBytes);
    return text.subarray(start, start + sizeBytes);
  });
}

/**
 * B: tiny files, by default a million.
 * @param changed of every so many files one has another content; 0: none
 */
export async function tinyFilesLayer(file: string, entries = 1_000_000, changed = 0): Promise<void> {
  if (existsSync(file)) return;
  await writeLayer(file, entries, i => {
    if (changed > 0 && i % changed === 0) return Buffer.from(`changed ${i}\n`);
    return Buffer.from(i % 7 === 0 ? "" : `file ${i}\n`);
  });
}

async function writeLayer(file: string, entries: number, contentOf: (i: number) => Buffer): Promise<void> {
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
