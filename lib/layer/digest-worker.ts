import { parentPort, workerData } from "node:worker_threads";
import { OwnDigests } from "./stream-digests.ts";
import type { DigestMessage } from "./thread-digests.ts";

/** A thread that hashes the two streams of one layer, and hands back their digests. */

const digests = new OwnDigests();
const hashed = workerData as Int32Array;

parentPort?.on("message", ({ stream, bytes }: DigestMessage) => {
  if (stream === "end") {
    parentPort?.postMessage(digests.digests());
    return;
  }
  if (stream === "stored") digests.stored(bytes);
  else digests.tar(bytes);
  // At once, not when the collector sees it.
  bytes.buffer.transfer(0);
  Atomics.add(hashed, 0, 1);
  Atomics.notify(hashed, 0);
});
