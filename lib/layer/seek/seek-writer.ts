import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { constants, zstdCompress } from "node:zlib";
import { errnoOf } from "../../error.ts";
import { temporaryName } from "../../store/temporary-name.ts";
import {
  encodeSeekTable,
  largestPayloadBytes,
  openSeekFile,
  type SeekFile,
  type SeekIdentity,
  type SeekPoint,
} from "./seek-file.ts";

/** All files of points together; those used longest ago go first. */
const folderLimitBytes = 4 * 2 ** 30;

/** A copy of a hostile layer could be much larger than the layer; and a disk that is nearly full is left alone. */
async function fileLimitBytes(folder: string, identity: SeekIdentity): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return Math.min(2 * identity.sizeBytes + 64 * 2 ** 20, (bavail * bsize) / 4, folderLimitBytes);
}

const compressOptions = () => ({
  chunkSize: largestPayloadBytes,
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
});
const mostWaiting = 4;

/**
 * Takes further points and makes a new file with them and those that were there: under a temporary name, renamed when it is
 * whole. Points only save time: where they cannot be written, none are, and nobody is told.
 */
export class SeekWriter {
  readonly #file: string;
  readonly #identity: SeekIdentity;
  readonly #points: SeekPoint[];
  readonly #kept: SeekFile | null;
  #tarEnd: number;
  /** Compressed on Node's threads, written in order. */
  #waiting: { readonly tarStart: number; readonly storedBit: number; readonly payload: Promise<Buffer> }[] = [];
  #temporary: { readonly name: string; readonly handle: FileHandle } | null = null;
  #size = 0;
  #limitBytes = 0;
  #failed = false;
  #added = 0;

  constructor(file: string, identity: SeekIdentity, kept: SeekFile | null) {
    this.#file = file;
    this.#identity = identity;
    this.#kept = kept;
    this.#points = [...(kept?.table.points ?? [])];
    this.#tarEnd = kept?.table.tarEnd ?? 0;
  }

  /** How far the points reach, those that were added included. */
  get tarEnd(): number {
    return this.#tarEnd;
  }

  /** @param tarEnd how far the tar can be reached with it. */
  async add(point: Pick<SeekPoint, "tarStart" | "storedBit">, payload: Uint8Array, tarEnd: number): Promise<void> {
    this.#tarEnd = tarEnd;
    if (this.#failed) return;
    this.#added += 1;
    const compressed =
      payload.length === 0 ? Promise.resolve(Buffer.alloc(0)) : promisify(zstdCompress)(payload, compressOptions());
    this.#waiting.push({ ...point, payload: compressed });
    if (this.#waiting.length > mostWaiting) await this.#unlessItFails(() => this.#writeNext());
  }

  /** Gives the file its name, if there is anything new. */
  async finish(): Promise<void> {
    if (this.#added === 0) return;
    await this.#unlessItFails(async () => {
      while (this.#waiting.length > 0) await this.#writeNext();
      if (await this.#isThereAlready()) return this.#discard();
      const { name, handle } = await this.#open();
      await this.#write(encodeSeekTable({ points: this.#points, tarEnd: this.#tarEnd }, this.#identity));
      await handle.close();
      await rename(name, this.#file);
      this.#temporary = null;
      await boundFolder(dirname(this.#file), this.#file);
    });
  }

  /** Another process, or another reader, came as far. */
  async #isThereAlready(): Promise<boolean> {
    const other = await openSeekFile(this.#file, this.#identity);
    await other?.close();
    return other !== null && other.table.tarEnd >= this.#tarEnd;
  }

  async #unlessItFails(act: () => Promise<void>): Promise<void> {
    if (this.#failed) return;
    try {
      await act();
    } catch (error) {
      this.#failed = true;
      await Promise.allSettled(this.#waiting.splice(0).map(({ payload }) => payload));
      await this.#discard();
      if (errnoOf(error) === undefined && !(error instanceof TooLargeToKeep)) throw error;
    }
  }

  async #writeNext(): Promise<void> {
    const { tarStart, storedBit, payload } = this.#waiting.shift()!;
    const bytes = await payload;
    await this.#open();
    this.#points.push({ tarStart, storedBit, payloadOffset: this.#size, payloadBytes: bytes.length });
    await this.#write(bytes);
  }

  async #open(): Promise<{ name: string; handle: FileHandle }> {
    if (this.#temporary !== null) return this.#temporary;
    await mkdir(dirname(this.#file), { recursive: true });
    this.#limitBytes = await fileLimitBytes(dirname(this.#file), this.#identity);
    const name = join(dirname(this.#file), temporaryName());
    this.#temporary = { name, handle: await open(name, "wx") };
    await this.#copyKept();
    return this.#temporary;
  }

  async #copyKept(): Promise<void> {
    const last = this.#kept?.table.points.at(-1);
    const end = last === undefined ? 0 : last.payloadOffset + last.payloadBytes;
    for (let at = 0; at < end; at += largestPayloadBytes) {
      await this.#write(await this.#kept!.storedPayloads(at, Math.min(end, at + largestPayloadBytes)));
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#size + bytes.length > this.#limitBytes) throw new TooLargeToKeep();
    await this.#temporary!.handle.writeFile(bytes);
    this.#size += bytes.length;
  }

  async #discard(): Promise<void> {
    const temporary = this.#temporary;
    this.#temporary = null;
    if (temporary === null) return;
    await temporary.handle.close().catch(() => {});
    await rm(temporary.name, { force: true }).catch(() => {});
  }
}

class TooLargeToKeep extends Error {}

async function boundFolder(folder: string, newest: string): Promise<void> {
  const files = await Promise.all(
    (await readdir(folder)).map(async name => {
      const file = join(folder, name);
      const found = await stat(file).catch(() => null);
      return { file, sizeBytes: found?.size ?? 0, usedMs: found?.mtimeMs ?? 0 };
    }),
  );
  let sum = files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  for (const { file, sizeBytes } of files.sort((one, other) => one.usedMs - other.usedMs)) {
    if (sum <= folderLimitBytes) return;
    if (file === newest) continue;
    await rm(file, { force: true });
    sum -= sizeBytes;
  }
}
