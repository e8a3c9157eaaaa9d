import {
  addFloats,
  and,
  block,
  branch,
  branchIf,
  type Code,
  call,
  each,
  equal,
  type FunctionCode,
  f64,
  fillBytes,
  floatOfInt,
  floatOfLong,
  get,
  i32,
  i64,
  intOfLong,
  isGreater,
  isLess,
  isLessUnsigned,
  isZero,
  loadByte,
  loadInt,
  loadLong,
  long,
  longNumber,
  longOfInt,
  loop,
  minus,
  notEqual,
  number,
  or,
  plus,
  result,
  select,
  set,
  shiftLeft,
  shiftRight,
  storeByte,
  storeFloat,
  storeInt,
  storeShort,
  tee,
  times,
  v128,
  vector,
  when,
} from "./instructions.ts";

/**
 * Reads tar headers of the plainest kind, as nearly all of a layer are: files whose content is at hand, and folders, in the
 * dialects of POSIX and GNU, with numbers in octal digits, a clean name that needs no prefix, and the owner of the entry
 * before. At any other header it stops, so that it needs to know nothing of errors, extensions and old dialects.
 *
 * `headers(at, end, mostRows, pathStart, offset)`: reads the headers from `at` on, in the memory below `end`; `pathStart` is
 * that of the first path, `offset` what is added to a place in memory to get that in the tar. Gives where it stopped, rows in
 * `columns`, and the contents of small files padded as messages for SHA-256.
 */

/** The rows of one call, at most. */
export const mostRows = 1024;
const longestPath = 100;
const blockBytes = 512;

/** Where a column stands in memory; each begins at a multiple of 8. */
export interface PlainColumns {
  /** 16 bytes: uid and gid, as they stand in the header, that are taken to be known. */
  readonly owner: number;
  /** How many rows there are, and where their paths end in memory. */
  readonly rowCount: number;
  readonly pathsEnd: number;
  readonly pathStarts: number;
  readonly kinds: number;
  readonly modes: number;
  readonly sizes: number;
  readonly mtimes: number;
  readonly contentOffsets: number;
  /** Where the content is in memory. */
  readonly contents: number;
  /** How many blocks of SHA-256 the content has; 0 when it is none, or not padded. */
  readonly hashBlocks: number;
  /** 32 bytes for each row, which are not written here. */
  readonly digests: number;
  /** Each with a NUL behind it. */
  readonly paths: number;
  readonly end: number;
}

export function plainColumns(from: number): PlainColumns {
  let end = from;
  const column = (rowBytes: number, rows = mostRows) => {
    const start = end;
    end = Math.ceil((end + rowBytes * rows) / 8) * 8;
    return start;
  };
  return {
    owner: column(16, 1),
    rowCount: column(4, 1),
    pathsEnd: column(4, 1),
    pathStarts: column(4),
    kinds: column(1),
    modes: column(2),
    sizes: column(8),
    mtimes: column(8),
    contentOffsets: column(8),
    contents: column(4),
    hashBlocks: column(1),
    digests: column(32),
    paths: column(longestPath + 1),
    end,
  };
}

// --- octal(at, length): the value of digits that a NUL or the end of the field follows; -1 for anything else

export const octalNumber = 1;

export function octalFunction(): FunctionCode {
  const [at, length, start, byte, value] = [0, 1, 2, 3, 4];
  const body: Code = [
    [get(at), set(start)],
    loop([
      [get(at), get(start), minus, get(length), equal, when([get(value), result])],
      [get(at), loadByte(0), number(0x30), minus, tee(byte), number(8), isLessUnsigned],
      when([
        [get(value), longNumber(3n), long.shiftLeft, get(byte), longOfInt, long.or, set(value)],
        [get(at), number(1), plus, set(at), branch(1)],
      ]),
      [get(byte), number(-0x30), equal, get(at), get(start), notEqual, and, when([get(value), result])],
    ]),
    longNumber(-1n),
  ];
  return {
    name: "octal",
    parameters: [i32, i32],
    results: [i64],
    locals: [
      [2, i32],
      [1, i64],
    ],
    body,
  };
}

// --- headers

const [at, end, rowLimit, firstPath, offset] = [0, 1, 2, 3, 4];
const [row, path, from, out, byte, previous, size, content, blocks, isDir, padding] = [
  5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
];
const [value, mtime, mode] = [16, 17, 18];
const sums = 19;

const slash = 0x2f;
const dot = 0x2e;
/** Beyond this, one call of OpenSSL costs less than four lanes here. */
const mostHashBlocks = 12;
/** Of one bit and of the length in bits, which every message ends with. */
const messagePadding = 9;

const ascii = (text: string) => [...Buffer.from(text, "latin1")];
const longOf = (text: string) => Buffer.from(text, "latin1").readBigInt64LE();

/** Leaves the loop of headers when the number on the stack is not 0; `depth`: blocks within that loop. */
const stopIf = (depth = 0): Code => branchIf(depth + 1);

function formCode({ owner }: PlainColumns): Code {
  const noDevice = [vector.constant(ascii("\0".repeat(16))), vector.constant(ascii("0000000\x000000000\0"))];
  const isDevice = (i: number): Code => [get(at), vector.load(329), noDevice[i]!, vector.equalBytes, vector.allTrue];
  return [
    [get(at), loadByte(156), number(0x35), equal, tee(isDir)],
    [get(at), loadByte(156), number(0x30), equal, or, isZero, stopIf()],
    [get(at), loadLong(257), longNumber(longOf("ustar\x0000")), long.equal],
    [get(at), loadLong(257), longNumber(longOf("ustar  \0")), long.equal, or, isZero, stopIf()],
    // A prefix of the name, times of access and change, the mark of the star dialect.
    [get(at), loadByte(345), get(at), loadByte(357), or, get(at), loadInt(508), or, stopIf()],
    [isDevice(0), isDevice(1), or, isZero, stopIf()],
    [get(at), vector.load(108), number(0), vector.load(owner), vector.equalBytes, vector.allTrue, isZero, stopIf()],
  ];
}

/** The sum of all bytes, with the checksum's own eight as spaces. */
function checksumCode(): Code {
  const bytes = (i: number): Code => [get(at), vector.load(16 * i), vector.sumBytes, i > 0 ? vector.addShorts : []];
  const lane = (i: number): Code => [get(sums), vector.int(i), i > 0 ? plus : []];
  return [
    [each(blockBytes / 16, bytes), vector.sumShorts, set(sums)],
    [each(4, lane), number(8 * 0x20), plus],
    [each(8, i => [get(at), loadByte(148 + i), minus]), longOfInt],
    [get(at), number(148), plus, number(8), call(octalNumber), long.equal, isZero, stopIf()],
  ];
}

/** @param local where the value goes. */
function numberCode(field: number, fieldBytes: number, local: number): Code {
  return [
    [get(at), number(field), plus, number(fieldBytes), call(octalNumber), tee(local)],
    [longNumber(0n), long.isLess, stopIf()],
  ];
}

function sizeCode(): Code {
  return [
    numberCode(124, 12, value),
    [get(value), longNumber(1n << 30n), long.isGreater, stopIf()],
    [number(0), get(value), intOfLong, get(isDir), select, set(size)],
    [get(at), number(blockBytes), plus, tee(content)],
    // Padded to whole blocks.
    [get(size), number(blockBytes - 1), plus, number(-blockBytes), and, plus, get(end), isGreater, stopIf()],
  ];
}

/** As `copyCleanName`: what is not clean, or may be a whiteout, is for others. */
function nameCode(): Code {
  const startsWithDot: Code = [
    get(at),
    loadByte(0),
    number(dot),
    equal,
    get(at),
    loadByte(1),
    number(slash),
    equal,
    and,
  ];
  return [
    [get(at), startsWithDot, get(at), loadByte(2), number(0), notEqual, and, number(1), shiftLeft, plus, set(from)],
    [get(path), set(out), number(slash), set(previous)],
    block([
      loop([
        [get(from), get(at), minus, number(longestPath), equal, branchIf(1)],
        [get(from), loadByte(0), tee(byte), isZero, branchIf(1)],
        [get(byte), number(slash), equal, get(byte), number(dot), equal, or],
        [get(previous), number(slash), equal, and, stopIf(2)],
        [get(out), get(byte), tee(previous), storeByte(0)],
        [get(out), number(1), plus, set(out), get(from), number(1), plus, set(from), branch(0)],
      ]),
    ]),
    [get(out), get(previous), number(slash), equal, minus, tee(out)],
    [get(path), number(1), plus, isLess, stopIf()],
    [get(out), number(0), storeByte(0)],
  ];
}

/** The content of a small file becomes a message of SHA-256, if its last block has room for that. */
function messageCode(): Code {
  const messageBytes: Code = [get(blocks), number(6), shiftLeft];
  return [
    [get(size), number(messagePadding + 63), plus, number(6), shiftRight, set(blocks)],
    [get(size), isZero, get(blocks), number(mostHashBlocks), isGreater, or],
    [messageBytes, get(size), number(blockBytes - 1), plus, number(-blockBytes), and, isGreater, or],
    when([number(0), set(blocks)]),
    get(blocks),
    when([
      [get(content), get(size), plus, tee(padding), number(0x80), storeByte(0)],
      [get(padding), number(1), plus, number(0), messageBytes, get(size), minus, number(1), minus, fillBytes],
      [
        get(content),
        messageBytes,
        plus,
        tee(padding),
        number(2),
        minus,
        get(size),
        number(5),
        shiftRight,
        storeByte(0),
      ],
      [get(padding), number(1), minus, get(size), number(3), shiftLeft, storeByte(0)],
    ]),
  ];
}

function rowCode(columns: PlainColumns, kinds: PlainKinds): Code {
  const placeOf = (rowBytes: number): Code => [get(row), number(rowBytes), times];
  return [
    [placeOf(4), get(path), number(columns.paths), minus, get(firstPath), plus, storeInt(columns.pathStarts)],
    [placeOf(1), number(kinds.dir), number(kinds.file), get(isDir), select, storeByte(columns.kinds)],
    [placeOf(2), get(mode), intOfLong, number(0o7777), and, storeShort(columns.modes)],
    [placeOf(8), get(size), floatOfInt, storeFloat(columns.sizes)],
    [placeOf(8), get(mtime), floatOfLong, storeFloat(columns.mtimes)],
    [placeOf(8), get(content), floatOfInt, get(offset), addFloats, storeFloat(columns.contentOffsets)],
    [placeOf(4), get(content), storeInt(columns.contents)],
    [placeOf(1), get(blocks), storeByte(columns.hashBlocks)],
    [get(out), number(1), plus, set(path), get(row), number(1), plus, set(row)],
    [get(content), get(size), number(blockBytes - 1), plus, number(-blockBytes), and, plus, set(at)],
  ];
}

/** The codes of the two types, as the column of kinds has them. */
export interface PlainKinds {
  readonly file: number;
  readonly dir: number;
}

export function headersFunction(columns: PlainColumns, kinds: PlainKinds): FunctionCode {
  const body: Code = [
    [number(columns.paths), set(path)],
    block([
      loop([
        [get(at), number(blockBytes), plus, get(end), isGreater, stopIf()],
        [get(row), get(rowLimit), equal, stopIf()],
        formCode(columns),
        checksumCode(),
        numberCode(100, 8, mode),
        numberCode(136, 12, mtime),
        sizeCode(),
        nameCode(),
        messageCode(),
        rowCode(columns, kinds),
        branch(0),
      ]),
    ]),
    [number(0), get(row), storeInt(columns.rowCount)],
    [number(0), get(path), storeInt(columns.pathsEnd)],
    get(at),
  ];
  return {
    name: "headers",
    parameters: [i32, i32, i32, i32, f64],
    results: [i32],
    locals: [
      [11, i32],
      [3, i64],
      [1, v128],
    ],
    body,
  };
}
