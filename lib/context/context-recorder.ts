/** Lists the context beside a running build and keeps the listing with its record. */

import type { ContextLocation } from "../build/executor-request.ts";
import type { Redactor } from "../build/secrets.ts";
import type { Mount } from "../executor/port.ts";
import type { BuildStore } from "../store/build-store.ts";
import { type ContextListing, listingText } from "./context-listing.ts";
import { listInThread } from "./list-in-thread.ts";
import { contextFile } from "./read-listing.ts";

export class ContextRecorder {
  readonly #hurry = new AbortController();
  /** Null when the context could not be listed, whatever the reason. */
  readonly #listing: Promise<ContextListing | null>;

  /** Null for a context that Kaniko fetches itself. */
  static start(location: ContextLocation, mounts: readonly Mount[], signal: AbortSignal): ContextRecorder | null {
    const { folder, dockerfile } = location;
    return folder === null || dockerfile === null ? null : new ContextRecorder(folder, dockerfile, mounts, signal);
  }

  private constructor(folder: string, dockerfile: string, mounts: readonly Mount[], signal: AbortSignal) {
    const privateFiles = mounts.map(mount => mount.hostPath).filter(file => file !== folder && file !== dockerfile);
    const request = { folder, dockerfile, privateFiles, signal, hurry: this.#hurry.signal };
    this.#listing = listInThread(request);
  }

  /** Called when the executor has ended: only what is read quickly is waited for. @throws LabError `disk-full`, `cache-not-writable` */
  async write(store: BuildStore, id: string, redact: Redactor): Promise<void> {
    this.#hurry.abort();
    const listing = await this.#listing;
    if (listing !== null) await store.writeFile(id, contextFile, listingText(redacted(listing, redact)));
  }
}

/** Names and links only: a secret that reads like a part of a digest must not destroy that. */
function redacted(listing: ContextListing, redact: Redactor): ContextListing {
  const entries = listing.entries.map(entry => ({
    ...entry,
    path: redact(entry.path),
    linkTarget: redact(entry.linkTarget),
  }));
  return { ...listing, patterns: redact(listing.patterns), entries };
}
