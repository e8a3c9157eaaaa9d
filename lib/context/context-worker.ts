import { parentPort } from "node:worker_threads";
import { messageOf } from "../error.ts";
import type { ContextListing } from "./context-listing.ts";
import { type ContextRequest, listContext } from "./list-context.ts";

/** A thread that lists one context: thousands of small files would keep the build's own thread from taking its output. */

export type ListRequest =
  | { readonly type: "list"; readonly request: Omit<ContextRequest, "signal" | "hurry"> }
  | { readonly type: "hurry" };

export type ListReply =
  | { readonly type: "listed"; readonly listing: ContextListing }
  | { readonly type: "failed"; readonly message: string };

const port = parentPort;
if (port === null) throw new Error("this module runs in a worker thread only");

const hurry = new AbortController();
// Nobody stops the listing but who ends the thread.
const { signal } = new AbortController();

port.on("message", (message: ListRequest) => {
  if (message.type === "hurry") hurry.abort();
  else void list(message.request);
});

async function list(request: Omit<ContextRequest, "signal" | "hurry">): Promise<void> {
  let reply: ListReply;
  try {
    reply = { type: "listed", listing: await listContext({ ...request, signal, hurry: hurry.signal }) };
  } catch (error) {
    reply = { type: "failed", message: messageOf(error) };
  }
  port?.postMessage(reply);
}
