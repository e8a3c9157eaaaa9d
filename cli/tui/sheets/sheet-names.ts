/** The views that take the place of the panes, once: keys, palette and help are made from this table. */

import type { KeyName } from "../keys/key-names.ts";

export const sheetKinds = ["treemap", "compare", "timeline", "cache", "cluster", "batch"] as const;
export type SheetKind = (typeof sheetKinds)[number];

export interface SheetInfo {
  readonly kind: SheetKind;
  readonly keys: readonly KeyName[];
  /** What is seen there. */
  readonly help: string;
}

export const sheetInfos: readonly SheetInfo[] = [
  { kind: "treemap", keys: ["m", "4"], help: "map of sizes: of the tree, of the step's changes, of its layer" },
  { kind: "compare", keys: ["C", "5"], help: "two builds side by side, aligned by instruction" },
  { kind: "timeline", keys: ["T", "6"], help: "time line: run, snapshot and push of each step" },
  { kind: "cache", keys: ["K", "7"], help: "entries of Kaniko's caches, and the builds that use them" },
  { kind: "cluster", keys: ["U", "8"], help: "our Pods and Jobs in the cluster of the kubeconfig" },
  { kind: "batch", keys: ["A", "9"], help: "all builds of build --all, while they run" },
];
