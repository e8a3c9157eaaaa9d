import { createHash } from "node:crypto";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { type Digest, digestOfHex, hexOf } from "../../../lib/model/digest.ts";

/** Small images in all their forms, made here byte by byte. */

export async function makeFolder(): Promise<string> {
  return await mkdtemp(path.join(tmpdir(), "image-"));
}

export function digestOf(bytes: Uint8Array | string): Digest {
  return digestOfHex(createHash("sha256").update(bytes).digest("hex"));
}

export interface Member {
  readonly name: string;
  readonly type?: "file" | "directory" | "symlink" | "link";
  readonly linkname?: string;
  readonly content?: Uint8Array | string;
}

export async function makeTar(members: readonly Member[]): Promise<Buffer> {
  const stream = pack();
  for (const { content, ...header } of members) stream.entry(header, content === undefined ? "" : Buffer.from(content));
  stream.finalize();
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

export interface SampleLayer {
  readonly tar: Buffer;
  readonly gzip: Buffer;
}

export async function makeLayer(name: string): Promise<SampleLayer> {
  const tar = await makeTar([
    { name: "etc/", type: "directory" },
    { name: `etc/${name}`, content: `the file ${name}` },
  ]);
  return { tar, gzip: gzipSync(tar) };
}

export function configOf(layers: readonly SampleLayer[], more: object = {}): string {
  const diffIds = layers.map(layer => digestOf(layer.tar));
  return JSON.stringify({ os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: diffIds }, ...more });
}

/** An OCI layout in the making: blobs first, `index.json` last. */
export class LayoutWriter {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async blob(bytes: Uint8Array | string): Promise<{ digest: Digest; size: number }> {
    const digest = digestOf(bytes);
    await mkdir(path.join(this.folder, "blobs/sha256"), { recursive: true });
    await writeFile(this.blobFile(digest), bytes);
    return { digest, size: Buffer.byteLength(bytes) };
  }

  blobFile(digest: Digest): string {
    return path.join(this.folder, "blobs/sha256", hexOf(digest));
  }

  /** Writes layers, config and manifest. @returns the manifest's descriptor. */
  async image(layers: readonly SampleLayer[], config: string = configOf(layers)): Promise<object & { digest: Digest }> {
    const descriptors: object[] = [];
    for (const layer of layers) {
      descriptors.push({ mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", ...(await this.blob(layer.gzip)) });
    }
    const configDescriptor = { mediaType: "application/vnd.oci.image.config.v1+json", ...(await this.blob(config)) };
    return await this.document({ schemaVersion: 2, config: configDescriptor, layers: descriptors });
  }

  async document(document: object): Promise<object & { digest: Digest }> {
    return await this.blob(JSON.stringify(document));
  }

  async index(manifests: readonly object[]): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await writeFile(path.join(this.folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
    await writeFile(path.join(this.folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  }
}

export const platform = (architecture: string, variant?: string) => ({
  platform: { os: "linux", architecture, ...(variant === undefined ? {} : { variant }) },
});

export const named = (ref: string) => ({ annotations: { "org.opencontainers.image.ref.name": ref } });
