/** Differences between two builds' executors and drivers that can make every key another one. Pure. */

import type { BuildView } from "./build-view.ts";
import { type Cause, cause } from "./cause.ts";

/** Switches of the fork that change keys (see reference of `keyAlgorithm`); others only change how layers are made. */
const keyFeatures = new Set(
  "ROLLING_CACHE_KEY HASH_DIR_FRAMING RESOLVE_CACHE_KEY BUILDKIT_ARG_ENV_PRECEDENCE SCOPED_DOCKERIGNORE CACHE_HASH_BLAKE3 RUN_MOUNT_BIND NO_PROPAGATE_ANNOTATIONS OCI_SCRATCH_BASE EXPAND_HEREDOC"
    .split(" ")
    .map(name => `FF_KANIKO_${name}`),
);

export function executorCauses(one: BuildView, other: BuildView): Cause[] {
  const { family } = one.record.executor;
  const isUnknown = family === "unknown" || other.record.executor.family === "unknown";
  const versions = one.record.executor.version !== "" && other.record.executor.version !== "";
  const [before, after] = [executorName(one), executorName(other)];
  if (!isUnknown && (versions ? before !== after : family !== other.record.executor.family))
    return [cause("flags", { name: "executor", before, after })];
  if (one.kept.isLog) return featureCauses(one, other);
  const platforms = [one, other].map(view => view.flag("custom-platform"));
  if (platforms[0] !== platforms[1])
    return [cause("flags", { name: "--custom-platform", before: platforms[0] ?? null, after: platforms[1] ?? null })];
  return featureCauses(one, other);
}

function featureCauses(one: BuildView, other: BuildView): Cause[] {
  const [old, now] = [one.kept.features, other.kept.features];
  if (old === null || now === null) return [];
  return [...keyFeatures]
    .filter(name => old.includes(name) !== now.includes(name))
    .map(name => cause("flags", { name, before: onOrOff(old.includes(name)), after: onOrOff(now.includes(name)) }));
}

/** Another driver can show the executor other owners of the same files. */
export function driverCause(one: BuildView, other: BuildView): Cause[] {
  const [before, after] = [one.record.driver, other.record.driver];
  if (before === after || one.kept.isLog) return [];
  return [cause("flags", { name: "driver", before, after, notes: ["files can have other owners or modes there"] })];
}

function executorName({ record: { executor } }: BuildView): string {
  const family = { fork: "fork", upstream: "upstream", unknown: "" }[executor.family];
  return [family, executor.version].filter(word => word !== "").join(" ");
}

function onOrOff(isOn: boolean): string {
  return isOn ? "on" : "off";
}
