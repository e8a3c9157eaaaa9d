import { parentPort, workerData } from "node:worker_threads";
import { LabError } from "../error.ts";
import { searchLayer } from "./search-layer.ts";
import type { SearchReply, SearchRequest } from "./search-layers.ts";

/** A thread that searches one layer and hands back what it finds as it finds it. */

const port = parentPort;
if (port === null) throw new Error("this module runs in a worker thread only");
const reply = (message: SearchReply) => port.postMessage(message);

async function search({ blob, query }: SearchRequest): Promise<void> {
  for await (const hits of searchLayer(blob, query, doneBytes => reply({ type: "progress", doneBytes }))) {
    reply({ type: "hits", hits });
  }
  reply({ type: "done" });
}

search(workerData as SearchRequest).catch((error: unknown) => {
  if (!(error instanceof LabError)) throw error;
  reply({ type: "failed", code: error.code, message: error.message, hint: error.hint });
});
