import { parentPort } from "node:worker_threads";
import { LabError } from "../error.ts";
import { encodeColumns } from "./index-format.ts";
import { scanLayer } from "./scan-layer.ts";
import type { ScanReply, ScanRequest } from "./scan-pool.ts";

/** A thread that scans one layer after the other and hands back the bytes of their index files. */

const port = parentPort;
if (port === null) throw new Error("this module runs in a worker thread only");

port.on("message", (request: ScanRequest) => {
  scan(request).catch((error: unknown) => {
    const reply: ScanReply =
      error instanceof LabError
        ? { type: "failed", code: error.code, message: error.message, hint: error.hint }
        : { type: "bug", error };
    port.postMessage(reply);
  });
});

async function scan(request: ScanRequest): Promise<void> {
  const columns = await scanLayer(request.blob, {
    expectedDigest: request.expectedDigest,
    expectedDiffId: request.expectedDiffId,
    onProgress: doneBytes => port?.postMessage({ type: "progress", doneBytes } satisfies ScanReply),
  });
  const indexBytes = encodeColumns(columns);
  port?.postMessage({ type: "done", indexBytes } satisfies ScanReply, [indexBytes.buffer]);
}
