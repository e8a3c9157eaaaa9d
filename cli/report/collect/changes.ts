/** Changes as columns, and differences of small text files. */

import { secretsInText } from "../../../lib/analysis/secrets/secret-scanner.ts";
import { hasSecretName } from "../../../lib/build/secrets.ts";
import type { StepOf } from "../../../lib/lab/lab.ts";
import type { Change, ChangeCause, ChangeKind, TreeNode } from "../../../lib/model/snapshot.ts";
import { rowsPerPause, Slices } from "../../../lib/pausing.ts";
import { countChanges } from "../../../lib/snapshot/count-changes.ts";
import { fileDiff } from "../../display/file-diff.ts";
import type { ReportChanges, ReportDiff } from "../document.ts";
import type { ReportRequest } from "./request.ts";

/** More changes of one step are counted, not listed. */
const mostChanges = 150_000;

/** What was only written again says nothing: Kaniko repeats the parents of all that it writes. */
export function isTold({ causes }: Change): boolean {
  return !causes.includes("rewritten");
}

/** @param changes in the order of paths. */
export async function changeColumns(
  { progress }: ReportRequest,
  step: number | null,
  changes: Iterable<Change>,
): Promise<ReportChanges> {
  const paths: string[] = [];
  const kinds: ChangeKind[] = [];
  const causes: (readonly ChangeCause[])[] = [];
  const beforeBytes: number[] = [];
  const afterBytes: number[] = [];
  let leftOut = 0;
  const slices = new Slices(progress.signal);
  const told = function* () {
    for (const change of changes) if (isTold(change)) yield change;
  };
  for (const change of told()) {
    if (paths.length % rowsPerPause === 0 && slices.isOver) {
      progress.onProgress?.("listing changes", paths.length, null, "rows");
      await slices.next();
    }
    if (paths.length === mostChanges) {
      leftOut += 1;
      continue;
    }
    paths.push(change.path);
    kinds.push(change.kind);
    causes.push(change.causes);
    beforeBytes.push(ownBytes(change.before));
    afterBytes.push(ownBytes(change.after));
  }
  return { step, counts: countChanges(changes), paths, kinds, causes, beforeBytes, afterBytes, leftOut };
}

function ownBytes(node: TreeNode | null): number {
  return node?.type === "file" ? node.sizeBytes : 0;
}

const largestDiffedBytes = 64 * 1024;
const mostDiffs = 200;
const mostDiffBytes = 512 * 1024;
const largestDiffBytes = 48 * 1024;

/** Collects differences until there is enough of them for one page. */
export class DiffCollector {
  readonly diffs: ReportDiff[] = [];
  readonly #request: ReportRequest;
  #bytes = 0;

  constructor(request: ReportRequest) {
    this.#request = request;
  }

  /** Adds the differences of the files that both sides have. */
  async add(step: number | null, from: StepOf, to: StepOf, changes: Iterable<Change>): Promise<void> {
    for (const change of changes) {
      if (this.diffs.length >= mostDiffs || this.#bytes >= mostDiffBytes) return;
      if (!canBeShown(change)) continue;
      const text = await fileDiff(this.#request.lab, from, to, change.path, this.#request.progress);
      if (text === null || text.length > largestDiffBytes || !text.includes("\n") || hasSecrets(text)) continue;
      this.diffs.push({ step, path: change.path, text });
      this.#bytes += text.length;
    }
  }
}

/** A report is sent to others: what may hold a secret is not quoted in it. */
function canBeShown({ kind, causes, before, after, path }: Change): boolean {
  if (kind !== "M" || !causes.includes("content") || before === null || after === null) return false;
  const isSmallFile = (node: TreeNode) => node.type === "file" && node.sizeBytes <= largestDiffedBytes;
  return isSmallFile(before) && isSmallFile(after) && !hasSecretName(path) && !privateNames.test(path);
}

const privateNames =
  /(?:^|\/)(?:\.env[^/]*|\.netrc|\.npmrc|\.pypirc|id_[a-z0-9]+|g?shadow-?|[^/]*\.(?:key|pem|p12|pfx))$/i;

/** Lines of a difference have a sign in front, which keys that go over lines must not have. */
function hasSecrets(diff: string): boolean {
  return secretsInText(diff.replaceAll(/^[ +-]/gm, "")).length > 0;
}
