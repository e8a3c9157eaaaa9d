/** Containers as Kubernetes writes them, and what has taken its form from there: Argo, Tekton, Knative. */

import * as z from "zod/mini";
import type { CiBuild, CiOrigin, CiReference } from "./ci-build.ts";
import type { Given } from "./given.ts";
import {
  type CommandPlace,
  imageWorkingFolder,
  isCredentialPath,
  runsOfContainer,
  runsOfScript,
} from "./kaniko-command.ts";
import type { Unknowns } from "./unknowns.ts";
import { text, textList, type YamlDocument, type YamlPath } from "./yaml-file.ts";

const keyReference = z.looseObject({ name: z.optional(text), key: z.optional(text) });

export const environmentShape = z.array(
  z.looseObject({
    name: text,
    value: z.optional(text),
    valueFrom: z.optional(
      z.nullable(
        z.looseObject({
          secretKeyRef: z.optional(keyReference),
          configMapKeyRef: z.optional(keyReference),
          fieldRef: z.optional(z.looseObject({ fieldPath: z.optional(text) })),
        }),
      ),
    ),
  }),
);

export const containerShape = z.looseObject({
  name: z.optional(text),
  image: z.optional(text),
  command: z.optional(z.nullable(textList)),
  args: z.optional(z.nullable(textList)),
  script: z.optional(text),
  source: z.optional(text),
  env: z.optional(z.nullable(environmentShape)),
  envFrom: z.optional(z.nullable(z.array(z.looseObject({})))),
  workingDir: z.optional(text),
  volumeMounts: z.optional(
    z.nullable(z.array(z.looseObject({ name: text, mountPath: text, subPath: z.optional(text) }))),
  ),
});
export type Container = z.infer<typeof containerShape>;

export const volumesShape = z.optional(z.nullable(z.array(z.looseObject({ name: text }))));
export type Volumes = z.infer<typeof volumesShape>;

/** What all readers of a file share. */
export interface Reading {
  readonly file: string;
  readonly unknowns: Unknowns;
  readonly given: Given;
}

/** What a format puts in the place of its references to parameters; a list only for a whole entry of a list. */
export type Fill = (value: string, line: number) => string | readonly string[];

export interface ContainerPlace {
  readonly document: YamlDocument;
  readonly path: YamlPath;
  readonly reading: Reading;
  readonly origin: Omit<CiOrigin, "line">;
  readonly fill: Fill;
  readonly volumes: Volumes;
  readonly references?: readonly CiReference[];
  readonly notes?: readonly string[];
  /** Where the container starts when it does not say. */
  readonly workingFolder?: string | undefined;
  /** Variables that all containers have. */
  readonly env?: ReadonlyMap<string, string>;
}

/** The builds that one container runs: none when it does not run Kaniko. */
export function buildsOfContainer(container: Container, place: ContainerPlace): CiBuild[] {
  const { document, path, reading } = place;
  const fillOne = (value: string, line: number) => [place.fill(value, line)].flat().join(" ");
  const lineOf = (...more: (string | number)[]) => document.lineOf([...path, ...more]);
  const env = environmentOf(container, place, fillOne);
  const asGiven = (words: readonly string[], key: string) =>
    words.flatMap((word, at) => [place.fill(word, lineOf(key, at))].flat()).map(word => expandKubernetes(word, env));
  const commandPlace: CommandPlace = {
    file: reading.file,
    unknowns: reading.unknowns,
    line: lineOf("args"),
    env,
    workingFolder: fillOne(container.workingDir ?? place.workingFolder ?? imageWorkingFolder, lineOf("workingDir")),
    outside: name => reading.given.value(name),
  };
  const image = container.image === undefined ? null : fillOne(container.image, lineOf("image"));
  const scriptKey = container.script === undefined ? "source" : "script";
  const script = container[scriptKey];
  const args = asGiven(container.args ?? [], "args");
  const runs =
    script !== undefined && script !== ""
      ? runsOfScript(
          fillOne(script, document.textLineOf([...path, scriptKey])),
          { ...commandPlace, line: document.textLineOf([...path, scriptKey]) },
          args,
        )
      : runsOfContainer(
          { image: image ?? "", command: asGiven(container.command ?? [], "command"), args },
          commandPlace,
        );
  return runs.map(run => ({
    origin: { ...place.origin, line: script === undefined ? lineOf() : run.line },
    image: run.image ?? image,
    args: run.args,
    env: run.env,
    workingFolder: run.workingFolder,
    mounts: run.mounts,
    references: [...mountReferences(container, place), ...(place.references ?? []), ...run.references],
    notes: [...(place.notes ?? []), ...run.notes],
  }));
}

function environmentOf(
  container: Container,
  place: ContainerPlace,
  fill: (value: string, line: number) => string,
): Map<string, string> {
  const { document, path, reading } = place;
  const env = new Map(place.env ?? []);
  for (const [at, { name, value, valueFrom }] of (container.env ?? []).entries()) {
    const line = document.lineOf([...path, "env", at]);
    // A value that the user gives wins over the file's, as for every parameter.
    const given = reading.given.value(name);
    if (given !== undefined) env.set(name, given);
    else if (valueFrom) {
      const { secretKeyRef, configMapKeyRef, fieldRef } = valueFrom;
      const source = secretKeyRef
        ? ` (secret ${secretKeyRef.name ?? ""}, key ${secretKeyRef.key ?? ""})`
        : configMapKeyRef
          ? ` (ConfigMap ${configMapKeyRef.name ?? ""}, key ${configMapKeyRef.key ?? ""})`
          : fieldRef
            ? ` (${fieldRef.fieldPath ?? ""} of the Pod)`
            : "";
      env.set(name, reading.unknowns.mark({ name: `$${name}${source}`, line, give: `--param ${name}=VALUE` }));
    } else env.set(name, expandKubernetes(fill(value ?? "", line), env));
  }
  return env;
}

/** `$(NAME)` of Kubernetes; `$$` is a dollar, an unknown name stays as it is (third_party/forked/golang/expansion). */
export function expandKubernetes(value: string, env: ReadonlyMap<string, string>): string {
  return value.replace(/\$(?:\$|\(([^()]*)\))/g, (whole, name: string | undefined) =>
    name === undefined ? "$" : (env.get(name) ?? whole),
  );
}

function mountReferences(container: Container, place: ContainerPlace): CiReference[] {
  return (container.volumeMounts ?? []).map(({ name, mountPath, subPath }) => {
    const volume = place.volumes?.find(each => each.name === name);
    const what = volume === undefined ? `volume ${name}` : describeVolume(volume);
    const path = subPath === undefined ? mountPath : `${mountPath} (${subPath} of it)`;
    const isSecret = what.startsWith("secret ");
    const isCredentials = isCredentialPath(mountPath);
    return {
      kind: isCredentials ? "credentials" : isSecret ? "secret" : "volume",
      text: `${what} at ${path}`,
      give: isCredentials ? "--docker-config FILE" : null,
    };
  });
}

const volumeKinds: readonly (readonly [key: string, words: string, nameKey: string])[] = [
  ["secret", "secret", "secretName"],
  ["configMap", "ConfigMap", "name"],
  ["persistentVolumeClaim", "volume claim", "claimName"],
  ["hostPath", "folder of the node", "path"],
  ["projected", "projected volume", ""],
  ["csi", "CSI volume", "driver"],
  ["emptyDir", "empty folder", ""],
];

function describeVolume(volume: Record<string, unknown>): string {
  for (const [key, words, nameKey] of volumeKinds) {
    const source = volume[key];
    if (source === undefined) continue;
    const own = (source as Record<string, unknown> | null)?.[nameKey] ?? "";
    return `${words} ${String(own || volume.name)}`;
  }
  return `volume ${String(volume.name)}`;
}
