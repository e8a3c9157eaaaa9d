import { createHash } from "node:crypto";
import { type DiffId, type Digest, digestOfHex } from "../model/digest.ts";

/** The digests of a layer as a whole: of its stored bytes and of its tar. */
export interface LayerDigests {
  readonly digest: Digest;
  readonly diffId: DiffId;
}

/** Hashes two streams of bytes: the stored ones and, where it is another one, the tar. */
export interface StreamDigests {
  stored(chunk: Uint8Array): void;
  /** The chunk may be given away with its memory: nobody may look at it afterwards. */
  tar(chunk: Uint8Array): void;
  /** After the last chunks. */
  finish(): Promise<LayerDigests>;
  /** Ends it early, or after the finish. */
  stop(): void;
}

/** Hashes on the calling thread. */
export class OwnDigests implements StreamDigests {
  readonly #stored = createHash("sha256");
  readonly #tar = createHash("sha256");

  stored(chunk: Uint8Array): void {
    this.#stored.update(chunk);
  }

  tar(chunk: Uint8Array): void {
    this.#tar.update(chunk);
  }

  async finish(): Promise<LayerDigests> {
    return this.digests();
  }

  digests(): LayerDigests {
    return {
      digest: digestOfHex(this.#stored.digest("hex")),
      diffId: digestOfHex(this.#tar.digest("hex")) as string as DiffId,
    };
  }

  stop(): void {}
}
