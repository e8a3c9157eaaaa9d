import { setTimeout as pause } from "node:timers/promises";
import type { CoreV1Event, CoreV1EventList, V1Pod } from "@kubernetes/client-node";
import { LabError } from "../../error.ts";
import { linesOf } from "./answer-lines.ts";
import type { ClusterApi } from "./cluster-api.ts";
import { clusterError, mayPass, StatusError } from "./cluster-error.ts";

/** The server ends a watch itself after some time; a connection that broke without a word is then noticed, too. */
const watchSeconds = 240;
/** How long a cluster may be away before a build is given up. */
const patienceMs = 120_000;

/** A Pod as it is now, kept up to date by the API's watch until `stop`. */
export class WatchedPod {
  readonly #api: ClusterApi;
  readonly #name: string;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #latest: V1Pod | null = null;
  /** Why nothing more will come. */
  #failure: unknown = null;
  #wake: (() => void)[] = [];

  constructor(api: ClusterApi, name: string, signal: AbortSignal) {
    this.#api = api;
    this.#name = name;
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
    this.#signal.addEventListener("abort", () => this.#tell(), { once: true });
    void this.#follow().catch(error => {
      this.#failure ??= error;
      this.#tell();
    });
  }

  /** As it was last seen; null before the first answer. */
  get latest(): V1Pod | null {
    return this.#latest;
  }

  /**
   * Waits until `check` finds something in the Pod.
   * @throws what `check` throws; LabError `engine-lost` when the Pod is gone or the cluster away for long; the signal's reason
   */
  async until<T>(check: (pod: V1Pod) => T | null): Promise<T> {
    for (;;) {
      this.#signal.throwIfAborted();
      const found = this.#latest === null ? null : check(this.#latest);
      if (found !== null) return found;
      this.check();
      await this.changed();
    }
  }

  /** Looks at the Pod now, beside the watch. */
  async refresh(): Promise<void> {
    try {
      this.#put(await this.#get());
    } catch (error) {
      if (mayPass(error)) return;
      this.#failure ??= this.#explained(error);
      this.#tell();
    }
  }

  /** @throws why nothing more will come */
  check(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** The next change, or the end of everything. */
  changed(): Promise<void> {
    return new Promise(resolve => void this.#wake.push(resolve));
  }

  /** What the cluster tells of the Pod, as far as it may be read. */
  async events(): Promise<readonly CoreV1Event[]> {
    const fieldSelector = `involvedObject.kind=Pod,involvedObject.name=${this.#name}`;
    const call = {
      what: "list events",
      path: this.#api.path("events"),
      query: { fieldSelector },
      signal: this.#signal,
    };
    const list = await this.#api.ask<CoreV1EventList>({ ...call, patienceMs: 0 }).catch(() => null);
    return list?.items ?? [];
  }

  stop(): void {
    this.#stop.abort(new LabError("cancelled", "the build is over"));
  }

  #tell(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  async #follow(): Promise<void> {
    let awaySinceMs: number | null = null;
    while (!this.#signal.aborted) {
      try {
        const pod = await this.#get();
        awaySinceMs = null;
        this.#put(pod);
        await this.#watch(pod.metadata?.resourceVersion ?? "0");
      } catch (error) {
        if (this.#signal.aborted) return;
        awaySinceMs ??= Date.now();
        if (!mayPass(error) || Date.now() - awaySinceMs > patienceMs) throw this.#explained(error);
        await pause(500, undefined, { signal: this.#signal }).catch(() => {});
      }
    }
  }

  #get(): Promise<V1Pod> {
    const path = this.#api.path("pods", this.#name);
    return this.#api.ask<V1Pod>({ what: "look at the Pod", path, signal: this.#signal, patienceMs: 0 });
  }

  /** Ends without an error when the server ends it: then the Pod is looked at anew. */
  async #watch(resourceVersion: string): Promise<void> {
    const answer = await this.#api.stream({
      what: "watch the Pod",
      path: this.#api.path("pods"),
      query: {
        watch: true,
        fieldSelector: `metadata.name=${this.#name}`,
        resourceVersion,
        timeoutSeconds: watchSeconds,
      },
      signal: this.#signal,
    });
    answer.setTimeout((watchSeconds + 15) * 1000, () => answer.destroy(new Error("the watch hangs")));
    for await (const line of linesOf(answer)) {
      const { type, object } = JSON.parse(line) as { type: string; object: V1Pod };
      if (type === "ERROR") return;
      if (type === "DELETED") throw new StatusError(404, "NotFound", "deleted");
      if (type === "ADDED" || type === "MODIFIED") this.#put(object);
    }
  }

  #put(pod: V1Pod): void {
    this.#latest = pod;
    this.#tell();
  }

  #explained(error: unknown): unknown {
    if (!(error instanceof StatusError && error.status === 404)) {
      return clusterError(this.#api.cluster, `watch the Pod ${this.#name}`, error);
    }
    return new LabError("engine-lost", `the Pod ${this.#name} is gone: somebody deleted it, or its node`, {
      hint: "build again; kubectl get events tells who removed it",
    });
  }
}
