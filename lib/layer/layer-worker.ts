import { parentPort } from "node:worker_threads";
import { LabError } from "../error.ts";
import { buffersOf, encodeColumns } from "./index-format.ts";
import { scanLayer } from "./scan-layer.ts";
import type { ScanReply, ScanTask } from "./scan-pool.ts";
import { ThreadDigests } from "./thread-digests.ts";

/** A thread that scans one layer after the other and hands back their columns. */

const port = parentPort;
if (port === null) throw new Error("this module runs in a worker thread only");

port.on("message", (request: ScanTask) => {
  scan(request).catch((error: unknown) => {
    const reply: ScanReply =
      error instanceof LabError
        ? { type: "failed", code: error.code, message: error.message, hint: error.hint }
        : { type: "bug", error };
    port.postMessage(reply);
  });
});

/** A smaller layer is hashed sooner than another thread has started. */
const secondThreadFrom = 4 << 20;

async function scan(request: ScanTask): Promise<void> {
  const secondThread = request.coreIsFree && request.blob.sizeBytes >= secondThreadFrom;
  const columns = await scanLayer(request.blob, {
    expectedDigest: request.expectedDigest,
    expectedDiffId: request.expectedDiffId,
    digests: secondThread ? new ThreadDigests() : undefined,
    onProgress: doneBytes => port?.postMessage({ type: "progress", doneBytes } satisfies ScanReply),
  });
  const index = encodeColumns(columns);
  port?.postMessage({ type: "done", index } satisfies ScanReply, buffersOf(index));
}
