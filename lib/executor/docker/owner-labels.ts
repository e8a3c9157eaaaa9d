import { hasOwnerEnded, ownerMark } from "../owner-mark.ts";

const markLabel = "kaniko-lab";
const ownerLabel = "kaniko-lab.owner";
const keepLabel = "kaniko-lab.keep";

/** Selects everything that this program made in an engine. */
export const ownFilter = `${markLabel}=1`;

/** Marks a container as made here, and by which process, so that one that was left behind can be told from one in use. */
export function ownerLabels(keep = false): Record<string, string> {
  return { [markLabel]: "1", [ownerLabel]: ownerMark(), ...(keep ? { [keepLabel]: "1" } : {}) };
}

/** Whether it may have been left for looking: then only its user removes it. */
export function isKept(labels: Readonly<Record<string, string>>): boolean {
  return labels[keepLabel] === "1";
}

/** Marks a volume that outlives runs. */
export function sharedLabels(): Record<string, string> {
  return { [markLabel]: "1" };
}

/** Whether the process that made it has certainly ended. False for what others made, or what cannot be told from here. */
export function isOrphan(labels: Readonly<Record<string, string>>): boolean {
  return labels[markLabel] === "1" && hasOwnerEnded(labels[ownerLabel]);
}
