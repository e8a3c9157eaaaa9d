/** A watched context on the screen: its builds one after the other, and what is told between them. */

import { LabError, messageOf } from "../../../lib/error.ts";
import { showText } from "../../../lib/model/path-text.ts";
import type { WatchSource } from "../options.ts";
import type { Store } from "../store.ts";
import { LiveFeed } from "./follow-build.ts";

/** @returns when the watching has ended and everything is cleaned up; never throws. */
export async function followWatch(store: Store, source: WatchSource): Promise<void> {
  let feed: LiveFeed | null = null;
  const endFeed = (error: string) => {
    feed?.end(error);
    feed = null;
  };
  try {
    for await (const event of source.events) {
      if (event.type === "build") {
        feed ??= new LiveFeed(store);
        feed.push(event.event);
        continue;
      }
      if (event.type === "build-ended") endFeed(event.error === null ? "" : showText(event.error.message));
      store.dispatch({ type: "watched", event, nowMs: Date.now() });
    }
    endFeed("");
  } catch (thrown) {
    endFeed("");
    const [code, hint] = thrown instanceof LabError ? [thrown.code, thrown.hint ?? null] : ["bug", null];
    const error = { code, message: messageOf(thrown), hint };
    store.dispatch({ type: "watched", event: { type: "broken", error }, nowMs: Date.now() });
    store.dispatch({ type: "say", text: showText(`no longer watching: ${error.message}`), kind: "error" });
  }
}
