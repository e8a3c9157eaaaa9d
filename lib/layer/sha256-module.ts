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

// --- instructions of the stack machine

/** Bytes of instructions in their order, nested as they are put together. */
type Code = readonly (number | Code)[];

function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, signed(value >> 7)];
}

const simd = (opcode: number, ...operands: Code): Code => [0xfd, unsigned(opcode), operands];
const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const tee = (local: number): Code => [0x22, local];
const number = (value: number): Code => [0x41, signed(value | 0)];
const plus = 0x6a;
const times = 0x6c;
const isLess = 0x48;
const loop = (body: Code): Code => [0x03, 0x40, body, 0x0b];
const repeatIf: Code = [0x0d, 0];
const end = 0x0b;

const xor = simd(0x51);
/** Bits of the first vector where the third has ones, else of the second. */
const choose = simd(0x52);
const add = simd(0xae);
const left = (bits: number): Code => [number(bits), simd(0xab)];
const right = (bits: number): Code => [number(bits), simd(0xad)];
const inAllLanes = simd(0x11);
const loadIntoAllLanes = (offset: number): Code => simd(0x09, 0, unsigned(offset));
const loadLane = (lane: number, offset: number): Code => simd(0x56, 0, unsigned(offset), lane);
const storeLane = (lane: number, offset: number): Code => simd(0x5a, 0, unsigned(offset), lane);
const shuffle = (...order: number[]): Code => simd(0x0d, order);

const each = (count: number, code: (i: number) => Code): Code => Array.from({ length: count }, (_, i) => code(i));

// --- the function: three parameters, pointers to the messages, a counter, then vectors

const [messages, blocks, digests] = [0, 1, 2];
const pointer = (lane: number) => 3 + lane;
/** Four times the number of the round. */
const round = 7;
const state = (i: number) => 8 + i;
const working = (i: number) => 16 + (i & 7);
const word = (i: number) => 24 + (i & 15);
const temporary = 40;
const numberLocals = 5;
const vectorLocals = 33;

/** Messages and digests have their words with the highest byte first. */
const swapBytes: Code = [tee(temporary), get(temporary), shuffle(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)];

/** Σ and σ: the exclusive or of rotations, and of one shift. */
function mixed(local: number, rotations: readonly number[], shift: number | null = null): Code {
  const rotated = rotations.map(bits => [get(local), right(bits), get(local), left(32 - bits), xor]);
  const parts: Code[] = shift === null ? rotated : [...rotated, [get(local), right(shift)]];
  return parts.map((part, i) => (i === 0 ? part : [part, xor]));
}

/** One round with the words in `word(i)`; variables move by renaming. */
function roundCode(i: number): Code {
  const named = (name: number) => working(name - i);
  const [a, b, c, d] = [named(0), named(1), named(2), named(3)];
  const [e, f, g, h] = [named(4), named(5), named(6), named(7)];
  const firstSum: Code = [
    [get(h), mixed(e, [6, 11, 25]), add],
    [get(f), get(g), get(e), choose, add],
    [get(round), loadIntoAllLanes(constantsAt + 4 * i), add],
    [get(word(i)), add],
  ];
  // Where a and b differ the majority is c's bit, else theirs.
  const majority: Code = [get(c), get(b), get(a), get(b), xor, choose];
  return [
    [firstSum, set(temporary)],
    [get(d), get(temporary), add, set(d)],
    [get(temporary), mixed(a, [2, 13, 22]), add, majority, add, set(h)],
  ];
}

/** The word for 16 rounds later takes the place of one that is used up. */
function nextWordCode(i: number): Code {
  const recent: Code = [
    mixed(word(i + 1), [7, 18], 3),
    add,
    get(word(i + 9)),
    add,
    mixed(word(i + 14), [17, 19], 10),
    add,
  ];
  return [get(word(i)), recent, set(word(i))];
}

function blockCode(): Code {
  const loadWord = (i: number): Code => [
    each(lanes, lane => get(pointer(lanes - 1 - lane))),
    [number(0), inAllLanes],
    [each(lanes, lane => loadLane(lane, 4 * i)), swapBytes, set(word(i))],
  ];
  const sixteenRounds: Code = [
    each(16, roundCode),
    each(16, nextWordCode),
    [get(round), number(4 * 16), plus, tee(round), number(4 * 64), isLess, repeatIf],
  ];
  return [
    each(16, loadWord),
    each(8, i => [get(state(i)), set(working(i))]),
    [number(0), set(round), loop(sixteenRounds)],
    each(8, i => [get(state(i)), get(working(i)), add, set(state(i))]),
    each(lanes, lane => [get(pointer(lane)), number(64), plus, set(pointer(lane))]),
    [get(blocks), number(-1), plus, tee(blocks), repeatIf],
  ];
}

function functionCode(): Code {
  const start = (lane: number): Code => [get(messages), get(blocks), number(64 * lane), times, plus];
  const store = (i: number) => (lane: number) => [get(digests), get(temporary), storeLane(lane, 32 * lane + 4 * i)];
  return [
    each(lanes, lane => [start(lane), set(pointer(lane))]),
    each(8, i => [number(initialState[i]!), inAllLanes, set(state(i))]),
    loop(blockCode()),
    each(8, i => [get(state(i)), swapBytes, set(temporary), each(lanes, store(i))]),
    end,
  ];
}

/** The sections of the binary format, in its order. */
function moduleBytes(): Uint8Array<ArrayBuffer> {
  const [i32, v128] = [0x7f, 0x7b];
  const locals = [2, numberLocals, i32, vectorLocals, v128];
  const types = [1, 0x60, 3, i32, i32, i32, 0];
  const exported = [2, name("memory"), 2, 0, name("hash"), 0, 0];
  const code = [1, sized([locals, functionCode()])];
  const sections = [
    [1, sized(types)],
    [3, sized([1, 0])],
    [5, sized([1, 0, 1])],
    [7, sized(exported)],
    [10, sized(code)],
  ];
  return Uint8Array.from(flat([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, sections]));
}

const flat = (code: Code): number[] => (code as readonly unknown[]).flat(Number.POSITIVE_INFINITY) as number[];

function sized(code: Code): Code {
  const bytes = flat(code);
  return [unsigned(bytes.length), bytes];
}

function name(text: string): Code {
  return sized([...Buffer.from(text)]);
}
