import fc from "fast-check";
import { withChecksum } from "../make-tar.ts";

/** Changes of tars that know what a tar is: most of what they make gets past the checksums, into the parts behind them. */
export type Mutation = (tar: Buffer) => Buffer;

const blockBytes = 512;

/** Fields of a header block: offset and length. */
const fields = [
  [0, 100],
  [100, 8],
  [108, 8],
  [116, 8],
  [124, 12],
  [136, 12],
  [148, 8],
  [156, 1],
  [157, 100],
  [257, 8],
  [329, 8],
  [337, 8],
  [345, 155],
  [386, 96],
  [482, 1],
  [483, 12],
] as const;

const oddTexts = [
  ...["", "0", "-1", "+5", "00000000000", "77777777777", "7777777777777777", "1e3", "9".repeat(30), " 12 ", "0x10"],
  ...["..", "/", "../..", "./.", "a/../b", ".wh.", ".wh..wh..opq", ".wh..wh.x", "x/.wh.y", "a//b", "\0", "a\0b", "\n"],
  ...[
    "ustar",
    "ustar  \0",
    "tar\0",
    "GNU.sparse.map",
    "1\n",
    "2\n1\n1\n",
    "\xff\xfe",
    "5 a=b\n",
    "30 path=",
    "a/".repeat(60),
  ],
];
const oddBytes = fc.oneof(
  fc.constantFrom(...oddTexts).map(text => Buffer.from(text, "latin1")),
  fc.uint8Array({ maxLength: 16 }).map(bytes => Buffer.from(bytes)),
  fc.constantFrom(0x80, 0xff, 0xc0, 0xbf).map(first => Buffer.concat([Buffer.from([first]), Buffer.alloc(11, 0xff)])),
);
const typeflag = fc.constantFrom(..."01234567xgLKSDVMN \0A\xff").map(letter => letter.charCodeAt(0));
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

function blockAt(tar: Buffer, where: number): number {
  return Math.floor(where * Math.max(1, tar.length / blockBytes)) * blockBytes;
}

/** A copy with one block changed, and its checksum made right again. */
function inBlock(tar: Buffer, where: number, change: (block: Buffer) => void): Buffer {
  const copy = Buffer.from(tar);
  const at = blockAt(tar, where);
  const block = copy.subarray(at, at + blockBytes);
  if (block.length < blockBytes) return copy;
  change(block);
  withChecksum(block);
  return copy;
}

const setField = fc.tuple(place, fc.constantFrom(...fields), oddBytes, fc.boolean()).map(
  ([where, [from, length], bytes, clear]): Mutation =>
    tar =>
      inBlock(tar, where, block => {
        if (clear) block.fill(0, from, from + length);
        block.set(bytes.subarray(0, length), from);
      }),
);

const setType = fc.tuple(place, typeflag).map(
  ([where, type]): Mutation =>
    tar =>
      inBlock(tar, where, block => {
        block[156] = type;
      }),
);

/** Bodies of PAX headers, contents, sparse maps: no checksum there. */
const setBytes = fc.tuple(place, oddBytes).map(
  ([where, bytes]): Mutation =>
    tar => {
      const copy = Buffer.from(tar);
      copy.set(
        bytes.subarray(0, Math.max(0, copy.length - Math.floor(where * copy.length))),
        Math.floor(where * copy.length),
      );
      return copy;
    },
);

const cut = place.map(
  (where): Mutation =>
    tar =>
      tar.subarray(0, Math.floor(where * tar.length)),
);

const moveBlocks = fc.tuple(place, place, fc.integer({ min: 1, max: 4 }), fc.boolean()).map(
  ([from, to, count, keep]): Mutation =>
    tar => {
      const start = blockAt(tar, from);
      const blocks = tar.subarray(start, start + count * blockBytes);
      const rest = keep ? tar : Buffer.concat([tar.subarray(0, start), tar.subarray(start + blocks.length)]);
      const target = blockAt(rest, to);
      return Buffer.concat([rest.subarray(0, target), blocks, rest.subarray(target)]);
    },
);

const dropBytes = fc.tuple(place, fc.integer({ min: 1, max: 700 })).map(
  ([where, count]): Mutation =>
    tar => {
      const at = Math.floor(where * tar.length);
      return Buffer.concat([tar.subarray(0, at), tar.subarray(at + count)]);
    },
);

export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: setField },
    { weight: 3, arbitrary: setType },
    { weight: 4, arbitrary: setBytes },
    { weight: 2, arbitrary: moveBlocks },
    { weight: 1, arbitrary: cut },
    { weight: 1, arbitrary: dropBytes },
  ),
  { minLength: 1, maxLength: 6 },
);
