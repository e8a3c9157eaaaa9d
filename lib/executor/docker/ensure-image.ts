import { LabError } from "../../error.ts";
import { parseReference } from "../../registry/reference.ts";
import type { Engine } from "./connect-engine.ts";
import { type ExecutorImage, type ImageRequest, inspectImage } from "./executor-image.ts";
import { importBinary } from "./import-binary.ts";
import { loadImageSource } from "./load-image.ts";
import { pullImage } from "./pull-image.ts";

/**
 * Makes sure that the engine has the executor's image: uses a local one, pulls a missing one, loads one from files.
 * @throws LabError `executor-unavailable`, `registry-*`, `image-not-found`, `engine-lost`, and what reading files throws.
 */
export async function ensureExecutorImage(engine: Engine, request: ImageRequest): Promise<ExecutorImage> {
  const { source } = request;
  switch (source.kind) {
    case "image": {
      // Before it becomes a part of a path of the engine's API. An image's id needs no name.
      if (!/^(?:sha256:)?[0-9a-f]{12,64}$/.test(source.reference)) parseReference(source.reference);
      const local = await inspectImage(engine, source.reference);
      if (local) return local;
      await pullImage(engine, source.reference, request);
      return required(engine, source.reference);
    }
    case "binary":
      return required(engine, await importBinary(engine, source.file, request));
    case "oci-layout":
    case "docker-archive":
      return required(engine, await loadImageSource(engine, source, request));
  }
}

async function required(engine: Engine, reference: string): Promise<ExecutorImage> {
  const image = await inspectImage(engine, reference);
  if (image) return image;
  throw new LabError("executor-unavailable", `the engine took ${reference} but does not have it`, {
    hint: "look at the engine's log and its free disk space",
  });
}
