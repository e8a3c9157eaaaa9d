/**
 * A collector for one build: an HTTP server on an address of this machine that takes OTLP traces, for as long as the
 * executor runs. Its path has a random name in it, so that only what was given the address can send. RUN steps can find it
 * out (the executor's environment is theirs to read), as they can print what looks like Kaniko's log: times are believed
 * only where they can be true, and nothing else hangs on them.
 */

import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { TraceSpan } from "./trace-span.ts";

/** A batch of 512 spans, most of them some 300 bytes. */
export const largestBodyBytes = 8 * 1024 * 1024;
const mostSpans = 50_000;
const mostConnections = 16;
const requestMs = 10_000;

const inflate = promisify(gunzip);

export class TraceReceiver {
  readonly #server: Server;
  readonly #path = `/${randomBytes(16).toString("hex")}/v1/traces`;
  readonly #spans: TraceSpan[] = [];

  /** @returns null where this machine has no such address. */
  static async listen(host: string): Promise<TraceReceiver | null> {
    const receiver = new TraceReceiver();
    const started = new Promise<boolean>(resolve => {
      receiver.#server.once("error", () => resolve(false)).listen({ host, port: 0 }, () => resolve(true));
    });
    return (await started) ? receiver : null;
  }

  private constructor() {
    this.#server = createServer({ requestTimeout: requestMs, headersTimeout: requestMs }, (request, response) => {
      void this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.maxConnections = mostConnections;
    // A build that is stopped must not be kept from ending by it.
    this.#server.unref();
  }

  /** What an executor is given as `KANIKO_TELEMETRY_ENDPOINT`. */
  get endpoint(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address.includes(":") ? `[${address}]` : address}:${port}${this.#path}`;
  }

  /** What has come so far. */
  get spans(): readonly TraceSpan[] {
    return this.#spans;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const status = await this.#take(request);
    // What was not read of a refused request is not read at all.
    if (status !== 200) response.setHeader("Connection", "close");
    // An empty ExportTraceServiceResponse: all was taken.
    response.writeHead(status, { "Content-Type": "application/x-protobuf", "Content-Length": 0 }).end();
  }

  async #take(request: IncomingMessage): Promise<number> {
    if (request.url !== this.#path) return 404;
    if (request.method !== "POST") return 405;
    if (request.headers["content-type"] !== "application/x-protobuf") return 415;
    const encoding = request.headers["content-encoding"] ?? "identity";
    if (encoding !== "identity" && encoding !== "gzip") return 415;
    const sent = await readBody(request);
    if (sent === null) return 413;
    try {
      const body = encoding === "gzip" ? await inflate(sent, { maxOutputLength: largestBodyBytes }) : sent;
      const { decodeTraces } = await import("./decode-traces.ts");
      const spans = decodeTraces(body);
      if (this.#spans.length + spans.length > mostSpans) return 413;
      this.#spans.push(...spans);
      return 200;
    } catch {
      return 400;
    }
  }
}

/** Null for a body that is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largestBodyBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
