import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Digest, digestOfHex } from "../../../lib/model/digest.ts";

/** A registry in this process, for the faults that a real one does not show on demand. */
export interface TestRegistry {
  /** `127.0.0.1:port` */
  readonly host: string;
  readonly port: number;
  /** All requests so far, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** Content by path, such as `/v2/app/blobs/sha256:…`. */
  readonly content: Map<string, Buffer>;
  /** Tried before the content is served; true when it has answered. */
  handle: (request: IncomingMessage, response: ServerResponse) => boolean;
  close(): Promise<void>;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
  readonly body: string;
}

export async function startRegistry(): Promise<TestRegistry> {
  const requests: SeenRequest[] = [];
  const content = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { authorization, range } = request.headers;
      const body = Buffer.concat(parts).toString();
      requests.push({ method: request.method ?? "", url: request.url ?? "", authorization, range, body });
      if (!registry.handle(request, response)) serve(request, response, content);
    });
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const registry: TestRegistry = {
    host: `127.0.0.1:${port}`,
    port,
    requests,
    content,
    handle: () => false,
    async close() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
  return registry;
}

function serve(request: IncomingMessage, response: ServerResponse, content: ReadonlyMap<string, Buffer>): void {
  if (request.url === "/v2/") {
    response.end("{}");
    return;
  }
  const bytes = content.get(request.url ?? "");
  if (bytes === undefined) {
    response.writeHead(404).end();
    return;
  }
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const part = bytes.subarray(from);
  const range = from > 0 ? { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
  response.writeHead(from > 0 ? 206 : 200, { "content-length": part.length, ...range }).end(part);
}

export function digestOf(bytes: Uint8Array | string): Digest {
  return digestOfHex(createHash("sha256").update(bytes).digest("hex"));
}

/** Bytes that do not repeat, so that a wrong offset shows. */
export function someBytes(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let i = 0; i + 4 <= sizeBytes; i += 4) bytes.writeUInt32LE(Math.imul(i, 2654435761) >>> 0, i);
  return bytes;
}

/** Puts an image with these layers under a name; its config says nothing else. */
export function putImage(registry: TestRegistry, repository: string, tag: string, layers: readonly Buffer[]): Digest {
  const put = (bytes: Buffer, mediaType: string) => {
    registry.content.set(`/v2/${repository}/blobs/${digestOf(bytes)}`, bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const diffIds = layers.map(layer => digestOf(layer));
  const config = Buffer.from(JSON.stringify({ os: "linux", rootfs: { type: "layers", diff_ids: diffIds } }));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      config: put(config, "application/vnd.oci.image.config.v1+json"),
      layers: layers.map(layer => put(layer, "application/vnd.oci.image.layer.v1.tar")),
    }),
  );
  return putManifest(registry, repository, tag, manifest);
}

export function putManifest(registry: TestRegistry, repository: string, tag: string, manifest: Buffer): Digest {
  registry.content.set(`/v2/${repository}/manifests/${tag}`, manifest);
  registry.content.set(`/v2/${repository}/manifests/${digestOf(manifest)}`, manifest);
  return digestOf(manifest);
}
