/**
 * SHA-256 (FIPS 180-4) of four messages at once, as a WebAssembly module that is put together here: each of the four lanes
 * of a vector has the words of one message. OpenSSL hashes one message faster, but a call of it costs more than a microsecond,
 * ten times what a small file needs.
 *
 * The module has a memory of one page and `hash(messages, blocks, digests)`: four padded messages of `blocks` × 64 bytes, one
 * behind the other, to four digests of 32 bytes.
 */

export const lanes = 4;

const constantsAt = 0;
/** Where the memory is free for messages and digests. */
export const freeMemoryFrom = 256;
export const memoryBytes = 1 << 16;

export interface Sha256Module {
  readonly memory: Uint8Array;
  hash(messages: number, blocks: number, digests: number): void;
}

/** What is used of the global object; Node's types leave it to those of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
  ) => {
    readonly exports: { readonly memory: { readonly buffer: ArrayBuffer }; readonly hash: Sha256Module["hash"] };
  };
};

export function instantiateSha256(): Sha256Module {
  const { memory, hash } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes())).exports;
  new Uint32Array(memory.buffer, constantsAt, 64).set(roundConstants);
  return { memory: new Uint8Array(memory.buffer), hash };
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n += 1) if (found.every(prime => n % prime !== 0)) found.push(n);
  return found;
}

const fractionBits = (root: number) => Math.floor((root % 1) * 2 ** 32);
const roundConstants = primes(64).map(prime => fractionBits(Math.cbrt(prime)));
const initialState = primes(8).map(prime => fractionBits(Math.sqrt(prime)));

// --- the function's code: bytes of instructions, in the order of the stack machine

type Code = readonly number[];

/** Unsigned and signed LEB128; the values here are small enough for one form of both. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

const getLocal = (index: number): Code => [0x20, index];
const setLocal = (index: number): Code => [0x21, index];
const teeLocal = (index: number): Code => [0x22, index];
const number = (value: number): Code => [0x41, ...leb(value)];
const addNumbers: Code = [0x6a];
const simd = (opcode: number, ...operands: number[]): Code => [
  0xfd,
  ...(opcode < 0x80 ? [opcode] : [opcode, 1]),
  ...operands,
];
const fourOf = (value: number): Code => [...number(value | 0), ...simd(0x11)];
const loadLane = (lane: number, offset: number): Code => simd(0x56, 0, ...offsetOf(offset), lane);
const storeLane = (lane: number, offset: number): Code => simd(0x5a, 0, ...offsetOf(offset), lane);
const loadIntoAll = (offset: number): Code => simd(0x09, 0, ...offsetOf(offset));
const xor = simd(0x51);
const choose = simd(0x52);
const add = simd(0xae);
const left = (bits: number): Code => [...number(bits), ...simd(0xab)];
const right = (bits: number): Code => [...number(bits), ...simd(0xad)];

/** Unlike numbers, offsets are unsigned. */
function offsetOf(offset: number): number[] {
  return offset < 0x80 ? [offset] : [(offset & 0x7f) | 0x80, offset >> 7];
}

// Locals: parameters, pointers to the four messages, a counter, then vectors.
const [messages, blocks, digests] = [0, 1, 2];
const pointer = (lane: number) => 3 + lane;
const round = 7;
const state = (i: number) => 8 + i;
const working = (i: number) => 16 + (i & 7);
const word = (i: number) => 24 + (i & 15);
const temporary = 40;

/** Between the big-endian words of messages and ours. */
const swapBytes: Code = [
  ...teeLocal(temporary),
  ...getLocal(temporary),
  ...simd(0x0d, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12),
];

/** Σ and σ: the exclusive or of rotations, and of one shift. */
function mixed(local: number, rotations: readonly number[], shift: number | null): Code {
  const parts = rotations.flatMap(bits => [
    [...getLocal(local), ...right(bits)],
    [...getLocal(local), ...left(32 - bits)],
  ]);
  if (shift !== null) parts.push([...getLocal(local), ...right(shift)]);
  return parts.flatMap((part, i) => (i === 0 ? part : [...part, ...xor]));
}

/** One round, with the word of message in `word(i)`; variables move by renaming. */
function roundCode(i: number): Code {
  const [a, b, c, d, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6, 7].map(name => working(name - i)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return [
    ...getLocal(h),
    ...mixed(e, [6, 11, 25], null),
    ...add,
    ...getLocal(f),
    ...getLocal(g),
    ...getLocal(e),
    ...choose,
    ...add,
    ...getLocal(round),
    ...loadIntoAll(constantsAt + 4 * i),
    ...add,
    ...getLocal(word(i)),
    ...add,
    ...setLocal(temporary),
    ...getLocal(d),
    ...getLocal(temporary),
    ...add,
    ...setLocal(d),
    ...getLocal(temporary),
    ...mixed(a, [2, 13, 22], null),
    ...add,
    // The majority: where a and b differ it is c's bit, else theirs.
    ...getLocal(c),
    ...getLocal(b),
    ...getLocal(a),
    ...getLocal(b),
    ...xor,
    ...choose,
    ...add,
    ...setLocal(h),
  ];
}

/** The word for 16 rounds later takes the place of one that is used up. */
function nextWordCode(i: number): Code {
  return [
    ...getLocal(word(i)),
    ...mixed(word(i + 1), [7, 18], 3),
    ...add,
    ...getLocal(word(i + 9)),
    ...add,
    ...mixed(word(i + 14), [17, 19], 10),
    ...add,
    ...setLocal(word(i)),
  ];
}

const each = (count: number, code: (i: number) => Code): Code =>
  Array.from({ length: count }, (_, i) => code(i)).flat();
const loop = (body: Code): Code => [0x03, 0x40, ...body, 0x0b];
const repeatIf = [0x0d, 0];

function functionCode(): Code {
  const loadWord = (i: number): Code => [
    ...getLocal(pointer(3)),
    ...getLocal(pointer(2)),
    ...getLocal(pointer(1)),
    ...getLocal(pointer(0)),
    ...fourOf(0),
    ...each(lanes, lane => loadLane(lane, 4 * i)),
    ...swapBytes,
    ...setLocal(word(i)),
  ];
  const block = [
    ...each(16, loadWord),
    ...each(8, i => [...getLocal(state(i)), ...setLocal(working(i))]),
    ...number(0),
    ...setLocal(round),
    ...each(16, roundCode),
    ...loop([
      ...getLocal(round),
      ...number(64),
      ...addNumbers,
      ...setLocal(round),
      ...each(16, i => [...nextWordCode(i), ...roundCode(i)]),
      ...getLocal(round),
      ...number(192),
      0x48,
      ...repeatIf,
    ]),
    ...each(8, i => [...getLocal(state(i)), ...getLocal(working(i)), ...add, ...setLocal(state(i))]),
    ...each(lanes, lane => [...getLocal(pointer(lane)), ...number(64), ...addNumbers, ...setLocal(pointer(lane))]),
    ...getLocal(blocks),
    ...number(-1),
    ...addNumbers,
    ...teeLocal(blocks),
    ...repeatIf,
  ];
  return [
    ...each(lanes, lane => [
      ...getLocal(messages),
      ...getLocal(blocks),
      ...number(64 * lane),
      0x6c,
      ...addNumbers,
      ...setLocal(pointer(lane)),
    ]),
    ...each(8, i => [...fourOf(initialState[i]!), ...setLocal(state(i))]),
    ...loop(block),
    ...each(8, i => [
      ...getLocal(state(i)),
      ...swapBytes,
      ...setLocal(temporary),
      ...each(lanes, lane => [...getLocal(digests), ...getLocal(temporary), ...storeLane(lane, 32 * lane + 4 * i)]),
    ]),
    0x0b,
  ];
}

/** Sections of the binary format, in its order: types, functions, memories, exports, code. */
function moduleBytes(): Uint8Array<ArrayBuffer> {
  const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];
  const name = (text: string): Code => sized([...Buffer.from(text)]);
  const [i32, v128] = [0x7f, 0x7b];
  const locals = [2, 5, i32, 33, v128];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    1,
    ...sized([1, 0x60, 3, i32, i32, i32, 0]),
    3,
    ...sized([1, 0]),
    5,
    ...sized([1, 0, 1]),
    7,
    ...sized([2, ...name("memory"), 2, 0, ...name("hash"), 0, 0]),
    10,
    ...sized([1, ...sized([...locals, ...functionCode()])]),
  ]);
}

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >> 7)];
}
