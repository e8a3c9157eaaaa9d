import { setTimeout as pause } from "node:timers/promises";
import { linesOf } from "./answer-lines.ts";
import type { ClusterApi } from "./cluster-api.ts";
import { clusterError, mayPass, StatusError } from "./cluster-error.ts";

export interface LogRequest {
  readonly pod: string;
  readonly container: string;
  /** Whether the container has ended: then a log that ends is whole. */
  readonly hasEnded: () => boolean;
  readonly signal: AbortSignal;
}

const patienceMs = 120_000;
const stampForm = /^(\S+) ?/;

/**
 * The lines of a container from its first one on, as they come. Each carries a time from the node; so after a broken
 * connection it goes on behind the last line that was seen, without one lost or told twice.
 *
 * @throws LabError `engine-lost`, `engine-unavailable`
 */
export async function* followLog(api: ClusterApi, request: LogRequest): AsyncGenerator<string, void, void> {
  let last = "";
  /** Lines that carry the very time of the last one. */
  let sameTime = 0;
  let awaySinceMs: number | null = null;
  for (;;) {
    request.signal.throwIfAborted();
    // Asked before the log is: what ends meanwhile may have more to say.
    const isWhole = request.hasEnded();
    try {
      let skip = sameTime;
      for await (const line of linesOf(await openLog(api, request, last))) {
        awaySinceMs = null;
        const stamp = stampForm.exec(line)?.[1] ?? "";
        const order = compareStamps(stamp, last);
        if (order < 0) continue;
        if (order === 0 && skip > 0) {
          skip -= 1;
          continue;
        }
        sameTime = order === 0 ? sameTime + 1 : 1;
        last = stamp;
        yield line.slice(stamp.length + 1);
      }
      if (isWhole) return;
    } catch (error) {
      request.signal.throwIfAborted();
      awaySinceMs ??= Date.now();
      const isAway = mayPass(error) || (error instanceof StatusError && error.status === 400);
      if (!isAway || Date.now() - awaySinceMs > patienceMs) {
        throw clusterError(api.cluster, `read the log of the Pod ${request.pod}`, error);
      }
    }
    // The server ends a log that it follows when the container ends, or when it is restarted itself. A busy node tells of
    // the end before the last lines are in the log.
    await pause(300, undefined, { signal: request.signal }).catch(() => {});
  }
}

function openLog(api: ClusterApi, { pod, container, signal }: LogRequest, last: string) {
  return api.stream({
    what: "read the log",
    path: `${api.path("pods", pod)}/log`,
    // Whole seconds are what the API understands.
    query: {
      container,
      follow: true,
      timestamps: true,
      ...(last === "" ? {} : { sinceTime: `${last.slice(0, 19)}Z` }),
    },
    signal,
  });
}

/** RFC 3339 with up to nine digits of a second, zeros at the end left out: as text, `…:01Z` would come after `…:01.5Z`. */
function compareStamps(a: string, b: string): number {
  const [x, y] = [a, b].map(stamp =>
    stamp
      .replace(/Z$/, "")
      .padEnd(19)
      .replace(/^(.{19})\.?(\d*)$/, padFraction),
  );
  return (x as string) < (y as string) ? -1 : (x as string) > (y as string) ? 1 : 0;
}

function padFraction(_all: string, seconds: string, fraction: string): string {
  return `${seconds}.${fraction.padEnd(9, "0")}`;
}
