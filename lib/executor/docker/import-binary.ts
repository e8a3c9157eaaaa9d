import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { LabError, messageOf } from "../../error.ts";
import { certificateBundle, checkBinary, packMinimalRoot } from "../minimal-root.ts";
import type { Engine } from "./connect-engine.ts";
import { callEngine, engineMessage, isAnswerError } from "./engine-call.ts";
import { type ImageRequest, inspectImage, localRepository } from "./executor-image.ts";
import { asNodeStream } from "./node-stream.ts";
import { readProgress } from "./progress-stream.ts";

/** Kaniko's own settings, as its images have them. */
const changes = [
  'ENTRYPOINT ["/kaniko/executor"]',
  "WORKDIR /workspace",
  "ENV HOME=/root USER=root PATH=/usr/local/bin:/kaniko SSL_CERT_DIR=/kaniko/ssl/certs DOCKER_CONFIG=/kaniko/.docker/",
];

/**
 * Makes an image of an executor that is a file, unless the engine has one of the very same bytes.
 * @returns the image's name in the engine.
 * @throws LabError `executor-unavailable`, `engine-lost`
 */
export async function importBinary(engine: Engine, file: string, request: ImageRequest): Promise<string> {
  const sizeBytes = await checkBinary(file);
  const certificates = await certificateBundle();
  const reference = `${localRepository}:binary-${await digestOf(file, certificates)}`;
  if (await inspectImage(engine, reference)) return reference;
  const root = packMinimalRoot(file, sizeBytes, certificates);
  const what = `importing ${file}`;
  request.report(what);
  const stream = await callEngine({ what, deadlineMs: null, signal: request.signal }, abortSignal => {
    // Name and tag in one: Podman does not know the parameter for the tag.
    const options = { repo: reference, changes, abortSignal };
    return engine.docker.importImage(asNodeStream(root), options);
  }).catch((error: unknown) => {
    throw isAnswerError(error) ? importFailed(file, engineMessage(error)) : error;
  });
  for await (const message of readProgress(stream as Readable)) {
    if (message.error !== undefined) throw importFailed(file, message.error);
  }
  return reference;
}

function importFailed(file: string, message: string): LabError {
  return new LabError("executor-unavailable", `the engine cannot import ${file}: ${message}`, {
    hint: "look at the engine's free disk space",
  });
}

async function digestOf(file: string, certificates: Buffer): Promise<string> {
  const hash = createHash("sha256").update(certificates);
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  } catch (error) {
    throw new LabError("executor-unavailable", `cannot read the executor ${file}: ${messageOf(error)}`);
  }
  return hash.digest("hex").slice(0, 24);
}
