/** The parts of two keys of one instruction side by side. Pure. */

import { hasSecretName, mask } from "../build/secrets.ts";
import type { KeyPart, KeyPartKind } from "../cache-key/key-part.ts";
import { recordedParts } from "../cache-key/recorded-parts.ts";
import type { Step } from "../model/build.ts";
import type { BuildView } from "./build-view.ts";

export interface PartRow {
  readonly kind: KeyPartKind;
  /** Of the variable or the path; "" where the kind says it all. */
  readonly name: string;
  /** In the other build; null: it had no such part. Values of variables that are called like secrets are masked. */
  readonly before: string | null;
  readonly after: string | null;
  readonly differs: boolean;
}

/** In the order of the key. Sources are told apart by their names, where all have one; else by their place. */
export function partTable(before: readonly KeyPart[], after: readonly KeyPart[]): PartRow[] {
  const isNamed = [...before, ...after].every(part => !isSource(part) || part.name !== "" || part.kind === "folder");
  const [old, now] = [before, after].map(parts => keyed(parts, isNamed)) as [Keyed, Keyed];
  const ids = [...now.keys(), ...[...old.keys()].filter(id => !now.has(id))];
  return ids.map(id => {
    const [one, other] = [old.get(id), now.get(id)];
    const { kind, name } = (other ?? one) as KeyPart;
    const isSecret = (kind === "arg" || kind === "env") && hasSecretName(name);
    const shown = (part: KeyPart | undefined) => (part === undefined ? null : isSecret ? mask : plainValue(part));
    return { kind, name, before: shown(one), after: shown(other), differs: one?.value !== other?.value };
  });
}

type Keyed = ReadonlyMap<string, KeyPart>;

function isSource({ kind }: KeyPart): boolean {
  return kind === "file" || kind === "folder" || kind === "stage";
}

function keyed(parts: readonly KeyPart[], isNamed: boolean): Keyed {
  const seen = new Map<string, number>();
  return new Map(
    parts.map(part => {
      const isVariable = part.kind === "arg" || part.kind === "env";
      const base = isVariable
        ? `variable ${part.name}`
        : isSource(part)
          ? `source ${isNamed ? part.name : ""}`
          : part.kind;
      const count = (seen.get(base) ?? 0) + 1;
      seen.set(base, count);
      return [`${base} ${count}`, part];
    }),
  );
}

/** Of a variable what stands behind its name. */
function plainValue({ kind, value }: KeyPart): string {
  return kind === "arg" || kind === "env" ? value.replace(/^[^=]*=?/, "") : value;
}

/** What a recorded step added to its key, named as far as its build tells; null where the log did not tell the parts. */
export function namedParts(view: BuildView, step: Step): readonly KeyPart[] | null {
  return recordedParts(step, {
    argNames: argNames(view),
    baseName: view.baseName(step.stage.index) ?? "",
    sources: view.sources(step)?.map(({ path }) => path),
  });
}

function argNames({ scopes }: BuildView): ReadonlySet<string> {
  const dockerfile = scopes?.resolved.dockerfile;
  if (dockerfile === undefined) return new Set();
  const all = [...dockerfile.globalArgs, ...dockerfile.stages.flatMap(({ instructions }) => instructions)];
  return new Set(all.filter(({ keyword }) => keyword === "ARG").flatMap(({ pairs }) => pairs.map(({ name }) => name)));
}
