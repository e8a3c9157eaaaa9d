import { LabError } from "../../lib/error.ts";
import type { Step } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Snapshot, TreeNode } from "../../lib/model/snapshot.ts";
import { missingPathHint } from "../../lib/snapshot/read-node.ts";

/** `/usr//bin/` → `usr/bin`; `..` does not climb above the root. */
export function cleanPath(text: string): string {
  const names: string[] = [];
  for (const name of text.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return names.join("/");
}

/** The node at a path. @throws LabError `not-found` */
export function nodeAt(snapshot: Snapshot, step: Step, path: string): TreeNode {
  return found(snapshot.node(path), step, path);
}

/** What is at a path. @throws LabError `not-found` for null. */
export function found<Found>(what: Found | null, step: Step, path: string): Found {
  if (what !== null) return what;
  throw new LabError("not-found", `there is no /${showText(path)} after step ${step.number}`, {
    hint: missingPathHint,
  });
}
