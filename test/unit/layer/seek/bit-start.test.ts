import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesForBitStart, findContinuation } from "../../../../lib/layer/seek/bit-start.ts";

/** The stream with so many bits before it. */
function shifted(stream: Uint8Array, bits: number, before: number): Buffer {
  const result = Buffer.alloc(stream.length + 1);
  result[0] = before & ((1 << bits) - 1);
  for (const [i, byte] of stream.entries()) {
    result[i]! |= (byte << bits) & 0xff;
    result[i + 1]! |= byte >> (8 - bits);
  }
  return result;
}

const settings = {
  bits: fc.integer({ min: 1, max: 7 }),
  before: fc.integer({ min: 0, max: 255 }),
  // Stored blocks, which random bytes become, cannot be moved by bits.
  content: fc.array(fc.constantFrom("a", "b", "layer "), { minLength: 30, maxLength: 3000 }),
  level: fc.integer({ min: 1, max: 9 }),
};

test("a stream that begins at any bit of a byte", () => {
  fc.assert(
    fc.property(fc.record(settings), ({ bits, before, content, level }) => {
      const text = Buffer.from(content.join(""));
      const stored = shifted(deflateRawSync(text, { level }), bits, before);
      const bytes = Buffer.concat([bytesForBitStart(bits, stored[0]!), stored.subarray(1)]);
      expect(inflateRawSync(bytes)).toEqual(text);
    }),
  );
});

test("where a stream goes on is found among all bits, windows included", () => {
  // A small language, so that there are blocks with codes of their own and matches into the window.
  const text = Array.from({ length: 60_000 }, (_, i) => `word${(i * 7919) % 977} `).join("");
  const [window, rest] = [Buffer.from(text.slice(0, 32_768)), Buffer.from(text.slice(32_768))];
  const stream = deflateRawSync(rest, { dictionary: window });
  for (let bits = 1; bits < 8; bits += 1) {
    const stored = shifted(stream, bits, 0x5a);
    const found = findContinuation(stored.subarray(0, 20_000), window);
    expect(found).toEqual({ type: "block", bits, atByte: 0 });
  }
  const whole = Buffer.concat([Buffer.from([0x5a]), stream]);
  expect(findContinuation(whole.subarray(0, 20_000), window)).toEqual({ type: "block", bits: 0, atByte: 1 });
});

test("before a stored block several bits are the same start", () => {
  const random = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * i * 31 + (i >> 3)) & 0xff));
  const stream = deflateRawSync(random, { level: 0, finishFlush: constants.Z_SYNC_FLUSH });
  const stored = Buffer.concat([Buffer.from([0]), stream]);
  const found = findContinuation(stored.subarray(0, 128 * 1024), Buffer.alloc(0));
  expect(found).toMatchObject({ type: "block" });
  const { bits, atByte } = found as { bits: number; atByte: number };
  const bytes = Buffer.concat([bytesForBitStart(bits, stored[atByte]!), stored.subarray(atByte + (bits > 0 ? 1 : 0))]);
  expect(inflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH })).toEqual(random);
});

test("what is no deflate goes on nowhere", () => {
  expect(findContinuation(Buffer.alloc(20_000, 0xff), Buffer.alloc(0))).toBeNull();
});
