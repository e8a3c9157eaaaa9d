import type Docker from "dockerode";
import type { IdentifyRequest } from "../port.ts";
import type { ReportPreparing } from "../preparing.ts";
import type { Engine } from "./connect-engine.ts";
import { callEngine, isAnswerError } from "./engine-call.ts";

/** An executor's image in the engine. */
export interface ExecutorImage {
  readonly id: string;
  /** What containers are made from. */
  readonly reference: string;
  /** The program and its first arguments; Kaniko's usual one where the image names none. */
  readonly entrypoint: readonly string[];
  readonly env: readonly string[];
}

/** Images that come from files get this name in the engine, with a tag from their content, so that each is made once. */
export const localRepository = "kaniko-lab/executor";

export type ImageRequest = Pick<
  IdentifyRequest,
  "source" | "dockerConfigFile" | "insecureRegistries" | "driverFolder" | "signal"
> & {
  readonly report: ReportPreparing;
};

/** Null when the engine does not have it. */
export async function inspectImage(engine: Engine, reference: string): Promise<ExecutorImage | null> {
  try {
    const call = { what: `look for the image ${reference}`, deadlineMs: 30_000 };
    const found: Docker.ImageInspectInfo = await callEngine(call, () => engine.docker.getImage(reference).inspect());
    const entrypoint = asList(found.Config?.Entrypoint);
    return {
      id: found.Id,
      reference,
      entrypoint: entrypoint.length > 0 ? entrypoint : ["/kaniko/executor"],
      env: found.Config?.Env ?? [],
    };
  } catch (error) {
    if (isAnswerError(error) && (error.statusCode === 404 || error.statusCode === 400)) return null;
    throw error;
  }
}

function asList(value: string | readonly string[] | null | undefined): readonly string[] {
  return typeof value === "string" ? [value] : (value ?? []);
}
