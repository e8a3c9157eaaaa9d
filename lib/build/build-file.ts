/** `kaniko-lab.yaml` of a context: the defaults of its builds. */

import { readFile, realpath } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { isMap, isScalar, LineCounter, parseDocument } from "yaml";
import { en } from "zod/locales";
import * as z from "zod/mini";
import { suggestion } from "../dockerfile/suggest.ts";
import { errnoOf, LabError } from "../error.ts";

// zod/mini says only "Invalid input" until it is given words.
z.config(en());

const asText = z.transform(String);
const textMap = z.record(z.string(), z.pipe(z.union([z.string(), z.number(), z.boolean()]), asText));
const textList = z.array(z.string());

const limit = z.pipe(z.union([z.string(), z.number()]), asText);

/** Rules for `kaniko-lab waste`: what it is told as options adds to them. */
const wasteShape = z.strictObject({
  maxWaste: z.optional(limit),
  maxStepSize: z.optional(limit),
  deny: z.optional(textList),
  allow: z.optional(textList),
  ignore: z.optional(textList),
});

const amounts = z.record(z.string(), limit);

/**
 * What a context may say of its Pod. Which cluster, namespace, account, claim or folder of a node is used, and which labels
 * the Pod has that others select it by, is its user's to say.
 */
const kubernetesShape = z.strictObject({
  kind: z.optional(z.enum(["pod", "job"])),
  requests: z.optional(amounts),
  limits: z.optional(amounts),
  nodeSelector: z.optional(textMap),
  tolerations: z.optional(textList),
  helperImage: z.optional(z.string()),
  contextTransport: z.optional(z.enum(["auto", "exec", "stdin"])),
  resultTransport: z.optional(z.enum(["auto", "exec", "registry"])),
  startSeconds: z.optional(z.int()),
  deadlineSeconds: z.optional(z.int()),
});

const shape = z.strictObject({
  dockerfile: z.optional(z.string()),
  name: z.optional(z.string()),
  buildArgs: z.optional(textMap),
  target: z.optional(z.string()),
  destinations: z.optional(textList),
  labels: z.optional(textMap),
  secrets: z.optional(textList),
  snapshotMode: z.optional(z.enum(["full", "redo", "time"])),
  useNewRun: z.optional(z.boolean()),
  singleSnapshot: z.optional(z.boolean()),
  reproducible: z.optional(z.boolean()),
  compression: z.optional(z.enum(["gzip", "zstd"])),
  platform: z.optional(z.string()),
  /** `on`, `off` or a repository; YAML 1.2 reads on and off as text, true and false are accepted too. */
  cache: z.optional(z.pipe(z.union([z.string(), z.boolean()]), asText)),
  cacheCopyLayers: z.optional(z.boolean()),
  registryMirrors: z.optional(textList),
  registryMaps: z.optional(textList),
  insecureRegistries: z.optional(textList),
  dockerConfig: z.optional(z.string()),
  executor: z.optional(z.string()),
  driver: z.optional(z.enum(["auto", "docker", "sandbox", "kubernetes", "replay"])),
  /** Any other flags of Kaniko. */
  flags: z.optional(textList),
  waste: z.optional(wasteShape),
  kubernetes: z.optional(kubernetesShape),
});

export type BuildFile = z.infer<typeof shape>;

export const buildFileName = "kaniko-lab.yaml";

/**
 * Reads the file of a context; an empty object when there is none.
 * @throws LabError `config-invalid` with file, line and column.
 */
export async function readBuildFile(contextFolder: string): Promise<BuildFile> {
  const file = join(contextFolder, buildFileName);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return {};
    throw new LabError("config-invalid", `cannot read ${file}`, { cause: error });
  }
  return insideContext(parseBuildFile(text, file), contextFolder, file);
}

/**
 * The file comes with the context, perhaps from a stranger: it may hand a build what lies in the context, not the user's
 * keys, variables and credentials. Paths come out absolute.
 * @throws LabError `config-invalid`
 */
async function insideContext(file: BuildFile, contextFolder: string, where: string): Promise<BuildFile> {
  const inside = async (what: string, path: string) => {
    const root = await realpath(contextFolder);
    const found = await realpath(resolve(root, path)).catch(() => resolve(root, path));
    if (found.startsWith(root + sep)) return found;
    throw refused(`${what} ${path} is not in the context`);
  };
  const refused = (message: string) =>
    new LabError("config-invalid", `${where}: ${message}`, {
      hint: "give it as an option: that is yours, this file comes with the context",
    });
  const secrets: string[] = [];
  for (const secret of file.secrets ?? []) {
    const source = /(?:^|,)src=([^,]*)/.exec(secret)?.[1];
    if (source === undefined || /(?:^|,)env=/.test(secret))
      throw refused(`the secret ${secret} takes a variable of yours`);
    secrets.push(secret.replace(`src=${source}`, `src=${await inside("the secret", source)}`));
  }
  return {
    ...file,
    ...(file.secrets ? { secrets } : {}),
    ...(file.dockerConfig ? { dockerConfig: await inside("dockerConfig", file.dockerConfig) } : {}),
  };
}

export function parseBuildFile(text: string, file: string): BuildFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const position = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const broken = document.errors[0];
  if (broken) throw new LabError("config-invalid", `${position(broken.pos[0])}: ${broken.message}`);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new LabError("config-invalid", `${file}: ${(error as Error).message}`);
  }
  const checked = shape.safeParse(value ?? {});
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0] as z.core.$ZodIssue;
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] as string;
    const isTop = issue.path.length === 0;
    const section = issue.path[0] === "kubernetes" ? kubernetesShape : wasteShape;
    const knownKeys = Object.keys((isTop ? shape : section).shape);
    const offset = offsetOfKey(isTop ? document.contents : document.getIn(issue.path, true), key);
    const where = offset === null ? file : position(offset);
    throw new LabError("config-invalid", `${where}: unknown key ${key}${suggestion(key, knownKeys, true)}`, {
      hint: `known keys: ${knownKeys.join(", ")}`,
    });
  }
  const node = document.getIn(issue.path, true) as { range?: readonly number[] } | undefined;
  const where = node?.range ? position(node.range[0] as number) : file;
  throw new LabError("config-invalid", `${where}: ${issue.path.join(".") || "the file"}: ${issue.message}`);
}

function offsetOfKey(map: unknown, key: string): number | null {
  if (!isMap(map)) return null;
  const pair = map.items.find(item => isScalar(item.key) && item.key.value === key);
  return isScalar(pair?.key) ? (pair.key.range?.[0] ?? null) : null;
}
