/** Bytes of WebAssembly, put together at run time: its instructions by name, and the sections of a module. */

/** Bytes of instructions in their order, nested as they are put together. */
export type Code = readonly (number | Code)[];

export function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, unsigned(value >>> 7)];
}

function signed(value: bigint): Code {
  return value >= -0x40n && value < 0x40n
    ? [Number(value & 0x7fn)]
    : [Number(value & 0x7fn) | 0x80, signed(value >> 7n)];
}

export const flat = (code: Code): number[] => (code as readonly unknown[]).flat(Number.POSITIVE_INFINITY) as number[];

export function sized(code: Code): Code {
  const bytes = flat(code);
  return [unsigned(bytes.length), bytes];
}

export const each = (count: number, code: (i: number) => Code): Code =>
  Array.from({ length: count }, (_, i) => code(i));

// --- types

export const i32 = 0x7f;
export const i64 = 0x7e;
export const f64 = 0x7c;
export const v128 = 0x7b;

// --- the stack machine

export const simd = (opcode: number, ...operands: Code): Code => [0xfd, unsigned(opcode), operands];
export const get = (local: number): Code => [0x20, local];
export const set = (local: number): Code => [0x21, local];
export const tee = (local: number): Code => [0x22, local];
export const number = (value: number): Code => [0x41, signed(BigInt(value | 0))];
export const longNumber = (value: bigint): Code => [0x42, signed(BigInt.asIntN(64, value))];

export const block = (body: Code): Code => [0x02, 0x40, body, 0x0b];
export const loop = (body: Code): Code => [0x03, 0x40, body, 0x0b];
export const when = (body: Code): Code => [0x04, 0x40, body, 0x0b];
/** Leaves so many blocks around this place; of a loop it is the start that is gone to. */
export const branch = (depth: number): Code => [0x0c, depth];
export const branchIf = (depth: number): Code => [0x0d, depth];
export const result: Code = [0x0f];
export const call = (functionNumber: number): Code => [0x10, functionNumber];

// Numbers may lie at any place: the alignment is only a hint.
export const loadByte = (offset: number): Code => [0x2d, 0, unsigned(offset)];
export const loadInt = (offset: number): Code => [0x28, 0, unsigned(offset)];
export const loadLong = (offset: number): Code => [0x29, 0, unsigned(offset)];
export const storeByte = (offset: number): Code => [0x3a, 0, unsigned(offset)];
export const storeShort = (offset: number): Code => [0x3b, 0, unsigned(offset)];
export const storeInt = (offset: number): Code => [0x36, 0, unsigned(offset)];
export const storeFloat = (offset: number): Code => [0x39, 0, unsigned(offset)];
/** Takes a place, a byte and how many of it. */
export const fillBytes: Code = [0xfc, 0x0b, 0];

/** The first of two values when the third is not 0, else the second. */
export const select = 0x1b;
export const isZero = 0x45;
export const equal = 0x46;
export const notEqual = 0x47;
export const isLess = 0x48;
export const isLessUnsigned = 0x49;
export const isGreater = 0x4a;
export const plus = 0x6a;
export const minus = 0x6b;
export const times = 0x6c;
export const and = 0x71;
export const or = 0x72;
export const shiftLeft = 0x74;
export const shiftRight = 0x76;

export const long = { equal: 0x51, isLess: 0x53, isGreater: 0x55, or: 0x84, shiftLeft: 0x86 } as const;
export const longOfInt = 0xad;
export const intOfLong = 0xa7;
export const floatOfLong = 0xb9;
export const floatOfInt = 0xb8;
export const addFloats = 0xa0;

export const vector = {
  load: (offset: number): Code => simd(0x00, 0, unsigned(offset)),
  constant: (bytes: readonly number[]): Code => simd(0x0c, ...bytes),
  equalBytes: simd(0x23),
  allTrue: simd(0x63),
  xor: simd(0x51),
  /** Bits of the first vector where the third has ones, else of the second. */
  choose: simd(0x52),
  /** Sums of pairs of bytes, as eight numbers; of pairs of those, as four. */
  sumBytes: simd(0x7d),
  sumShorts: simd(0x7f),
  addShorts: simd(0x8e),
  addInts: simd(0xae),
  int: (lane: number): Code => simd(0x1b, lane),
} as const;

// --- the module

export interface FunctionCode {
  readonly name: string;
  readonly parameters: readonly number[];
  readonly results: readonly number[];
  /** How many of which type, behind the parameters. */
  readonly locals: readonly (readonly [count: number, type: number])[];
  readonly body: Code;
}

/** The sections of the binary format, in its order: a memory of so many pages, and functions; all are exported. */
export function moduleBytes(pages: number, functions: readonly FunctionCode[]): Uint8Array<ArrayBuffer> {
  const list = (items: readonly Code[]): Code => sized([unsigned(items.length), items]);
  const name = (text: string): Code => sized([...Buffer.from(text)]);
  const sections: Code = [
    [1, list(functions.map(of => [0x60, of.parameters.length, of.parameters, of.results.length, of.results]))],
    [3, list(functions.map((_, i) => [i]))],
    [5, list([[0, unsigned(pages)]])],
    [7, list([[name("memory"), 2, 0], ...functions.map((of, i): Code => [name(of.name), 0, i])])],
    [10, list(functions.map(of => sized([of.locals.length, of.locals, of.body, 0x0b])))],
  ];
  return Uint8Array.from(flat([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, sections]));
}
