import type { ReportPreparing } from "../preparing.ts";
import type { ClusterApi } from "./cluster-api.ts";
import { OwnedPod, type PodOrder } from "./owned-pod.ts";
import { PodSession } from "./pod-session.ts";
import { waitForContainer } from "./pod-start.ts";

export interface HelperPod {
  readonly document: PodOrder["document"];
  /** That must run, or have ended, before the task begins. */
  readonly containers: readonly string[];
  readonly startSeconds: number;
  readonly report: ReportPreparing;
  readonly signal: AbortSignal;
  /** Where the Pod is left when it never starts: told how to look at it. */
  readonly onLeft?: ((text: string) => void) | undefined;
}

/**
 * A Pod for the time of one task; gone afterwards, however the task ends, unless it never started and is left for looking.
 * @throws LabError as `OwnedPod.create` and `waitForContainer`, and what the task throws
 */
export async function withHelperPod<Result>(
  api: ClusterApi,
  { document, containers, startSeconds, report, signal, onLeft }: HelperPod,
  task: (session: PodSession) => Promise<Result>,
): Promise<Result> {
  const owned = new OwnedPod(api, signal, onLeft !== undefined);
  // At once, and not when the task has noticed: it may wait for what the Pod says.
  const removeNow = () => void owned.remove(true).catch(() => {});
  signal.addEventListener("abort", removeNow, { once: true });
  let session: PodSession | null = null;
  try {
    await owned.create({ kind: "pods", env: {}, document, startSeconds, report });
    session = new PodSession(api, owned.podName, signal);
    for (const container of containers) await waitForContainer(session, container, startSeconds, report);
    return await task(session);
  } catch (error) {
    if (onLeft && owned.isLeftBy(error)) onLeft(owned.leave(null));
    throw error;
  } finally {
    signal.removeEventListener("abort", removeNow);
    session?.stop();
    await owned.remove(signal.aborted).catch((error: unknown) => {
      // In other cases there is an error that says more, or a result; the next run removes what was left.
      if (signal.aborted) throw error;
    });
  }
}
