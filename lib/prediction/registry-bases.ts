/** Base images as keys see them, read from their registry: manifest and config, no layers. */

import { Unknown } from "../cache-key/context-reader.ts";
import type { KeyAlgorithm } from "../cache-key/key-algorithm.ts";
import { type KeyBase, keyBaseOf } from "../cache-key/key-base.ts";
import { LabError, messageOf } from "../error.ts";
import { parsePlatform } from "../image/platform.ts";
import { resolvePlatform } from "../image/registry-image.ts";
import type { RegistryClient } from "../registry/client.ts";
import { parseReference } from "../registry/reference.ts";

export interface RegistryBasesOptions {
  readonly client: RegistryClient;
  readonly algorithm: KeyAlgorithm;
  /** Null for that of the machine. */
  readonly platform: string | null;
  readonly signal: AbortSignal;
}

export class RegistryBases {
  readonly #options: RegistryBasesOptions;
  readonly #found = new Map<string, Promise<KeyBase | Unknown>>();

  constructor(options: RegistryBasesOptions) {
    this.#options = options;
  }

  base(name: string): Promise<KeyBase | Unknown> {
    const known = this.#found.get(name) ?? this.#read(name);
    this.#found.set(name, known);
    return known;
  }

  async #read(name: string): Promise<KeyBase | Unknown> {
    const { client, algorithm, platform, signal } = this.#options;
    try {
      const chosen = platform === null ? {} : { platform: parsePlatform(platform) };
      const { remote, manifest } = await resolvePlatform(parseReference(name), { client, signal, ...chosen });
      const bytes = await client.blobBytes(remote.endpoint, manifest.config, { signal });
      const documents = { manifest: remote.bytes.toString("utf8"), config: bytes.toString("utf8") };
      return keyBaseOf(documents, algorithm);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof LabError)) throw error;
      return new Unknown(`the base ${name} is not known: ${messageOf(error)}`);
    }
  }
}
