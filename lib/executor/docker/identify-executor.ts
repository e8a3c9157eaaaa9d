import { readFile } from "node:fs/promises";
import path from "node:path";
import writeFileAtomic from "write-file-atomic";
import * as z from "zod/mini";
import { LabError } from "../../error.ts";
import type { ExecutorIdentity } from "../../model/build.ts";
import { storeError } from "../../store/store-error.ts";
import type { ExecutorSource } from "../port.ts";
import type { Engine } from "./connect-engine.ts";
import { familyOf, parseVersion } from "./executor-family.ts";
import type { ExecutorImage } from "./executor-image.ts";
import { OwnedContainer } from "./owned-container.ts";
import { runContainer } from "./run-container.ts";

const rememberedForm = z.object({ version: z.string(), help: z.string() });
type SelfDescription = z.infer<typeof rememberedForm>;

/** Asks an executor who it is; the answer is kept in `driverFolder`, named by the image's id. */
export async function identifyExecutor(
  engine: Engine,
  image: ExecutorImage,
  source: ExecutorSource,
  driverFolder: string,
  signal: AbortSignal,
): Promise<ExecutorIdentity> {
  const file = path.join(
    driverFolder,
    `executor-${image.id.replace(/^sha256:/, "").replace(/[^A-Za-z0-9]/g, "")}.json`,
  );
  const known = await recall(file);
  const { version, help } = known ?? (await ask(engine, image, signal));
  // No answer may be an accident.
  if (known === null && version !== "") await remember(file, { version, help });
  return { source: nameOf(source), version, family: familyOf(version, help, nameOf(source)) };
}

function nameOf(source: ExecutorSource): string {
  switch (source.kind) {
    case "image":
      return source.reference;
    case "oci-layout":
      return source.folder;
    default:
      return source.file;
  }
}

async function recall(file: string): Promise<SelfDescription | null> {
  try {
    return rememberedForm.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return null;
  }
}

async function remember(file: string, description: SelfDescription): Promise<void> {
  try {
    await writeFileAtomic(file, JSON.stringify(description));
  } catch (error) {
    throw storeError(error, file);
  }
}

async function ask(engine: Engine, image: ExecutorImage, signal: AbortSignal): Promise<SelfDescription> {
  const version = parseVersion(await outputOf(engine, image, ["version"], signal));
  return { version, help: await outputOf(engine, image, ["--help"], signal) };
}

/** Kaniko's help has some 80 lines. */
const maxOutputLength = 64 << 10;
/** Printing a few lines needs no more; one that does something else instead must not run for ever. */
const deadlineMs = 60_000;

async function outputOf(
  engine: Engine,
  image: ExecutorImage,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const owned = new OwnedContainer(engine);
  const plan = { image, args, env: {}, mounts: [], network: "none", debugger: null } as const;
  const tooLong = AbortSignal.timeout(deadlineMs);
  let text = "";
  try {
    await owned.create(engine, plan, signal);
    for await (const output of runContainer(owned, plan, AbortSignal.any([signal, tooLong]))) {
      if (output.type === "line") text += `${output.text}\n`;
      if (text.length > maxOutputLength) break;
    }
    return text.slice(0, maxOutputLength);
  } catch (error) {
    if (!tooLong.aborted || signal.aborted) throw error;
    const message = `${image.reference} does not end when it is asked for ${args.join(" ")}`;
    throw new LabError("executor-unavailable", message, { hint: "is it an image of Kaniko's executor?" });
  } finally {
    await owned.remove(signal.aborted || tooLong.aborted);
  }
}
