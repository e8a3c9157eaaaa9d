import { readFile } from "node:fs/promises";
import { parseDockerfile } from "../../dockerfile/parse.ts";
import { resolveStages } from "../../dockerfile/resolve.ts";
import { LabError, messageOf } from "../../error.ts";

/**
 * The images that stages of a Dockerfile start from, each once. Images that only COPY reads are none: Kaniko never looks for
 * them in its base image cache.
 * @throws LabError `dockerfile-not-found`, `dockerfile-syntax`
 */
export async function baseImagesOf(file: string, buildArgs: Readonly<Record<string, string>>): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new LabError("dockerfile-not-found", `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
  const { stages } = resolveStages(parseDockerfile(text), { buildArgs, target: null });
  return [...new Set(stages.flatMap(({ base }) => (base.kind === "image" ? [base.reference] : [])))];
}
