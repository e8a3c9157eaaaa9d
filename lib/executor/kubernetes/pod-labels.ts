import type { V1ObjectMeta } from "@kubernetes/client-node";
import { hasOwnerEnded, ownerMark } from "../owner-mark.ts";

/** On everything that this program makes in a cluster. */
export const ownLabels = { "app.kubernetes.io/managed-by": "kaniko-lab" } as const;

export const ownSelector = "app.kubernetes.io/managed-by=kaniko-lab";

const runLabel = "kaniko-lab/run";
/** Values of labels are short and plain: who made it stands in an annotation. */
const ownerAnnotation = "kaniko-lab/owner";
const keepAnnotation = "kaniko-lab/keep";

/** Labels of everything that belongs to one run. */
export function runLabels(run: string): Record<string, string> {
  return { "app.kubernetes.io/name": "kaniko", ...ownLabels, [runLabel]: run };
}

export function runSelector(run: string): string {
  return `${runLabel}=${run}`;
}

/**
 * Tells which process made it, so that what was left behind can be told from what is in use.
 * @param keep whether it may be left for looking: then only its user removes it
 */
export function ownerAnnotations(keep: boolean): Record<string, string> {
  return { [ownerAnnotation]: ownerMark(), ...(keep ? { [keepAnnotation]: "true" } : {}) };
}

/** Whether it may have been left for looking. */
export function isKept(metadata: V1ObjectMeta | undefined): boolean {
  return metadata?.annotations?.[keepAnnotation] === "true";
}

/** Whether the process that made it has certainly ended. */
export function isOrphan(metadata: V1ObjectMeta | undefined): boolean {
  return hasOwnerEnded(metadata?.annotations?.[ownerAnnotation]);
}
