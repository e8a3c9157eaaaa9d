import { open } from "node:fs/promises";
import path from "node:path";
import { LabError, messageOf } from "../error.ts";
import type { BlobLocation } from "../model/layer-index.ts";
import { type ArchiveMember, cleanMemberName, readAtHandle, walkArchive } from "./archive-walk.ts";

/** Links to links to links: no tool makes more than one. */
const maxLinks = 8;

/** An uncompressed tar on disk, its members known by name. Nothing of it is unpacked, and no file is kept open. */
export class Archive {
  readonly file: string;
  /** Why what follows the last member is not known; null when the archive came to its end. */
  readonly damage: LabError | null;
  readonly #members: ReadonlyMap<string, ArchiveMember>;
  readonly #sizeBytes: number;

  private constructor(
    file: string,
    members: ReadonlyMap<string, ArchiveMember>,
    sizeBytes: number,
    damage: LabError | null,
  ) {
    this.file = file;
    this.damage = damage;
    this.#members = members;
    this.#sizeBytes = sizeBytes;
  }

  /** An archive that is damaged somewhere can be opened: what comes before can be found. @throws LabError `too-large`, `unknown-target` */
  static async open(file: string): Promise<Archive> {
    const handle = await open(file).catch((error: unknown) => {
      throw new LabError("unknown-target", `cannot open ${file}: ${messageOf(error)}`, { cause: error });
    });
    try {
      const { size } = await handle.stat();
      const members = new Map<string, ArchiveMember>();
      let damage: LabError | null = null;
      try {
        for await (const member of walkArchive(readAtHandle(handle), file)) {
          if (member.offset + member.sizeBytes > size) damage = cutOff(file, member.name);
          // As with every tar, the last one of a name counts.
          if (member.name !== "") members.set(member.name, member);
        }
      } catch (error) {
        if (!(error instanceof LabError && error.code === "damaged")) throw error;
        damage = error;
      }
      return new Archive(file, members, size, damage);
    } finally {
      await handle.close();
    }
  }

  /**
   * Where a member's bytes are; links inside the archive are followed. Null when there is no such file in it.
   * @throws LabError `damaged` when the archive ends in the middle of it.
   */
  find(name: string): BlobLocation | null {
    let at = cleanMemberName(name);
    for (let links = 0; links <= maxLinks; links += 1) {
      const member = this.#members.get(at);
      if (member === undefined || member.type === "other") return null;
      if (member.offset + member.sizeBytes > this.#sizeBytes) throw cutOff(this.file, member.name);
      if (member.type === "file") return { file: this.file, offset: member.offset, sizeBytes: member.sizeBytes };
      const from = member.type === "symlink" ? path.posix.dirname(at) : "";
      at = cleanMemberName(path.posix.join(from, member.link));
    }
    return null;
  }
}

function cutOff(file: string, name: string): LabError {
  return new LabError("damaged", `${file} is damaged: it ends in the middle of ${JSON.stringify(name)}`, {
    hint: "the file was cut off; fetch or save it again",
  });
}
