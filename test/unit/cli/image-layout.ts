/** OCI layouts with images of our own making: one for each platform, or one with layers as they are given. */

import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const oci = "application/vnd.oci.image";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: object;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface LayoutLayer {
  /** As it is stored. */
  readonly stored: Uint8Array;
  readonly tar: Uint8Array;
  /** @defaultValue that of a gzip'd layer */
  readonly mediaType?: string;
}

export class ImageLayout {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(join(folder, "blobs/sha256"), { recursive: true });
    writeFileSync(join(folder, "oci-layout"), `{"imageLayoutVersion":"1.0.0"}`);
  }

  blobFile(digest: string): string {
    return join(this.folder, "blobs", digest.replace(":", "/"));
  }

  add(bytes: Uint8Array | string, mediaType: string): Descriptor {
    const digest = digestOf(bytes);
    writeFileSync(this.blobFile(digest), bytes);
    return { mediaType, digest, size: Buffer.byteLength(bytes) };
  }

  /** The manifest of an image of these layers. */
  image(layers: readonly LayoutLayer[], platform = { os: "linux", architecture: "amd64" }): Descriptor {
    const config = {
      ...platform,
      config: {},
      rootfs: { type: "layers", diff_ids: layers.map(({ tar }) => digestOf(tar)) },
      history: layers.map((_, at) => ({ created_by: `COPY ${at} /` })),
    };
    const manifest = {
      schemaVersion: 2,
      mediaType: `${oci}.manifest.v1+json`,
      config: this.add(JSON.stringify(config), `${oci}.config.v1+json`),
      layers: layers.map(({ stored, mediaType }) => this.add(stored, mediaType ?? `${oci}.layer.v1.tar+gzip`)),
    };
    return { ...this.add(JSON.stringify(manifest), `${oci}.manifest.v1+json`), platform };
  }

  index(manifests: readonly Descriptor[]): Descriptor {
    const index = { schemaVersion: 2, mediaType: `${oci}.index.v1+json`, manifests };
    return this.add(JSON.stringify(index), `${oci}.index.v1+json`);
  }

  /** Writes `index.json`. */
  finish(...manifests: readonly Descriptor[]): void {
    writeFileSync(join(this.folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
  }
}

function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
