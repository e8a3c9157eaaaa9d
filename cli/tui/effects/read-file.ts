import { createReadStream } from "node:fs";
import { LabError } from "../../../lib/error.ts";
import type { Lab } from "../../../lib/lab/lab.ts";
import type { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { overlayRows } from "../state/select.ts";
import type { State } from "../state/state.ts";
import type { Store } from "../store.ts";
import { ContentReader } from "../viewer/read-lines.ts";
import { mostBytes, neededOf } from "../viewer/viewer-state.ts";
import { runLatest, type Stop } from "./latest.ts";
import { dockerfilePath } from "./open-dockerfile.ts";

/** Reads the file that is viewed, only as far as it is looked at. */
export function readViewedFile(store: Store, lab: Lab, cache: CacheFolder): Stop {
  return runLatest(store, {
    key: ({ viewer }) => viewer && [viewer.id],
    onError: message => {
      const { viewer } = store.getState();
      if (viewer) store.dispatch({ type: "view-failed", id: viewer.id, message });
    },
    async run({ viewer }, signal) {
      if (!viewer) return;
      const { id } = viewer;
      const reader = new ContentReader();
      await waitUntil(store, signal, state => isNeeded(state, reader, false));
      for await (const chunk of await contentOf(lab, cache, viewer, signal)) {
        reader.push(chunk);
        if (reader.byteCount >= mostBytes) break;
        if (isNeeded(store.getState(), reader, true)) continue;
        store.dispatch({ type: "view-content", id, content: reader.content() });
        await waitUntil(store, signal, state => isNeeded(state, reader, true));
      }
      reader.end(reader.byteCount < mostBytes);
      if (!signal.aborted) store.dispatch({ type: "view-content", id, content: reader.content() });
    },
  });
}

async function contentOf(
  lab: Lab,
  cache: CacheFolder,
  { at, path, dockerfile }: NonNullable<State["viewer"]>,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  if (dockerfile) return createReadStream(await dockerfilePath(cache, dockerfile));
  if (at === null) throw new LabError("not-found", `it is not known where ${path} is`);
  return lab.readFile(at.target, at.step, path, { signal });
}

/** Whether more must be read for what is looked at now. */
function isNeeded(state: State, reader: ContentReader, started: boolean): boolean {
  if (!state.viewer) return false;
  const { lines, bytes } = neededOf(state.viewer, overlayRows(state));
  if (!started) return lines > 0 || bytes > 0;
  return reader.lineCount < lines || reader.byteCount < bytes;
}

function waitUntil(store: Store, signal: AbortSignal, isTrue: (state: State) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const check = () => {
      if (!signal.aborted && !isTrue(store.getState())) return;
      unsubscribe();
      signal.removeEventListener("abort", check);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const unsubscribe = store.subscribe(check);
    signal.addEventListener("abort", check);
    check();
  });
}
