/**
 * Two builds step by step: where a key became another one by something of the step's own, and where only because of a
 * step before it. A key is the hash of all parts of its stage up to the step, so that one difference makes all keys
 * behind it others. Pure.
 */

import { hasSecretName, mask } from "../build/secrets.ts";
import { alignSteps } from "../compare/align-steps.ts";
import type { Step } from "../model/build.ts";
import { baseCauses } from "./base-cause.ts";
import type { BuildView } from "./build-view.ts";
import { type Cause, cause } from "./cause.ts";
import { driverCause, executorCauses } from "./executor-causes.ts";
import { fromOf, sourceCauses } from "./source-causes.ts";
import { instructionCause, textCauses, variableCause } from "./text-causes.ts";

export interface Finding {
  readonly step: Step;
  /** The step of the other build that it was; null for a new one. */
  readonly before: Step | null;
  /** Null where one of the two keys is not known. */
  readonly isSameKey: boolean | null;
  /** What differs by itself; empty when nothing does. */
  readonly own: readonly Cause[];
  /** First instruction of a stage only, whose key has the base in it: what FROM made other. */
  readonly ofBase: readonly Cause[];
  /** Steps before it in the same file system with something of their own, the first one first. */
  readonly roots: readonly number[];
  /** Variables of which only the name is recorded: whether they changed beside what did is not known. Each is told once. */
  readonly hidden: readonly string[];
}

/** What a stage carries from step to step. */
interface Carried {
  roots: readonly number[];
  /** Variables whose other value was told already. */
  told: ReadonlySet<string>;
  /** What FROM made other. */
  ofBase: readonly Cause[];
  /** The base image, or that of a stage below. */
  isBaseOther: boolean;
  /** Steps of the other build that are gone, not yet told. */
  gone: readonly Step[];
}

/** Every step of `other` (the later build), in order. */
export function findCauses(one: BuildView, other: BuildView): Finding[] {
  return new CauseWalk(one, other).run();
}

class CauseWalk {
  readonly #one: BuildView;
  readonly #other: BuildView;
  readonly #stages = new Map<number, Carried>();
  /** Number of the last step that a log has, too: what comes behind it may only be cut off. */
  #lastTold = Number.POSITIVE_INFINITY;

  constructor(one: BuildView, other: BuildView) {
    this.#one = one;
    this.#other = other;
  }

  run(): Finding[] {
    const pairs = alignSteps(counted(this.#one), counted(this.#other), {
      ignoreStages: this.#one.kept.isLog === true,
    });
    if (this.#one.kept.isLog)
      this.#lastTold = pairs.findLast(({ one, other }) => one !== null && other !== null)?.other?.number ?? 0;
    const stageOf = new Map<number, number>();
    for (const { one, other } of pairs)
      if (one?.instruction === "FROM" && other !== null) stageOf.set(one.stage.index, other.stage.index);
    const findings: Finding[] = [];
    const early: (readonly [stage: number, step: Step])[] = [];
    for (const { one, other } of pairs) {
      if (other !== null) {
        findings.push(this.#step(one, other, early));
        continue;
      }
      const stage = one === null ? undefined : stageOf.get(one.stage.index);
      if (one === null || stage === undefined || one.instruction === "FROM" || one.cache.key === null) continue;
      const carried = this.#stages.get(stage);
      // Its stage has not begun: kept until it has.
      if (carried === undefined) early.push([stage, one]);
      else carried.gone = [...carried.gone, one];
    }
    return findings;
  }

  #step(before: Step | null, step: Step, early: readonly (readonly [number, Step])[]): Finding {
    if (step.instruction === "FROM") return this.#from(before, step, early);
    const carried = this.#stages.get(step.stage.index) ?? this.#begin(step);
    const isSameKey =
      before === null || before.cache.key === null || step.cache.key === null
        ? null
        : before.cache.key === step.cache.key;
    if (isSameKey === true) {
      this.#stages.set(step.stage.index, { roots: [], told: new Set(), ofBase: [], isBaseOther: false, gone: [] });
      return { step, before, isSameKey, own: [], ofBase: [], roots: [], hidden: [] };
    }
    const own = step.cache.key === null && step.cache.result !== "off" ? [] : this.#ownCauses(before, step, carried);
    const isFirst = (this.#other.parts(step)?.base ?? null) !== null;
    const hidden = isSameKey === false && before !== null ? this.#hidden(before, step, own, carried) : [];
    const ofBase = isFirst ? carried.ofBase : [];
    const finding = { step, before, isSameKey, own, ofBase, roots: carried.roots, hidden };
    if (own.length > 0) carried.roots = [...carried.roots, step.number];
    return finding;
  }

  #begin(step: Step, from: Step | null = this.#other.from(step.stage.index)): Carried {
    const below =
      from?.baseStage === undefined || from.baseStage === null ? undefined : this.#stages.get(from.baseStage);
    const carried: Carried =
      below === undefined
        ? { roots: [], told: new Set(), ofBase: [], isBaseOther: false, gone: [] }
        : { ...below, ofBase: [] };
    this.#stages.set(step.stage.index, carried);
    return carried;
  }

  #from(before: Step | null, step: Step, early: readonly (readonly [number, Step])[]): Finding {
    const carried = this.#begin(step, step);
    carried.gone = [...carried.gone, ...early.filter(([stage]) => stage === step.stage.index).map(([, gone]) => gone)];
    const own = this.#fromCauses(before, step);
    const finding = { step, before, isSameKey: null, own, ofBase: [], roots: carried.roots, hidden: [] };
    if (own.length > 0) {
      carried.roots = [...carried.roots, step.number];
      carried.ofBase = own;
      carried.isBaseOther = true;
    }
    return finding;
  }

  #fromCauses(before: Step | null, step: Step): Cause[] {
    if (step.status === "skipped") return [];
    if (before === null && step.number > this.#lastTold) return [notTold];
    if (before === null) return [instructionCause(null, step.text, ["a new stage"])];
    if (step.baseStage === null && before.baseStage === null) return baseCauses(this.#one, this.#other, before, step);
    // What the stage below did is its own steps' matter.
    return (step.baseStage === null) === (before.baseStage === null)
      ? []
      : [cause("base", { name: step.text, before: before.text, after: step.text })];
  }

  #ownCauses(before: Step | null, step: Step, carried: Carried): Cause[] {
    const gone = carried.gone.map(old => instructionCause(old.text, null, ["an instruction before it is gone"]));
    carried.gone = [];
    if (before === null && step.number > this.#lastTold) return [notTold];
    if (before === null) return [instructionCause(null, step.text), ...gone];
    const [old, now] = [this.#one.parts(before), this.#other.parts(step)];
    const isOtherText = old !== null && now !== null ? old.text !== now.text : before.text !== step.text;
    const own = [
      ...gone,
      ...(isOtherText ? this.#tellTexts(textCauses(before, step), carried) : []),
      ...this.#variables(before, step, carried),
      ...sourceCauses(this.#one, this.#other, before, step, isOtherText),
    ];
    const isUnexplained =
      own.length === 0 && carried.roots.length === 0 && before.cache.key !== null && step.cache.key !== null;
    return isUnexplained ? this.#unexplained(before, step) : own;
  }

  #tellTexts(causes: readonly Cause[], carried: Carried): readonly Cause[] {
    carried.told = new Set([
      ...carried.told,
      ...causes.flatMap(({ kind, name }) => (kind === "arg" || kind === "env" ? [name as string] : [])),
    ]);
    return causes;
  }

  /** Of a RUN's variables those that nothing before it made others. */
  #variables(before: Step, step: Step, carried: Carried): Cause[] {
    const [old, now] = [this.#one.parts(before)?.variables, this.#other.parts(step)?.variables];
    if (step.instruction !== "RUN" || old === undefined || now === undefined) return [];
    const names = [...new Set([...old.keys(), ...now.keys()])].filter(name => old.get(name) !== now.get(name));
    const scope = this.#other.scope(step);
    const isOfBase = (name: string) => carried.isBaseOther && !(scope?.declared.has(name) || scope?.set.has(name));
    const fresh = names.filter(name => !carried.told.has(name) && !isOfBase(name));
    const isArgument = (name: string) => scope?.declared.has(name) === true || !scope?.set.has(name);
    // ENV that takes its value from an argument tells nothing new.
    const isDerived = (name: string) => {
      const value = scope?.set.get(name) ?? "";
      return names.some(other => other !== name && new RegExp(`\\$\\{?${escaped(other)}\\b`).test(value));
    };
    carried.told = new Set([...carried.told, ...names]);
    const isLeaked = (name: string) =>
      this.#other.record.executor.family === "upstream" &&
      scope !== null &&
      !scope.declared.has(name) &&
      !scope.set.has(name);
    return fresh
      .filter(name => isArgument(name) || !isDerived(name))
      .sort((a, b) => Number(isLeaked(a)) - Number(isLeaked(b)))
      .map(name => {
        const found = variableCause(
          isArgument(name) ? "arg" : "env",
          name,
          old.get(name) ?? null,
          now.get(name) ?? null,
        );
        return isLeaked(name) ? { ...found, notes: ["declared in a stage before, which counts for upstream"] } : found;
      });
  }

  #hidden(before: Step, step: Step, own: readonly Cause[], carried: Carried): string[] {
    const old = this.#one.parts(before)?.variables;
    const names = this.#masked(step).filter(name => old?.has(name) && !carried.told.has(name));
    carried.told = new Set([...carried.told, ...names]);
    return names.filter(name => !own.some(each => each.name === name));
  }

  #masked(step: Step): string[] {
    const variables = [...(this.#other.parts(step)?.variables ?? [])];
    return variables.filter(([name, value]) => value === mask || hasSecretName(name)).map(([name]) => name);
  }

  /** The keys differ, and no part does that was kept. */
  #unexplained(before: Step, step: Step): Cause[] {
    const masked = this.#masked(step);
    const executor = executorCauses(this.#one, this.#other);
    if (executor.length > 0) return executor;
    const from = fromOf(this.#other, step);
    if (from !== null) return [cause("stage", { name: from })];
    if (masked.length > 0)
      return masked.map(name => ({
        ...variableCause("arg", name, mask, mask),
        notes: ["its value is not recorded"],
      }));
    const driver = driverCause(this.#one, this.#other);
    if (driver.length > 0) return driver;
    const isUnread = [this.#one.parts(before), this.#other.parts(step)].includes(null);
    const notes = isUnread
      ? ["the parts of one of them could not be read: how that executor makes its keys is not known here"]
      : [];
    return [cause("unknown", { notes, before: before.cache.key, after: step.cache.key })];
  }
}

const notTold = cause("unknown", { notes: ["the log has no such step: it is new, or the log ends before it"] });

/** MAINTAINER is in no key. */
function counted(view: BuildView): Step[] {
  return view.record.steps.filter(({ instruction }) => instruction !== "MAINTAINER");
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
