/** What an ELF program needs to start: read from the first bytes of its file. */

export interface ElfProgram {
  /** `e_machine`: 62 is x86-64, 183 is arm64. */
  readonly machine: number;
  /** The loader that it names (PT_INTERP); null for a static program. */
  readonly interpreter: string | null;
}

const elfMagic = Buffer.from("\x7fELF", "latin1");
const programInterpreter = 3;

/** Null for what is no ELF file, and where the headers lie beyond the given bytes. */
export function parseElf(head: Buffer): ElfProgram | null {
  if (head.length < 64 || !head.subarray(0, 4).equals(elfMagic)) return null;
  const wide = head[4] === 2;
  const little = head[5] === 1;
  const u16 = (at: number): number => (little ? head.readUInt16LE(at) : head.readUInt16BE(at));
  const u32 = (at: number): number => (little ? head.readUInt32LE(at) : head.readUInt32BE(at));
  const word = (at: number): number =>
    wide ? Number(little ? head.readBigUInt64LE(at) : head.readBigUInt64BE(at)) : u32(at);
  try {
    const tableAt = word(wide ? 32 : 28);
    const entryBytes = u16(wide ? 54 : 42);
    const entries = u16(wide ? 56 : 44);
    for (let index = 0; index < entries; index += 1) {
      const at = tableAt + index * entryBytes;
      if (u32(at) !== programInterpreter) continue;
      const nameAt = word(at + (wide ? 8 : 4));
      const end = nameAt + word(at + (wide ? 32 : 16));
      if (end > head.length) return null;
      return { machine: u16(18), interpreter: head.toString("utf8", nameAt, end).replace(/\0.*$/s, "") };
    }
    return { machine: u16(18), interpreter: null };
  } catch {
    return null;
  }
}
