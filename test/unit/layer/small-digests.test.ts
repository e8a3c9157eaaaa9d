import { hash } from "node:crypto";
import { expect, test } from "vitest";
import { SmallDigests } from "../../../lib/layer/small-digests.ts";

test("digests of contents of every small size, in any order, are those of OpenSSL", () => {
  const found = new Map<number, string>();
  const digests = new SmallDigests((position, bytes, from) => {
    found.set(position, Buffer.from(bytes.subarray(from, from + 32)).toString("hex"));
  });
  const bytes = Buffer.from(Array.from({ length: 6000 }, (_, i) => (i * 7919 + (i >> 3)) % 251));
  const expected = new Map<number, string>();
  for (let position = 0; position < 9000; position += 1) {
    const sizeBytes = (position * 31) % 800;
    const from = (position * 17) % 5000;
    const content = bytes.subarray(from, from + sizeBytes);
    const taken = digests.add(bytes, from, from + sizeBytes, position);
    expect(taken).toBe(sizeBytes < 760);
    if (taken) expected.set(position, hash("sha256", content));
  }
  expect(found.size).toBeLessThan(expected.size);
  digests.finish();
  expect(found).toEqual(expected);
});
