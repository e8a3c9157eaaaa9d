import { typeCode } from "../layer-columns.ts";
import { headersFunction, octalFunction, type PlainColumns, plainColumns } from "./headers-function.ts";
import { moduleBytes } from "./instructions.ts";
import { constantsBytes, roundConstants, sha256Function } from "./sha256-function.ts";

/**
 * The inner loops of scanning as a WebAssembly module, which is put together here: it has vectors, and works on the bytes
 * where they are.
 */
export interface ScanModule {
  readonly memory: Uint8Array<ArrayBuffer>;
  /** Free for messages of whoever only hashes, up to the columns. */
  readonly messagesFrom: number;
  readonly columns: PlainColumns;
  /** Where a chunk of a tar has room. */
  readonly chunkAt: number;
  readonly chunkBytes: number;
  /** As `sha256Function`. */
  hash(...places: number[]): void;
  /** As `headersFunction`. */
  headers(at: number, end: number, mostRows: number, pathStart: number, offset: number): number;
}

const pageBytes = 1 << 16;

/** What is used of the global object; Node's types leave it to those of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
  ) => {
    readonly exports: Pick<ScanModule, "hash" | "headers"> & { readonly memory: { readonly buffer: ArrayBuffer } };
  };
};

const chunkBytes = 1 << 20;
const columns = plainColumns(pageBytes);
const pages = Math.ceil((columns.end + chunkBytes) / pageBytes);
let compiled: object | null = null;

/** Each has a memory of its own. */
export function instantiateScanModule(): ScanModule {
  compiled ??= new WebAssembly.Module(
    moduleBytes(pages, [sha256Function(), octalFunction(), headersFunction(columns, typeCode)]),
  );
  const { memory, hash, headers } = new WebAssembly.Instance(compiled).exports;
  new Uint32Array(memory.buffer, 0, roundConstants.length).set(roundConstants);
  const places = { messagesFrom: constantsBytes, columns, chunkAt: columns.end, chunkBytes };
  return { memory: new Uint8Array(memory.buffer), ...places, hash, headers };
}
