import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { LabError } from "../../error.ts";
import { clusterError, LostConnection, mayPass, statusError } from "./cluster-error.ts";
import type { Cluster } from "./connect-cluster.ts";

export interface Call {
  /** What is being done, for messages: "create the Pod x". */
  readonly what: string;
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  /** From `/api`, with what is in it encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** How long a server that does not answer is asked again. @defaultValue 60 s: an API server that is restarted takes some 20 s */
  readonly patienceMs?: number;
}

const patienceMs = 60_000;
const answerMs = 30_000;
const maxAnswerBytes = 64 << 20;

/**
 * Calls of the API, with certificates, tokens and proxies as the kubeconfig has them. Every call ends: with its answer, the
 * signal's reason or a LabError; what can pass is tried again.
 */
export class ClusterApi {
  readonly cluster: Cluster;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** Where things of a namespace are; of the build's when none is named. */
  path(kind: string, name?: string, namespace: string = this.cluster.namespace): string {
    const base = `${groupOf(kind)}/namespaces/${encodeURIComponent(namespace)}/${kind}`;
    return name === undefined ? base : `${base}/${encodeURIComponent(name)}`;
  }

  pathInAll(kind: string): string {
    return `${groupOf(kind)}/${kind}`;
  }

  /** @throws LabError, see `clusterError` */
  async call<T>(call: Call): Promise<T> {
    try {
      return await this.ask<T>(call);
    } catch (error) {
      throw clusterError(this.cluster, call.what, error);
    }
  }

  /** The same with the API's own errors. @throws StatusError, LostConnection */
  async ask<T>(call: Call): Promise<T> {
    const giveUpAt = Date.now() + (call.patienceMs ?? patienceMs);
    for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 2, 4000)) {
      call.signal?.throwIfAborted();
      try {
        return JSON.parse(await textOf(await this.#send(call))) as T;
      } catch (error) {
        call.signal?.throwIfAborted();
        if (!mayPass(error) || Date.now() + pauseMs > giveUpAt) throw error;
        await pause(pauseMs, undefined, { signal: call.signal }).catch(() => {});
      }
    }
  }

  /** An answer that comes bit by bit, tried once; whoever reads it destroys it. @throws StatusError, LostConnection */
  async stream(call: Call): Promise<IncomingMessage> {
    return this.#send(call);
  }

  async #send({ method = "GET", path, query = {}, body, signal }: Call): Promise<IncomingMessage> {
    const url = new URL(this.cluster.server.replace(/\/$/, "") + path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    const options: RequestOptions = { method };
    try {
      await this.cluster.config.applyToHTTPSOptions(options);
    } catch (error) {
      throw new LabError("engine-unavailable", `the kubeconfig gives no credentials: ${(error as Error).message}`, {
        hint: "log in to the cluster again; the program that the kubeconfig names for it must be there",
        cause: error,
      });
    }
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const send = url.protocol === "http:" ? httpRequest : httpsRequest;
      // The client makes one agent for a configuration, which would greet the server anew for every call.
      if (options.agent instanceof HttpAgent) Object.assign(options.agent, { keepAlive: true });
      const text = body === undefined ? undefined : JSON.stringify(body);
      const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
      const headers = {
        ...options.headers,
        accept: "application/json, */*",
        ...(text === undefined ? {} : { "content-type": type, "content-length": Buffer.byteLength(text) }),
      };
      const asked = send(url, { ...options, headers, ...(signal ? { signal } : {}) }, resolve);
      asked.setTimeout(answerMs, () => asked.destroy(new Error(`no answer within ${answerMs / 1000} s`)));
      asked.on("error", error => reject(signal?.aborted ? signal.reason : new LostConnection(error)));
      asked.end(text);
    });
    answer.socket.setTimeout(0);
    const status = answer.statusCode ?? 0;
    if (status >= 400) throw statusError(status, await textOf(answer));
    return answer;
  }
}

function groupOf(kind: string): string {
  return kind === "jobs" ? "/apis/batch/v1" : "/api/v1";
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxAnswerBytes) throw new LabError("too-large", "the cluster's answer is too large");
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof LabError ? error : new LostConnection(error);
  }
  return Buffer.concat(chunks).toString("utf8");
}
