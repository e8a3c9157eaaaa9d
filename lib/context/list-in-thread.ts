import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { ContextListing } from "./context-listing.ts";
import type { ListReply, ListRequest } from "./context-worker.ts";
import type { ContextRequest } from "./list-context.ts";

/** As `listContext`, beside whatever this thread does. Null when the context could not be listed, or the signal fired. */
export function listInThread({ signal, hurry, ...request }: ContextRequest): Promise<ContextListing | null> {
  if (signal.aborted) return Promise.resolve(null);
  const worker = new Worker(new URL(`./context-worker${extname(import.meta.url)}`, import.meta.url));
  const post = (message: ListRequest) => worker.postMessage(message);
  return new Promise(resolve => {
    const onHurry = () => post({ type: "hurry" });
    const end = (listing: ContextListing | null) => {
      signal.removeEventListener("abort", onAbort);
      hurry.removeEventListener("abort", onHurry);
      void worker.terminate();
      resolve(listing);
    };
    const onAbort = () => end(null);
    worker.on("message", (reply: ListReply) => end(reply.type === "listed" ? reply.listing : null));
    // A build without a listing is better than none: what is wrong with a context Kaniko tells itself.
    worker.on("error", () => end(null));
    signal.addEventListener("abort", onAbort, { once: true });
    hurry.addEventListener("abort", onHurry, { once: true });
    post({ type: "list", request });
    if (hurry.aborted) onHurry();
  });
}
