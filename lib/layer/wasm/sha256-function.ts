import {
  branchIf,
  type Code,
  each,
  type FunctionCode,
  get,
  i32,
  isLess,
  loop,
  number,
  plus,
  set,
  simd,
  tee,
  unsigned,
  v128,
  vector,
} from "./instructions.ts";

/**
 * SHA-256 (FIPS 180-4) of four messages at once: each of the four lanes of a vector has the words of one message. OpenSSL
 * hashes one message faster, but a call of it costs more than a microsecond, ten times what a small file needs.
 *
 * `hash(message, message, message, message, blocks, digest, digest, digest, digest)`: places of four padded messages of
 * `blocks` × 64 bytes, and of four digests of 32 bytes.
 */

/** How many messages are hashed at once. */
export const sha256Lanes = 4;
const lanes = sha256Lanes;

/** The constants of the rounds stand at the start of the memory. */
const constantsAt = 0;
export const constantsBytes = 256;

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n += 1) if (found.every(prime => n % prime !== 0)) found.push(n);
  return found;
}

const fractionBits = (root: number) => Math.floor((root % 1) * 2 ** 32);
export const roundConstants = primes(64).map(prime => fractionBits(Math.cbrt(prime)));
const initialState = primes(8).map(prime => fractionBits(Math.sqrt(prime)));

const { xor, choose, addInts: add } = vector;
const left = (bits: number): Code => [number(bits), simd(0xab)];
const right = (bits: number): Code => [number(bits), simd(0xad)];
const inAllLanes = simd(0x11);
const loadIntoAllLanes = (offset: number): Code => simd(0x09, 0, unsigned(offset));
const loadLane = (lane: number, offset: number): Code => simd(0x56, 0, unsigned(offset), lane);
const storeLane = (lane: number, offset: number): Code => simd(0x5a, 0, unsigned(offset), lane);
const shuffle = (...order: number[]): Code => simd(0x0d, order);

// --- the function: its parameters, a counter, then vectors

const pointer = (lane: number) => lane;
const blocks = 4;
const digest = (lane: number) => 5 + lane;
/** Four times the number of the round. */
const round = 9;
const state = (i: number) => 10 + i;
const working = (i: number) => 18 + (i & 7);
const word = (i: number) => 26 + (i & 15);
const temporary = 42;
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
    [get(round), number(4 * 16), plus, tee(round), number(4 * 64), isLess, branchIf(0)],
  ];
  return [
    each(16, loadWord),
    each(8, i => [get(state(i)), set(working(i))]),
    [number(0), set(round), loop(sixteenRounds)],
    each(8, i => [get(state(i)), get(working(i)), add, set(state(i))]),
    each(lanes, lane => [get(pointer(lane)), number(64), plus, set(pointer(lane))]),
    [get(blocks), number(-1), plus, tee(blocks), branchIf(0)],
  ];
}

function body(): Code {
  const store = (i: number) => (lane: number) => [get(digest(lane)), get(temporary), storeLane(lane, 4 * i)];
  return [
    each(8, i => [number(initialState[i]!), inAllLanes, set(state(i))]),
    loop(blockCode()),
    each(8, i => [get(state(i)), swapBytes, set(temporary), each(lanes, store(i))]),
  ];
}

export function sha256Function(): FunctionCode {
  const locals = [[1, i32] as const, [vectorLocals, v128] as const];
  return { name: "hash", parameters: Array.from({ length: 9 }, () => i32), results: [], locals, body: body() };
}
