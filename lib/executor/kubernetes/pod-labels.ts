import type { V1ObjectMeta } from "@kubernetes/client-node";
import { hasOwnerEnded, ownerMark } from "../owner-mark.ts";

/** On everything that this program makes in a cluster. */
export const ownLabels = { "app.kubernetes.io/managed-by": "kaniko-lab" } as const;

export const ownSelector = "app.kubernetes.io/managed-by=kaniko-lab";

const runLabel = "kaniko-lab/run";
/** Values of labels are short and plain: who made it stands in an annotation. */
const ownerAnnotation = "kaniko-lab/owner";

/** Labels of everything that belongs to one run. */
export function runLabels(run: string): Record<string, string> {
  return { "app.kubernetes.io/name": "kaniko", ...ownLabels, [runLabel]: run };
}

export function runSelector(run: string): string {
  return `${runLabel}=${run}`;
}

/** Tells which process made it, so that what was left behind can be told from what is in use. */
export function ownerAnnotations(): Record<string, string> {
  return { [ownerAnnotation]: ownerMark() };
}

/** Whether the process that made it has certainly ended. */
export function isOrphan(metadata: V1ObjectMeta | undefined): boolean {
  return hasOwnerEnded(metadata?.annotations?.[ownerAnnotation]);
}
