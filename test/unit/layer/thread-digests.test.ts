import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { type LayerDigests, OwnDigests, type StreamDigests } from "../../../lib/layer/stream-digests.ts";
import { ThreadDigests } from "../../../lib/layer/thread-digests.ts";

const bytes = randomBytes(12 << 20);

/** More than may wait, in pieces that do not fit a chunk. */
async function digestsBy(digests: StreamDigests): Promise<LayerDigests> {
  for (let at = 0; at < bytes.length; at += 1_234_567) {
    const piece = bytes.subarray(at, at + 1_234_567);
    // Some have a buffer of their own, which may be taken away.
    const chunk = at % 2 === 0 ? piece : new Uint8Array(piece);
    digests.stored(chunk.subarray(0, 100_003));
    digests.tar(chunk);
  }
  const found = await digests.finish();
  digests.stop();
  return found;
}

test("a thread of its own finds the digests that the calling one finds", async () => {
  expect(await digestsBy(new ThreadDigests())).toEqual(await digestsBy(new OwnDigests()));
});

test("nothing at all has digests, too", async () => {
  const digests = new ThreadDigests();
  expect(await digests.finish()).toEqual(new OwnDigests().digests());
  digests.stop();
});
