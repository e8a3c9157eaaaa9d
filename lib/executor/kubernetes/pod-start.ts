import { setTimeout as pause } from "node:timers/promises";
import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { LabError } from "../../error.ts";
import type { ReportPreparing } from "../preparing.ts";
import type { PodSession } from "./pod-session.ts";
import { type PodTrouble, progressOf, troubleOf } from "./pod-trouble.ts";

/** Events are told at their own pace: a Pod that waits changes nothing in itself. */
const eventsEveryMs = 1000;

/**
 * Waits until a container of the Pod runs, or has run; tells meanwhile what the cluster does for it.
 * @throws LabError `executor-unavailable` when it never will, or not in time; `engine-lost` when the Pod is gone
 */
export async function waitForContainer(
  session: PodSession,
  container: string,
  startSeconds: number,
  report: ReportPreparing,
): Promise<void> {
  const { watched, signal } = session;
  const giveUpAt = Date.now() + startSeconds * 1000;
  let said = "";
  for (;;) {
    signal.throwIfAborted();
    // Before anything is looked at: what changes while events are fetched is not to be waited for.
    const changed = watched.changed();
    const pod = session.now("before it started");
    if (pod !== null && hasStarted(pod, container)) return;
    const events = await watched.events();
    const trouble = pod === null ? null : troubleOf(pod, events);
    if (trouble?.isFinal) {
      const when = trouble.code === "engine-lost" ? ", before it started" : "";
      throw new LabError(trouble.code, `${trouble.message}${when}`, { hint: trouble.hint });
    }
    if (Date.now() > giveUpAt) throw tooLate(startSeconds, trouble);
    const what = trouble?.message ?? progressOf(events);
    if (what !== said) report(what);
    said = what;
    const stop = new AbortController();
    const timer = pause(eventsEveryMs, undefined, { signal: stop.signal }).catch(() => {});
    await Promise.race([changed, timer]);
    stop.abort();
  }
}

function hasStarted({ status }: V1Pod, container: string): boolean {
  const all: V1ContainerStatus[] = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const state = all.find(({ name }) => name === container)?.state;
  return state?.running !== undefined || state?.terminated !== undefined;
}

function tooLate(startSeconds: number, trouble: PodTrouble | null): LabError {
  const why = trouble === null ? "kubectl describe pod tells why" : trouble.message;
  return new LabError("executor-unavailable", `the Pod did not start within ${startSeconds} s: ${why}`, {
    hint: trouble?.hint ?? "give it more time: --pod-start SECONDS",
  });
}
