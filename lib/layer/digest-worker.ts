import { parentPort, workerData } from "node:worker_threads";
import { readRing, type SharedRing } from "./chunk-ring.ts";
import { OwnDigests } from "./stream-digests.ts";
import { storedStream } from "./thread-digests.ts";

/** A thread that hashes the two streams of one layer, and hands back their digests. */

const digests = new OwnDigests();
readRing(workerData as SharedRing, (stream, chunk) => {
  if (stream === storedStream) digests.stored(chunk);
  else digests.tar(chunk);
});
parentPort?.postMessage(digests.digests());
