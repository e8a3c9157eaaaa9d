/** Skaffold: an artifact that it builds with Kaniko in the cluster; it sends the context itself. */

import { parseKanikoFlags } from "../ci/kaniko-flags.ts";
import type { Rendered, Rendering } from "./format.ts";
import { headerOf, refuseMissing } from "./header.ts";
import { keyOf, secretsName } from "./pod-parts.ts";
import { isEmpty } from "./pod-wishes.ts";
import { isOff, needsLogin, type PortableBuild } from "./portable-build.ts";
import type { RenderOptions } from "./render-options.ts";
import { fillText, type Hole, type Text } from "./text.ts";
import { yamlText } from "./yaml-text.ts";

/** Flags that an artifact has a field for. */
const fields: Readonly<Record<string, string>> = {
  target: "target",
  "image-fs-extract-retry": "imageFSExtractRetry",
  "push-retry": "pushRetry",
  "registry-mirror": "registryMirror",
  "snapshot-mode": "snapshotMode",
  verbosity: "verbosity",
  "log-format": "logFormat",
};
const listFields: Readonly<Record<string, string>> = {
  "insecure-registry": "insecureRegistry",
  "skip-tls-verify-registry": "skipTLSVerifyRegistry",
  "ignore-path": "ignorePaths",
};
const switchFields: Readonly<Record<string, string>> = {
  cleanup: "cleanup",
  force: "force",
  insecure: "insecure",
  "insecure-pull": "insecurePull",
  reproducible: "reproducible",
  "single-snapshot": "singleSnapshot",
  "skip-tls-verify": "skipTLS",
  "skip-tls-verify-pull": "skipTLSVerifyPull",
  "skip-unused-stages": "skipUnusedStages",
  "use-new-run": "useNewRun",
  "log-timestamp": "logTimestamp",
};
const cacheFields: Readonly<Record<string, string>> = {
  "cache-copy-layers": "cacheCopyLayers",
  "cache-run-layers": "cacheRunLayers",
};

export function renderSkaffold({ build, context, options }: Rendering): Rendered {
  const missing: Hole[] = [];
  const known = (text: Text) =>
    fillText(
      text,
      value => value,
      hole => {
        if (hole.value === null) missing.push(hole);
        return hole.value ?? "";
      },
    );
  const notes = [...build.notes];
  const [first, ...others] = build.destinations.map(known);
  const image = splitTag(first ?? build.name);
  if (!build.isPushed) notes.push("Skaffold pushes what it builds: --default-repo says where to");
  if (build.hasBaseCache) notes.push("the base image cache is left out");
  if (build.secrets.length > 0)
    notes.push(`Skaffold has no place for the secrets ${build.secrets.map(({ id }) => id).join(", ")} of RUN`);
  const { kaniko, cache } = flagFields(build, known, notes);
  if (build.cache.place !== "folder" && build.cache.place !== "derived" && !isOff(build))
    cache.repo = known(build.cache.place.repository);
  const below = context.kind === "folder" ? known(context.below) : ".";
  const artifact = {
    image: image.repository,
    context: below === "" ? "." : below,
    kaniko: {
      image: known(build.executor),
      dockerfile: dockerfileOf(build, known),
      ...kaniko,
      ...(build.buildArgs.length === 0 ? {} : { buildArgs: argumentsOf(build, known) }),
      ...(isOff(build) ? {} : { cache }),
      ...(others.length === 0 ? {} : { destination: others.map(template) }),
      ...environmentOf(build, known),
    },
  };
  refuseMissing(missing);
  const value = {
    apiVersion: "skaffold/v4beta13",
    kind: "Config",
    metadata: { name: build.name },
    build: {
      artifacts: [artifact],
      tagPolicy: image.tag === null ? { sha256: {} } : { envTemplate: { template: template(image.tag) } },
      cluster: {
        ...(options.namespace === null ? {} : { namespace: options.namespace }),
        ...((options.serviceAccount ?? build.serviceAccount) === null
          ? {}
          : { serviceAccount: options.serviceAccount ?? build.serviceAccount }),
        ...clusterWishes(options),
        ...(needsLogin(build) || !build.isPushed ? { dockerConfig: { secretName: options.registrySecret } } : {}),
      },
    },
  };
  const names = build.secretVariables;
  const secretArguments = build.buildArgs.filter(({ value }) => value === null).map(({ name }) => name);
  const prepare = [
    "context: a folder beside this file, which Skaffold sends.",
    ...(build.cache.place === "folder" && !isOff(build)
      ? ["layer cache: in the registry, beside the image, instead of the cache folder."]
      : []),
    `login to registries: the secret ${options.registrySecret} with .dockerconfigjson.`,
    ...(secretArguments.length === 0
      ? []
      : [`secrets: the variables ${secretArguments.join(", ")}; Skaffold puts them into the Pod's arguments.`]),
    ...(names.length === 0
      ? []
      : [`secrets: the keys ${names.map(keyOf).join(", ")} of the secret ${secretsName(build)}.`]),
  ];
  const header = headerOf(`${build.name}: a build with Kaniko by Skaffold.`, ["skaffold build"], prepare, notes);
  return { text: yamlText([{ value, header }]), notes };
}

/** Skaffold has fields of its own for them; it has none for labels, priorities and secrets of pulling. */
function clusterWishes({ wishes, deadlineSeconds }: RenderOptions): object {
  const { nodeSelector, tolerations } = wishes;
  const resources = Object.fromEntries(
    Object.entries({ requests: wishes.requests, limits: wishes.limits })
      .filter(([, amounts]) => !isEmpty(amounts))
      .map(([kind, amounts]) => [kind, skaffoldAmounts(amounts)]),
  );
  return {
    ...(isEmpty(nodeSelector) ? {} : { nodeSelector }),
    ...(tolerations.length === 0 ? {} : { tolerations }),
    ...(isEmpty(resources) ? {} : { resources }),
    ...(deadlineSeconds === null ? {} : { timeout: `${deadlineSeconds}s` }),
  };
}

function skaffoldAmounts(amounts: Readonly<Record<string, string>>): object {
  return Object.fromEntries(
    Object.entries(amounts).map(([name, amount]) => [name === "ephemeral-storage" ? "ephemeralStorage" : name, amount]),
  );
}

type Fields = Record<string, unknown>;

function flagFields(
  build: PortableBuild,
  known: (text: Text) => string,
  notes: string[],
): { kaniko: Fields; cache: Fields } {
  const kaniko: Fields = {};
  const cache: Fields = {};
  const labels: Record<string, string> = {};
  const left: string[] = [];
  for (const given of parseKanikoFlags(build.flags.map(known))) {
    const name = given.flag?.name ?? "";
    const { value } = given;
    if (Object.hasOwn(listFields, name)) {
      const field = listFields[name] as string;
      kaniko[field] = [...((kaniko[field] as string[] | undefined) ?? []), value];
    } else if (name === "label") {
      const at = value.indexOf("=");
      labels[value.slice(0, at)] = value.slice(at + 1);
    } else if (name === "cache-ttl") cache.ttl = value;
    else if (Object.hasOwn(switchFields, name)) kaniko[switchFields[name] as string] = value === "true";
    else if (Object.hasOwn(cacheFields, name)) cache[cacheFields[name] as string] = value === "true";
    else if (Object.hasOwn(fields, name) && kaniko[fields[name] as string] === undefined)
      kaniko[fields[name] as string] = value;
    else left.push(given.words.join(" "));
  }
  if (Object.keys(labels).length > 0) kaniko.label = labels;
  if (left.length > 0) notes.push(`Skaffold has no place for ${left.join(" ")}: it builds without`);
  return { kaniko, cache };
}

function dockerfileOf({ dockerfile }: PortableBuild, known: (text: Text) => string): string {
  return known(dockerfile.path);
}

/** The value of a secret is taken from the environment of whoever runs Skaffold. */
function argumentsOf(build: PortableBuild, known: (text: Text) => string): Record<string, string> {
  return Object.fromEntries(
    build.buildArgs.map(({ name, value }) => [name, value === null ? `{{.${name}}}` : template(known(value))]),
  );
}

function environmentOf(build: PortableBuild, known: (text: Text) => string): object {
  const env = [
    ...build.environment.map(({ name, value }) => ({ name, value: template(known(value)) })),
    ...build.secretVariables.map(name => ({
      name,
      valueFrom: { secretKeyRef: { name: secretsName(build), key: keyOf(name), optional: true } },
    })),
  ];
  return env.length === 0 ? {} : { env };
}

/** Skaffold puts values into Go templates. */
function template(text: string): string {
  return text.replaceAll("{{", '{{"{{"}}');
}

function splitTag(image: string): { repository: string; tag: string | null } {
  const [, repository = image, tag] = /^(.*?)(?::([^/:@]+))?$/s.exec(image) ?? [];
  return { repository, tag: tag === undefined || tag === "latest" ? null : tag };
}
