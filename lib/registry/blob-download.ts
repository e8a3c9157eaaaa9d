import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm, statfs } from "node:fs/promises";
import path from "node:path";
import { LabError } from "../error.ts";
import { type Digest, digestOfHex } from "../model/digest.ts";
import { storeError } from "../store/store-error.ts";
import { temporaryName } from "../store/temporary-name.ts";
import type { Answer } from "./answer.ts";
import { ConnectionLoss } from "./connection-loss.ts";
import type { Transport } from "./transport.ts";

/**
 * Bytes of a registry into a file: in comes a way to ask for them from an offset on, out goes a file with exactly the
 * expected digest and size, or nothing. They are written beside the target under a temporary name and renamed when they
 * are right. A connection that breaks is taken up where it broke (RFC 9110, section 14).
 */

export interface ExpectedBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes of this blob that are there by now. Falls back when the registry makes us start over. */
  readonly onProgress?: ((doneBytes: number) => void) | undefined;
}

/** Asks for the blob's bytes from an offset on; the answer is 200 or 206. Tries again by itself. */
export type OpenBlob = (fromBytes: number) => Promise<Answer>;

/** However little each connection brings: after this many the registry is not worth more. */
const maxConnections = 200;

/**
 * @throws LabError `digest-mismatch`, `disk-full`, `cache-not-writable`, `cancelled`, and what `openBlob` throws.
 * @throws ConnectionLoss when several connections in a row brought nothing.
 */
export async function downloadBlobTo(
  file: string,
  expected: ExpectedBlob,
  openBlob: OpenBlob,
  transport: Transport,
  options: DownloadOptions = {},
): Promise<void> {
  const partial = await PartialFile.create(file, expected.sizeBytes);
  try {
    await fill(partial, expected, openBlob, transport, options);
    const found = partial.digest();
    if (found !== expected.digest) throw wrongBytes(expected, `their digest is ${found}`);
    await partial.moveTo(file);
  } catch (error) {
    await partial.discard();
    throw error;
  }
}

async function fill(
  partial: PartialFile,
  expected: ExpectedBlob,
  openBlob: OpenBlob,
  transport: Transport,
  { signal, onProgress }: DownloadOptions,
): Promise<void> {
  let fruitless = 0;
  let mostBytes = 0;
  for (let connections = 1; ; connections += 1) {
    const loss = await receive(partial, expected, openBlob, onProgress);
    if (loss === null) return;
    fruitless = partial.sizeBytes > mostBytes ? 0 : fruitless + 1;
    mostBytes = Math.max(mostBytes, partial.sizeBytes);
    if (fruitless >= transport.attempts || connections >= maxConnections) throw loss;
    await transport.backOff(fruitless + 1, signal);
  }
}

/** One connection. Null when the blob is complete. */
async function receive(
  partial: PartialFile,
  expected: ExpectedBlob,
  openBlob: OpenBlob,
  onProgress: ((doneBytes: number) => void) | undefined,
): Promise<ConnectionLoss | null> {
  const answer = await openBlob(partial.sizeBytes);
  try {
    checkPromisedSize(answer, expected);
    if (!continuesAt(answer, partial.sizeBytes)) await partial.startOver();
    for await (const part of answer.body()) {
      if (partial.sizeBytes + part.length > expected.sizeBytes) throw wrongBytes(expected, "they are too many");
      await partial.append(part);
      onProgress?.(partial.sizeBytes);
    }
    if (partial.sizeBytes === expected.sizeBytes) return null;
    return new ConnectionLoss("it sent fewer bytes than it promised", "ECONNRESET");
  } catch (error) {
    if (error instanceof ConnectionLoss) return error;
    throw error;
  } finally {
    await answer.discard();
  }
}

/** A registry that has another blob than the manifest names says so here: asking again would bring the same. */
function checkPromisedSize({ status, headers }: Answer, expected: ExpectedBlob): void {
  const length = headers.get("content-length");
  if (status !== 200 || length === null || headers.has("content-encoding")) return;
  if (Number(length) !== expected.sizeBytes)
    throw wrongBytes(expected, `they are ${length} instead of ${expected.sizeBytes}`);
}

/** Whether the answer goes on where we stopped. Anything else starts over: a server may ignore `Range`. */
function continuesAt(answer: Answer, fromBytes: number): boolean {
  if (answer.status !== 206) return fromBytes === 0;
  const start = /^bytes (\d+)-/.exec(answer.headers.get("content-range") ?? "")?.[1];
  if (Number(start) === fromBytes) return true;
  throw new ConnectionLoss("it sent another part than it was asked for", "ECONNRESET");
}

function wrongBytes(expected: ExpectedBlob, why: string): LabError {
  return new LabError("digest-mismatch", `the bytes received for ${expected.digest} are wrong: ${why}`, {
    hint: "the registry, a mirror or a proxy in between delivers something else; nothing of it was kept",
  });
}

class PartialFile {
  sizeBytes = 0;
  readonly #file: string;
  readonly #handle: FileHandle;
  #hash = createHash("sha256");

  private constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  static async create(target: string, sizeBytes: number): Promise<PartialFile> {
    const folder = path.dirname(target);
    const file = path.join(folder, temporaryName());
    try {
      await mkdir(folder, { recursive: true });
      await checkSpace(folder, sizeBytes);
      return new PartialFile(file, await open(file, "wx"));
    } catch (error) {
      throw storeError(error, file);
    }
  }

  async append(part: Uint8Array): Promise<void> {
    try {
      // At an explicit place, so that starting over needs no seek.
      await writeAll(this.#handle, part, this.sizeBytes);
    } catch (error) {
      throw storeError(error, this.#file);
    }
    this.#hash.update(part);
    this.sizeBytes += part.length;
  }

  async startOver(): Promise<void> {
    await this.#handle.truncate(0);
    this.#hash = createHash("sha256");
    this.sizeBytes = 0;
  }

  /** Of what was appended; once only. */
  digest(): Digest {
    return digestOfHex(this.#hash.digest("hex"));
  }

  async moveTo(target: string): Promise<void> {
    await this.#handle.close();
    await rename(this.#file, target);
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await rm(this.#file, { force: true }).catch(() => {});
  }
}

/** A stated size that cannot fit is refused before the disk is filled with it. */
async function checkSpace(folder: string, sizeBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (sizeBytes <= bavail * bsize) return;
  throw new LabError("disk-full", `no space in ${folder} for a layer of ${sizeBytes} bytes`, {
    hint: "free some space, or choose another folder with --cache-dir",
  });
}

async function writeAll(handle: FileHandle, part: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < part.length; ) {
    const { bytesWritten } = await handle.write(part, done, part.length - done, position + done);
    done += bytesWritten;
  }
}
