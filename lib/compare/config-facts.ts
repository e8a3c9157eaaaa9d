/** What a container gets from an image's config, as named values that can be compared one by one. Pure. */

import * as z from "zod/mini";
import { hasSecretName, mask } from "../build/secrets.ts";
import { parseDocument } from "../image/document.ts";
import type { ImageConfig } from "../model/image.ts";

export type ConfigField =
  | "os"
  | "architecture"
  | "variant"
  | "env"
  | "user"
  | "workdir"
  | "entrypoint"
  | "cmd"
  | "shell"
  | "label"
  | "port"
  | "volume"
  | "healthcheck"
  | "stop-signal"
  | "onbuild";

/** One value of a config; of env, label, port, volume and onbuild there can be many. */
export interface ConfigFact {
  readonly field: ConfigField;
  /** Of env and label the name, of port, volume and onbuild the whole; "" for fields of which there is one. */
  readonly name: string;
  readonly value: string;
  /** Called like a secret: the value is for comparing only. */
  readonly secret: boolean;
}

/** A fact that one config has and the other has not, or has otherwise. */
export interface ConfigChange {
  readonly field: ConfigField;
  readonly name: string;
  readonly kind: "A" | "M" | "D";
  /** Null for A; `***` where the name is that of a secret. */
  readonly before: string | null;
  /** Null for D; `***` where the name is that of a secret. */
  readonly after: string | null;
  readonly masked: boolean;
}

const text = z.optional(z.nullable(z.string()));
const names = z.optional(z.nullable(z.record(z.string(), z.unknown())));
const list = z.optional(z.nullable(z.array(z.string())));
/** What `ImageConfig` leaves out. */
const restForm = z.object({
  config: z.optional(
    z.nullable(
      z.object({
        ExposedPorts: names,
        Volumes: names,
        Healthcheck: z.optional(z.nullable(z.looseObject({}))),
        StopSignal: text,
        Shell: list,
        OnBuild: list,
      }),
    ),
  ),
});

/** @throws LabError `damaged` when a field has another form. */
export function factsOfConfig(config: ImageConfig): ConfigFact[] {
  const rest = parseDocument(config.raw, restForm, "the image's config").config ?? {};
  const one = (field: ConfigField, value: string | null | undefined): ConfigFact[] =>
    value ? [{ field, name: "", value, secret: false }] : [];
  const json = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value));
  const many = (field: ConfigField, found: readonly string[]): ConfigFact[] =>
    found.map(name => ({ field, name, value: "", secret: false }));
  return [
    ...one("os", config.os),
    ...one("architecture", config.architecture),
    ...one("variant", config.variant),
    ...config.env.map(envFact),
    ...one("user", config.user),
    ...one("workdir", config.workingDir),
    ...one("entrypoint", json(config.entrypoint)),
    ...one("cmd", json(config.cmd)),
    ...one("shell", json(rest.Shell)),
    ...Object.entries(config.labels).map(([name, value]) => named("label", name, value)),
    ...many("port", Object.keys(rest.ExposedPorts ?? {})),
    ...many("volume", Object.keys(rest.Volumes ?? {})),
    ...one("healthcheck", json(rest.Healthcheck)),
    ...one("stop-signal", rest.StopSignal),
    ...many("onbuild", rest.OnBuild ?? []),
  ];
}

function envFact(variable: string): ConfigFact {
  const equals = variable.indexOf("=");
  return equals < 0 ? named("env", variable, "") : named("env", variable.slice(0, equals), variable.slice(equals + 1));
}

function named(field: ConfigField, name: string, value: string): ConfigFact {
  return { field, name, value, secret: hasSecretName(name) };
}

/** In the order of the facts of `one`, then what only `other` has; null stands for an image without a config. */
export function compareConfigs(one: ImageConfig | null, other: ImageConfig | null): ConfigChange[] {
  const before = byName(one);
  const after = byName(other);
  const changes: ConfigChange[] = [];
  for (const [key, old] of before) {
    const now = after.get(key);
    if (now?.value !== old.value) changes.push(changeOf(old, now));
  }
  for (const [key, now] of after) if (!before.has(key)) changes.push(changeOf(undefined, now));
  return changes.sort((a, b) => fieldOrder.indexOf(a.field) - fieldOrder.indexOf(b.field));
}

const fieldOrder: readonly ConfigField[] = [
  ...(["os", "architecture", "variant", "env", "user", "workdir", "entrypoint", "cmd", "shell"] as const),
  ...(["label", "port", "volume", "healthcheck", "stop-signal", "onbuild"] as const),
];

/** Of a name that occurs twice the last one counts, as it does for a process. */
function byName(config: ImageConfig | null): Map<string, ConfigFact> {
  const facts = config === null ? [] : factsOfConfig(config);
  return new Map(facts.map(fact => [`${fact.field}\n${fact.name}`, fact]));
}

function changeOf(before: ConfigFact | undefined, after: ConfigFact | undefined): ConfigChange {
  const { field, name, secret } = (after ?? before) as ConfigFact;
  const shown = (fact: ConfigFact | undefined) => (fact === undefined ? null : secret ? mask : fact.value);
  const kind = before === undefined ? "A" : after === undefined ? "D" : "M";
  return { field, name, kind, before: shown(before), after: shown(after), masked: secret };
}
