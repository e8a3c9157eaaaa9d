/** `kaniko-lab.yaml` of a context: the defaults of its builds. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Document, isMap, isScalar, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { suggestion } from "../dockerfile/suggest.ts";
import { errnoOf, LabError } from "../error.ts";

const textMap = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String));
const textList = z.array(z.string());

const shape = z.strictObject({
  dockerfile: z.string().optional(),
  name: z.string().optional(),
  buildArgs: textMap.optional(),
  target: z.string().optional(),
  destinations: textList.optional(),
  labels: textMap.optional(),
  secrets: textList.optional(),
  snapshotMode: z.enum(["full", "redo", "time"]).optional(),
  useNewRun: z.boolean().optional(),
  singleSnapshot: z.boolean().optional(),
  reproducible: z.boolean().optional(),
  compression: z.enum(["gzip", "zstd"]).optional(),
  platform: z.string().optional(),
  /** `on`, `off` or a repository; YAML 1.2 reads on and off as text, true and false are accepted too. */
  cache: z.union([z.string(), z.boolean()]).transform(String).optional(),
  cacheCopyLayers: z.boolean().optional(),
  registryMirrors: textList.optional(),
  registryMaps: textList.optional(),
  insecureRegistries: textList.optional(),
  dockerConfig: z.string().optional(),
  executor: z.string().optional(),
  driver: z.enum(["auto", "docker", "sandbox"]).optional(),
  /** Any other flags of Kaniko. */
  flags: textList.optional(),
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
  return parseBuildFile(text, file);
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
  const knownKeys = Object.keys(shape.shape);
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] as string;
    const offset = offsetOfKey(document, key);
    const where = offset === null ? file : position(offset);
    throw new LabError("config-invalid", `${where}: unknown key ${key}${suggestion(key, knownKeys, true)}`, {
      hint: `known keys: ${knownKeys.join(", ")}`,
    });
  }
  const node = document.getIn(issue.path, true) as { range?: readonly number[] } | undefined;
  const where = node?.range ? position(node.range[0] as number) : file;
  throw new LabError("config-invalid", `${where}: ${issue.path.join(".") || "the file"}: ${issue.message}`);
}

function offsetOfKey(document: Document.Parsed, key: string): number | null {
  if (!isMap(document.contents)) return null;
  const pair = document.contents.items.find(item => isScalar(item.key) && item.key.value === key);
  return isScalar(pair?.key) ? (pair.key.range?.[0] ?? null) : null;
}
