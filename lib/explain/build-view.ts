/** All that was kept of a build and tells of its keys, in a form that can be asked step by step. Pure. */

import { type StepParts, splitParts } from "../cache-key/step-parts.ts";
import type { ContextEntry, ContextListing } from "../context/context-listing.ts";
import { contextReaders } from "../context/context-readers.ts";
import { ContextTree, type NamedSource } from "../context/context-tree.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { LabError } from "../error.ts";
import type { BuildRecord, Step } from "../model/build.ts";
import type { ImageConfig } from "../model/image.ts";
import { type BuildScopes, type StepScope, scopesOf } from "./step-scopes.ts";

export interface KeptBuild {
  readonly record: BuildRecord;
  /** As it was built; null where it was not kept. */
  readonly dockerfile: string | null;
  readonly listing: ContextListing | null;
  readonly config: ImageConfig | null;
  /** Switches of the fork that were on; null where the log does not tell. */
  readonly features: readonly string[] | null;
  /** Known from a log alone: its stages have no names, its driver and version are not known. */
  readonly isLog?: boolean;
}

export class BuildView {
  readonly kept: KeptBuild;
  readonly scopes: BuildScopes | null;
  readonly #parts = new Map<number, StepParts | null>();
  readonly #sources: ReadonlyMap<number, readonly NamedSource[]> | null;

  constructor(kept: KeptBuild) {
    this.kept = kept;
    this.scopes = kept.dockerfile === null ? null : scopesOf(kept.dockerfile, kept.record);
    this.#sources = sourcesOf(kept);
  }

  get record(): BuildRecord {
    return this.kept.record;
  }

  parts(step: Step): StepParts | null {
    const known = this.#parts.get(step.number);
    if (known !== undefined) return known;
    const parts = splitParts(step);
    this.#parts.set(step.number, parts);
    return parts;
  }

  scope(step: Step): StepScope | null {
    return this.scopes?.ofStep.get(step.number) ?? null;
  }

  /** What the step took from the context; null when the context was not listed. */
  sources(step: Step): readonly NamedSource[] | null {
    return this.#sources === null ? null : (this.#sources.get(step.number) ?? []);
  }

  from(stage: number): Step | null {
    return this.record.steps.find(step => step.stage.index === stage && step.instruction === "FROM") ?? null;
  }

  /** What stands for the stage's base in its keys. */
  baseKey(stage: number): string | null {
    for (const step of this.record.steps) {
      const base = step.stage.index === stage ? this.parts(step)?.base : undefined;
      if (base !== undefined && base !== null) return base;
    }
    return null;
  }

  /** The image that a stage starts from, variables filled in; null for scratch, an earlier stage, and where it is not known. */
  baseName(stage: number): string | null {
    const base = this.scopes?.resolved.stages[stage]?.base;
    return base?.kind === "image" ? base.reference : null;
  }

  /** The value of one of Kaniko's flags as this build gave it; "" for one without a value, null when it was not given. */
  flag(name: string): string | null {
    const { flags } = this.record.spec;
    for (let at = flags.length - 1; at >= 0; at -= 1) {
      const flag = flags[at] as string;
      if (flag.startsWith(`--${name}=`)) return flag.slice(name.length + 3);
      if (flag !== `--${name}`) continue;
      const next = flags[at + 1];
      return next === undefined || next.startsWith("--") ? "" : next;
    }
    return null;
  }

  isOn(name: string, whenUnset: boolean): boolean {
    const value = this.flag(name);
    return value === null ? whenUnset : value === "" || /^(?:1|t|true)$/i.test(value);
  }
}

function sourcesOf({ record, dockerfile, listing, config }: KeptBuild): Map<number, NamedSource[]> | null {
  if (dockerfile === null || listing === null) return null;
  const tree = new ContextTree(listing.entries);
  const sources = new Map<number, NamedSource[]>();
  try {
    const env = (config?.env ?? []).map(variable => {
      const equals = variable.indexOf("=");
      return [variable.slice(0, equals), variable.slice(equals + 1)] as const;
    });
    const readers = contextReaders(parseDockerfile(dockerfile), record.steps, {
      buildArgs: record.spec.buildArgs,
      target: record.spec.target,
      argsFirst: record.executor.family !== "upstream",
      finalStart: { env: new Map(env), workdir: "" },
    });
    const folders = new Map(listing.entries.filter(({ type }) => type === "dir").map(entry => [entry.path, entry]));
    for (const { step, sources: words } of readers) {
      const known = sources.get(step.number) ?? [];
      sources.set(step.number, [...known, ...tree.sources(words).map(source => withFolder(source, folders))]);
    }
  } catch (error) {
    if (error instanceof LabError) return null;
    throw error;
  }
  return sources;
}

/** A folder's own mode and owner count, too. */
function withFolder(source: NamedSource, folders: ReadonlyMap<string, ContextEntry>): NamedSource {
  const folder = source.isFolder ? folders.get(source.path) : undefined;
  return folder === undefined ? source : { ...source, entries: [folder, ...source.entries] };
}
