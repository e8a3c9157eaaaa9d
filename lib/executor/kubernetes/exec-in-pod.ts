import { Readable } from "node:stream";
import { LabError, messageOf } from "../../error.ts";
import { LostConnection, StatusError } from "./cluster-error.ts";
import type { Cluster } from "./connect-cluster.ts";
import { importClient } from "./import-client.ts";

export interface ExecPlace {
  readonly pod: string;
  readonly container: string;
}

export interface ExecEnd {
  readonly code: number;
  /** What the program complained about, cut off. */
  readonly complaint: string;
}

export interface ExecOptions {
  /** Gives the program a terminal, to which all its output goes. */
  readonly isTerminal?: boolean;
  /** Takes what the program complains about as it comes. */
  readonly onComplaint?: (data: Buffer) => void;
}

/** What is used of the client's web socket; its package brings no types. */
interface Socket {
  readonly protocol: string;
  readonly bufferedAmount: number;
  send(data: Uint8Array, done: (error?: Error) => void): void;
  pause(): void;
  resume(): void;
  ping(): void;
  close(): void;
  terminate(): void;
  on(event: string, listener: (...values: never[]) => void): void;
}

const channel = { input: 0, output: 1, complaint: 2, status: 3, size: 4, close: 255 } as const;
const frameBytes = 64 << 10;
const waitingBytes = 1 << 20;
const maxComplaintLength = 4000;
/** A connection that says nothing for so long, not even to a ping, is dead. */
const silenceMs = 30_000;

/**
 * A program in a container, as `kubectl exec` runs it. Both directions wait for the slower side: neither a large context
 * nor a large result is ever held in memory.
 */
export class PodExec {
  readonly output: Readable;
  /** The program's end. Rejects with LostConnection when the connection broke before that was known. */
  readonly ended: Promise<ExecEnd>;
  readonly #socket: Socket;
  readonly #onComplaint: ((data: Buffer) => void) | undefined;

  /** @throws StatusError, LostConnection */
  static open(
    cluster: Cluster,
    place: ExecPlace,
    command: readonly string[],
    signal: AbortSignal,
    options: ExecOptions = {},
  ): Promise<PodExec> {
    const isTerminal = options.isTerminal ?? false;
    // A terminal has one output.
    const streams = { stdin: "true", stdout: "true", stderr: String(!isTerminal), tty: String(isTerminal) };
    const query = new URLSearchParams({ container: place.container, ...streams });
    for (const word of command) query.append("command", word);
    return PodExec.#open(cluster, `${podPath(cluster, place)}/exec?${query}`, signal, options);
  }

  /** The container's own standard input; its output is read as its log. */
  static attach(cluster: Cluster, place: ExecPlace, signal: AbortSignal): Promise<PodExec> {
    const query = new URLSearchParams({ container: place.container, stdin: "true" });
    return PodExec.#open(cluster, `${podPath(cluster, place)}/attach?${query}`, signal);
  }

  static async #open(
    cluster: Cluster,
    path: string,
    signal: AbortSignal,
    { onComplaint }: ExecOptions = {},
  ): Promise<PodExec> {
    const { Exec } = await importClient();
    const { handler } = new Exec(cluster.config);
    // With streams of this process, which are the default, the handler would end them.
    Object.assign(handler, { streams: { stdin: { pause: () => {} }, stdout: sink, stderr: sink } });
    const early: [number, Buffer][] = [];
    let take = (number: number, data: Buffer): void => void early.push([number, data]);
    try {
      const socket = (await handler.connect(path, null, (number, data) => {
        take(number, data);
        return true;
      })) as unknown as Socket;
      const exec = new PodExec(socket, signal, onComplaint);
      take = (number, data) => exec.#take(number, data);
      for (const [number, data] of early) exec.#take(number, data);
      return exec;
    } catch (error) {
      signal.throwIfAborted();
      throw connectError(error);
    }
  }

  #complaint = "";
  #hasEnded = false;
  #resolve: (end: ExecEnd) => void = () => {};

  private constructor(socket: Socket, signal: AbortSignal, onComplaint?: (data: Buffer) => void) {
    this.#socket = socket;
    this.#onComplaint = onComplaint;
    this.output = new Readable({ highWaterMark: waitingBytes, read: () => socket.resume() });
    // Whoever reads it learns of errors; who does not, learns of them by `ended`.
    this.output.on("error", () => {});
    const abort = () => socket.terminate();
    signal.addEventListener("abort", abort, { once: true });
    const beat = this.#watchOver();
    this.ended = new Promise<ExecEnd>((resolve, reject) => {
      this.#resolve = resolve;
      socket.on("close", () => {
        clearInterval(beat);
        signal.removeEventListener("abort", abort);
        const error = signal.aborted
          ? (signal.reason as Error)
          : new LostConnection(new Error("the connection into the Pod broke"));
        // Neither says anything when the end was told before.
        if (!this.#hasEnded) this.output.destroy(error);
        reject(error);
      });
    });
    this.ended.catch(() => {});
    if (signal.aborted) abort();
  }

  /** Sends some input; resolves when there is room for more. @throws LostConnection */
  async write(data: Buffer): Promise<void> {
    for (let at = 0; at < data.length; at += frameBytes) {
      const sent = this.#send(Buffer.concat([Buffer.of(channel.input), data.subarray(at, at + frameBytes)]));
      if (this.#socket.bufferedAmount > waitingBytes) await sent;
      else sent.catch(() => {});
    }
  }

  /** The end of the input. @throws LabError `engine-unavailable` with a server that cannot be told */
  async endInput(): Promise<void> {
    if (this.#socket.protocol !== "v5.channel.k8s.io") {
      throw new LabError(
        "engine-unavailable",
        `this cluster is too old for sending files: it speaks ${this.#socket.protocol}`,
        {
          hint: "Kubernetes 1.30 and newer can; or --context-transport host-path, or a context that Kaniko fetches itself",
        },
      );
    }
    await this.#send(Buffer.of(channel.close, channel.input));
  }

  /** Tells the program's terminal its size. @throws LostConnection */
  async resize(columns: number, rows: number): Promise<void> {
    await this.#send(
      Buffer.concat([Buffer.of(channel.size), Buffer.from(JSON.stringify({ Width: columns, Height: rows }))]),
    );
  }

  close(): void {
    this.#socket.terminate();
  }

  #send(frame: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(frame, error => (error ? reject(new LostConnection(error)) : resolve()));
    });
  }

  #take(number: number, data: Buffer): void {
    // Each channel begins with an empty message.
    if (data.length === 0) return;
    if (number === channel.output && !this.output.push(data)) this.#socket.pause();
    if (number === channel.complaint) this.#onComplaint?.(data);
    if (number === channel.complaint) this.#complaint = (this.#complaint + String(data)).slice(0, maxComplaintLength);
    if (number === channel.status) {
      // Comes when both outputs are at their end.
      this.#hasEnded = true;
      this.output.push(null);
      this.#resolve({ code: exitCodeOf(data), complaint: this.#complaint.trim() });
      this.#socket.close();
    }
  }

  #watchOver(): NodeJS.Timeout {
    let lastMs = Date.now();
    const alive = () => {
      lastMs = Date.now();
    };
    for (const event of ["message", "pong", "ping"]) this.#socket.on(event, alive);
    const beat = setInterval(() => {
      // While nobody reads, nothing is heard either.
      if (this.output.readableLength >= waitingBytes) return alive();
      if (Date.now() - lastMs > silenceMs) this.#socket.terminate();
      else this.#socket.ping();
    }, silenceMs / 3);
    beat.unref();
    return beat;
  }
}

const sink = { end: () => {} };

function podPath(cluster: Cluster, { pod }: ExecPlace): string {
  return `/api/v1/namespaces/${encodeURIComponent(cluster.namespace)}/pods/${encodeURIComponent(pod)}`;
}

/** The API's `Status`: `Success`, or `NonZeroExitCode` with the code among its causes. */
function exitCodeOf(data: Buffer): number {
  const status = JSON.parse(data.toString("utf8")) as {
    status?: string;
    message?: string;
    details?: { causes?: readonly { reason?: string; message?: string }[] };
  };
  if (status.status === "Success") return 0;
  const code = status.details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
  return code === undefined ? -1 : Number(code);
}

/** Refused upgrades come as words only: "Unexpected server response: 403". */
function connectError(error: unknown): unknown {
  const { message = "", error: inner } = error as { message?: string; error?: unknown };
  const status = /Unexpected server response: (\d{3})/.exec(message)?.[1];
  if (status !== undefined) return new StatusError(Number(status), "", message);
  return new LostConnection(inner ?? new Error(message || messageOf(error)));
}
