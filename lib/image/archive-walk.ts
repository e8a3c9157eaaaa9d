import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import { LabError } from "../error.ts";
import { parsePaxRecords, paxText } from "../layer/pax-records.ts";
import { blockBytes, dialectOf, isZeroBlock, paddedBytes, textLength } from "../layer/tar-header.ts";
import { parseDecimal, parseNumeric } from "../layer/tar-number.ts";

/**
 * The headers of an image archive, without reading what lies between them: in comes a way to read at an offset, out come
 * names with the place of their bytes. Layers have a reader of their own; an archive has few members, with plain names.
 */

export interface ArchiveMember {
  /** Clean and relative; "" for one that would leave the archive. */
  readonly name: string;
  readonly type: "file" | "symlink" | "hardlink" | "other";
  /** Target of a link as it is written; else "". */
  readonly link: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Reads up to `lengthBytes`; fewer only at the end. */
export type ReadAt = (offset: number, lengthBytes: number) => Promise<Buffer>;

/** Images with thousands of layers do not exist; old archives have four members for each. */
const maxMembers = 100_000;
/** Of one PAX header or GNU long name. */
const maxSpecialBytes = 1 << 20;

export function readAtHandle(handle: FileHandle): ReadAt {
  return async (offset, lengthBytes) => {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(lengthBytes), 0, lengthBytes, offset);
    return buffer.subarray(0, bytesRead);
  };
}

/**
 * Yields the members in order; ends at the end mark or the end of the bytes. Stop iterating to stop reading.
 *
 * @throws LabError `damaged`, `too-large`
 */
export async function* walkArchive(read: ReadAt, where: string): AsyncGenerator<ArchiveMember, void, void> {
  let pending: Pending = {};
  let offset = 0;
  for (let members = 0; ; members += 1) {
    const block = await read(offset, blockBytes);
    if (block.length < blockBytes || isZeroBlock(block, 0)) return;
    if (members >= maxMembers) throw new LabError("too-large", `${where} has more than ${maxMembers} members`);
    const header = parseHeader(block, where, offset);
    const body = offset + blockBytes;
    if (header.special) {
      pending = { ...pending, ...(await readSpecial(header, read, body, where)) };
      offset = body + paddedBytes(header.sizeBytes);
      continue;
    }
    const sizeBytes = header.isHeaderOnly ? 0 : (pending.sizeBytes ?? header.sizeBytes);
    yield {
      name: cleanMemberName(pending.name || header.name),
      type: header.type,
      link: header.type === "file" ? "" : pending.link || header.link,
      offset: body,
      sizeBytes,
    };
    pending = {};
    offset = body + paddedBytes(sizeBytes);
  }
}

/** Relative, without `.` and `..`; "" when it leads out. */
export function cleanMemberName(name: string): string {
  const clean = path.posix.normalize(name.replace(/^\/+/, "")).replace(/\/+$/, "");
  return clean === "." || clean === ".." || clean.startsWith("../") ? "" : clean;
}

/** What PAX and GNU headers say of the member that follows. */
interface Pending {
  readonly name?: string;
  readonly link?: string;
  readonly sizeBytes?: number;
}

interface Header {
  readonly name: string;
  readonly link: string;
  readonly sizeBytes: number;
  readonly type: ArchiveMember["type"];
  /** The type letter of a header that describes the next one, or "". */
  readonly special: string;
  readonly isHeaderOnly: boolean;
}

function parseHeader(block: Buffer, where: string, offset: number): Header {
  const dialect = dialectOf(block, 0);
  const sizeBytes = parseNumeric(block, 124, 12);
  if (dialect === null || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new LabError("damaged", `${where} is damaged: no tar header at byte ${offset}`, {
      hint: "the file was cut off or changed; fetch or save it again",
    });
  }
  const prefixBytes = dialect === "ustar" ? 155 : dialect === "star" ? 131 : 0;
  const prefix = fieldText(block, 345, prefixBytes);
  const letter = block[156] === 0 ? "0" : String.fromCharCode(block[156] ?? 0);
  return {
    name: prefix === "" ? fieldText(block, 0, 100) : `${prefix}/${fieldText(block, 0, 100)}`,
    link: fieldText(block, 157, 100),
    sizeBytes,
    type: typeOf[letter] ?? "other",
    special: "xgLK".includes(letter) ? letter : "",
    isHeaderOnly: "123456".includes(letter),
  };
}

const typeOf: Readonly<Record<string, ArchiveMember["type"]>> = {
  "0": "file",
  "7": "file",
  "1": "hardlink",
  "2": "symlink",
};

function fieldText(block: Buffer, at: number, fieldBytes: number): string {
  return block.toString("utf8", at, at + textLength(block, at, fieldBytes));
}

async function readSpecial(header: Header, read: ReadAt, offset: number, where: string): Promise<Pending> {
  if (header.sizeBytes > maxSpecialBytes) {
    throw new LabError("too-large", `${where} has a header of ${header.sizeBytes} bytes at byte ${offset}`);
  }
  const body = await read(offset, header.sizeBytes);
  if (header.special === "L") return { name: untilNul(body) };
  if (header.special === "K") return { link: untilNul(body) };
  const records = parsePaxRecords(body);
  if (records === null) throw new LabError("damaged", `${where} is damaged: bad PAX header at byte ${offset}`);
  // Global headers carry comments (git archive); no tool puts names into them.
  if (header.special === "g") return {};
  const sizeBytes = parseDecimal(paxText(records, "size"));
  return {
    name: utf8(records.get("path")),
    link: utf8(records.get("linkpath")),
    ...(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0 ? { sizeBytes } : {}),
  };
}

function untilNul(body: Buffer): string {
  return utf8(body.subarray(0, textLength(body, 0, body.length)));
}

function utf8(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "" : Buffer.from(bytes).toString("utf8");
}
