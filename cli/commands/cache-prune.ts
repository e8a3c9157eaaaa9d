import { parseBytes } from "../../lib/analysis/waste/waste-rules.ts";
import { settleAbandoned } from "../../lib/build/settle-abandoned.ts";
import { LabError } from "../../lib/error.ts";
import type { EngineItem } from "../../lib/executor/docker/prune-engine.ts";
import { type PruneItem, type PrunePlan, type PruneRules, planPrune } from "../../lib/kaniko-cache/prune/plan-prune.ts";
import { readPruneState } from "../../lib/kaniko-cache/prune/read-state.ts";
import { removeItems, runningBuilds } from "../../lib/kaniko-cache/prune/remove-items.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { engineLines, pruneLines, unknownLine } from "../display/prune.ts";

interface PruneArgs {
  readonly where?: string;
  readonly olderThan?: string;
  readonly maxSize?: string;
  readonly unused?: boolean;
  readonly expired?: boolean;
  readonly builds?: number;
  readonly engine?: boolean;
  readonly yes?: boolean;
}

export const command: Command = {
  examples: [
    ["$0 cache prune", "what could go: expired entries, and what belongs to nothing"],
    ["$0 cache prune --builds 20 --unused --yes", "keep 20 builds and what they need"],
    ["$0 cache prune --max-size 5GB --yes", "the entries that were used last, 5 GB of them"],
    [
      "$0 cache prune docker://registry.example/team/cache --older-than 4w",
      "of the repository that --cache-repo names",
    ],
  ],
  options: argv =>
    argv
      .positional("where", { type: "string", describe: "docker://HOST/REPOSITORY (default: the cache folder)" })
      .option("older-than", {
        type: "string",
        requiresArg: true,
        describe: "Entries not made or used for 30d, 12h, 2w",
      })
      .option("max-size", { type: "string", requiresArg: true, describe: "Entries beyond 5GB together, oldest first" })
      .option("unused", { type: "boolean", describe: "Entries that no kept build made or used" })
      .option("expired", { type: "boolean", describe: "Entries that Kaniko takes no more (default: only these)" })
      .option("builds", { type: "number", requiresArg: true, describe: "Keep so many builds, and those with a name" })
      .option("engine", { type: "boolean", describe: "Also what is kept in the Docker or Podman engine" })
      .option("yes", { alias: "y", type: "boolean", describe: "Remove it (default: only tell what would go)" }),
  async run(context, args: PruneArgs) {
    await settleAbandoned(context.cache);
    const rules = rulesOf(args);
    if (args.where !== undefined) {
      const { pruneRegistry } = await import("./prune-registry.ts");
      return pruneRegistry(context, registryPlace(args), rules, args.yes === true);
    }
    const plan = await planOf(context, rules);
    const engineItems = args.engine ? await engineItemsOf(context, rules) : [];
    const { removed, kept } = args.yes ? await remove(context, plan, engineItems) : nothingRemoved;
    if (context.output.json) {
      context.output.document({
        dryRun: args.yes !== true,
        items: plan.items,
        engine: engineItems,
        unknownLayers: plan.unknown.map(({ path, sizeBytes }) => ({ path, sizeBytes })),
        removed: removed.map(({ path }) => path),
        keptInEngine: kept,
        sizeBytes: plan.items.reduce((sum, item) => sum + item.sizeBytes, 0),
      });
      return 0;
    }
    await showResult(context, plan, engineItems, args.yes === true ? removed : null, kept);
    return 0;
  },
};

/** @throws LabError `usage` */
function registryPlace({ where = "", engine }: PruneArgs): string {
  if (!where.startsWith("docker://"))
    throw new LabError("usage", `cache prune takes docker://HOST/REPOSITORY, not ${JSON.stringify(where)}`, {
      hint: "without it, the cache folder is pruned: --cache-dir says which",
    });
  if (engine) throw new LabError("usage", "--engine is about the cache folder: a registry has no engine");
  return where;
}

function rulesOf(args: PruneArgs): PruneRules {
  const { builds } = args;
  if (builds !== undefined && !(Number.isSafeInteger(builds) && builds >= 0))
    throw new LabError("usage", `--builds takes how many builds to keep, not ${builds}`);
  const isChosen = args.olderThan ?? args.maxSize ?? args.unused ?? args.expired;
  return {
    olderThanMs: args.olderThan === undefined ? null : parseAge(args.olderThan),
    maxSizeBytes: args.maxSize === undefined ? null : parseBytes(args.maxSize),
    unused: args.unused ?? false,
    expired: args.expired ?? isChosen === undefined,
    keepBuilds: builds ?? null,
  };
}

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

function parseAge(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([mhdw])$/.exec(text.trim());
  if (match) return Number(match[1]) * (unitMs[match[2] as string] as number);
  throw new LabError("usage", `${JSON.stringify(text)} is no age`, { hint: "write it as 30m, 12h, 30d, 2w" });
}

async function planOf(context: CliContext, rules: PruneRules): Promise<PrunePlan> {
  const onProgress = (done: number, total: number) => {
    if (done % 50 === 0) context.output.status(`reading entries: ${done} of ${total}`);
  };
  const state = await readPruneState(context.cache, { signal: context.signal, onProgress });
  context.output.status("");
  return planPrune(state, rules);
}

/** What is younger may still save a transfer. */
const engineAgeMs = 14 * 86_400_000;

async function engineItemsOf(context: CliContext, { olderThanMs }: PruneRules): Promise<EngineItem[]> {
  const { findEngineItems } = await import("../../lib/executor/docker/prune-engine.ts");
  return findEngineItems(Date.now() - (olderThanMs ?? engineAgeMs), context.signal);
}

type Kept = { readonly item: EngineItem; readonly why: string };
const nothingRemoved: { removed: readonly PruneItem[]; kept: readonly Kept[] } = { removed: [], kept: [] };

async function remove(context: CliContext, plan: PrunePlan, engineItems: readonly EngineItem[]) {
  const onProgress = (done: number, total: number) => context.output.status(`removing: ${done} of ${total}`);
  const removed = await removeItems(context.cache, plan.items, { signal: context.signal, onProgress });
  context.output.status("");
  if (engineItems.length === 0) return { removed, kept: [] };
  const { removeEngineItems } = await import("../../lib/executor/docker/prune-engine.ts");
  const { kept } = await removeEngineItems(engineItems, context.signal);
  return { removed, kept };
}

async function showResult(
  { output, cache }: CliContext,
  plan: PrunePlan,
  engineItems: readonly EngineItem[],
  removed: readonly PruneItem[] | null,
  kept: readonly Kept[],
): Promise<void> {
  for (const line of pruneLines(plan.items, removed, output)) output.line(line);
  for (const line of engineLines(engineItems, kept, removed !== null, output)) output.line(line);
  if (plan.unknown.length > 0) output.note(unknownLine(plan.unknown));
  if (removed !== null || plan.items.length + engineItems.length === 0) return;
  const [running] = await runningBuilds(cache);
  output.note(
    running === undefined
      ? "nothing is removed yet; the same with --yes removes it"
      : `build ${running} is running: nothing can be removed before it has ended`,
  );
}
