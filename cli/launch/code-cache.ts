/**
 * Loads the program's files (CommonJS, one folder) with the machine code that V8 kept of them when the same command ran
 * last. Node's own compile cache is filled before a file runs and so lacks every function that is compiled when it is first
 * called, a fifth of the time of a listing.
 */

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Script } from "node:vm";
import { crc32 } from "node:zlib";

interface LoadedFile {
  readonly script: Script;
  /** What the kept code of this run is, `null` where there was none or V8 did not take it. */
  readonly kept: Buffer | null;
}

type FileFunction = (
  exports: object,
  require: (id: string) => unknown,
  module: { exports: object },
  file: string,
  folder: string,
) => void;

/** A file of the program and what it loads, by a loader of its own as Node's cannot be given kept code. */
export class ProgramLoader {
  readonly #folder: string;
  readonly #store: CodeStore | null;
  readonly #modules = new Map<string, { exports: object }>();
  readonly #loaded = new Map<string, LoadedFile>();

  /** @param folder where the program's files are. @param store `null`: nothing is kept. */
  constructor(folder: string, store: CodeStore | null) {
    this.#folder = folder;
    this.#store = store;
  }

  /** @param name of a file in the folder. @returns what it exports. */
  require(name: string): object {
    const known = this.#modules.get(name);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    this.#modules.set(name, module);
    const file = join(this.#folder, name);
    const require = createRequire(file);
    this.#compile(name, file)(
      module.exports,
      Object.assign((id: string) => (id.startsWith("./") ? this.require(id.slice(2)) : require(id)), require),
      module,
      file,
      this.#folder,
    );
    return module.exports;
  }

  #compile(name: string, file: string): FileFunction {
    const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, "utf8")}\n})`;
    const kept = this.#store?.codeOf(name) ?? null;
    const script = new Script(source, { filename: file, ...(kept === null ? {} : { cachedData: kept }) });
    this.#loaded.set(name, { script, kept: script.cachedDataRejected === false ? kept : null });
    return script.runInThisContext();
  }

  /** Keeps the code of this run, where a file came without. To be called when the program ends. */
  keep(): void {
    if (this.#store === null || [...this.#loaded.values()].every(({ kept }) => kept !== null)) return;
    this.#store.write(
      [...this.#loaded].map(([name, { script, kept }]) => ({ name, code: kept ?? script.createCachedData() })),
    );
  }
}

/** The first line of a file of kept code; the code of all files follows. */
interface Header {
  readonly crc32: number;
  /** Name and size in bytes. */
  readonly files: readonly (readonly [string, number])[];
}

/** Kept code of all files that one command loads, in one file. */
export class CodeStore {
  readonly #file: string;
  #codes: Map<string, Buffer> | null = null;

  /**
   * @param folder of the user's own, as what is in it is run.
   * @param version of what is compiled and of what compiles: code of another is not taken.
   */
  constructor(folder: string, version: string, command: string) {
    this.#file = join(folder, version, `${command}.code`);
  }

  codeOf(name: string): Buffer | null {
    this.#codes ??= readCodes(this.#file);
    return this.#codes.get(name) ?? null;
  }

  /** Nothing is said where it cannot be written: the program only starts slower. */
  write(codes: readonly { readonly name: string; readonly code: Buffer }[]): void {
    const versionFolder = dirname(this.#file);
    const allCode = Buffer.concat(codes.map(({ code }) => code));
    const header: Header = { crc32: crc32(allCode), files: codes.map(({ name, code }) => [name, code.length]) };
    const content = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), allCode]);
    try {
      mkdirSync(versionFolder, { recursive: true, mode: 0o700 });
      replaceFile(this.#file, content);
      removeOld(dirname(versionFolder));
    } catch {}
  }
}

function readCodes(file: string): Map<string, Buffer> {
  try {
    // It is run: what another user has put there is not taken.
    if (statSync(file).uid !== process.getuid?.()) return new Map();
    const bytes = readFileSync(file);
    const headerEnd = bytes.indexOf("\n");
    const header = JSON.parse(bytes.toString("utf8", 0, headerEnd)) as Header;
    const codes = new Map<string, Buffer>();
    let offset = headerEnd + 1;
    // V8 trusts it without looking: a changed bit would end the program.
    if (crc32(bytes.subarray(offset)) !== header.crc32) return codes;
    for (const [name, sizeBytes] of header.files) {
      codes.set(name, bytes.subarray(offset, offset + sizeBytes));
      offset += sizeBytes;
    }
    return codes;
  } catch {
    return new Map();
  }
}

function replaceFile(file: string, content: Buffer): void {
  const unfinished = `${file}.${process.pid}`;
  try {
    writeFileSync(unfinished, content);
    renameSync(unfinished, file);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/** Removes what versions kept that were not written for long; others may be in use beside this one. */
function removeOld(folder: string): void {
  const oldestMs = Date.now() - 30 * 24 * 3_600_000;
  for (const name of readdirSync(folder)) {
    const version = join(folder, name);
    if (statSync(version).mtimeMs < oldestMs) rmSync(version, { recursive: true, force: true });
  }
}
