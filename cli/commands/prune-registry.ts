/** `cache prune docker://…`: the same rules and the same answer for a layer cache in a registry. */

import { LabError } from "../../lib/error.ts";
import { createClient } from "../../lib/kaniko-cache/list-caches.ts";
import type { PruneRules } from "../../lib/kaniko-cache/prune/plan-prune.ts";
import { planRegistryPrune, removeFromRegistry } from "../../lib/kaniko-cache/prune/prune-registry.ts";
import { readBuildFolders } from "../../lib/kaniko-cache/prune/read-state.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { CliContext } from "../context.ts";
import { shortDigest } from "../display/format.ts";
import { pruneLines } from "../display/prune.ts";

/** @throws LabError `usage` for what only a cache folder has; as `planRegistryPrune` and `removeFromRegistry` */
export async function pruneRegistry(
  context: CliContext,
  where: string,
  rules: PruneRules,
  isWanted: boolean,
): Promise<number> {
  const { output, signal } = context;
  if (rules.keepBuilds !== null)
    throw new LabError("usage", "--builds is about the cache folder: a registry has no builds", {
      hint: "--older-than, --max-size, --unused and --expired choose entries",
    });
  const client = await createClient();
  const repository = where.slice("docker://".length);
  const progress = (what: string) => ({
    signal,
    onProgress: (done: number, total: number) => {
      if (done % 50 === 0) output.status(`${what}: ${done} of ${total}`);
    },
  });
  const builds = await readBuildFolders(context.cache);
  const plan = await planRegistryPrune(client, repository, builds, rules, progress("reading entries"));
  const removed = isWanted ? await removeFromRegistry(client, plan, progress("removing")) : null;
  output.status("");
  if (output.json) {
    output.document({
      where,
      dryRun: !isWanted,
      items: plan.items,
      kept: plan.kept.map(({ item, why }) => ({ name: item.name, why })),
      removed: (removed ?? []).map(({ path }) => path),
      sizeBytes: plan.items.reduce((sum, item) => sum + item.sizeBytes, 0),
    });
    return 0;
  }
  for (const line of pruneLines(plan.items, removed, output)) output.line(line);
  for (const { item, why } of plan.kept) output.note(`${shortDigest(item.name)} stays: ${showText(why)}`);
  if (plan.items.length === 0) return 0;
  if (rules.unused || rules.olderThanMs !== null || rules.maxSizeBytes !== null)
    output.note("who else uses them is not known: only the builds of this cache folder are looked at");
  output.note(
    removed === null
      ? "nothing is removed yet; the same with --yes removes it"
      : "the registry frees the space at its next garbage collection",
  );
  return 0;
}
