import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import type { BuildRecord } from "../model/build.ts";
import { parseRecord } from "../store/build-store.ts";

/** The records in a file that `export` wrote, without taking anything of it. Oldest first. @throws LabError `damaged` */
export async function recordsIn(file: string): Promise<BuildRecord[]> {
  const entries = extract();
  const reading = pipeline(createReadStream(file), createGunzip(), entries);
  reading.catch(() => undefined);
  const records: BuildRecord[] = [];
  for await (const entry of entries) {
    const id = /^builds\/([^/]+)\/build\.json$/.exec(entry.header.name)?.[1];
    const content = entry as unknown as Readable;
    if (id === undefined) content.resume();
    else records.push(parseRecord(await textOf(content), `${file}: ${entry.header.name}`, id));
  }
  await reading;
  return records.sort((one, other) => (one.id < other.id ? -1 : 1));
}

async function textOf(content: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
