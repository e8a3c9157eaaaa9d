import type { Readable } from "node:stream";
import type Docker from "dockerode";
import type { Credential } from "../../registry/credentials.ts";
import { dockerConfigCredentials } from "../../registry/docker-config.ts";
import { dockerHub, parseReference, tagOrDigest } from "../../registry/reference.ts";
import type { ReportPreparing } from "../preparing.ts";
import type { Engine } from "./connect-engine.ts";
import { callEngine, engineMessage, isAnswerError } from "./engine-call.ts";
import { readProgress } from "./progress-stream.ts";
import { pullError } from "./pull-error.ts";
import { PullProgress } from "./pull-progress.ts";

export interface PullOptions {
  /** Null for the user's own docker configuration. */
  readonly dockerConfigFile: string | null;
  readonly insecureRegistries: readonly string[];
  readonly report: ReportPreparing;
  readonly signal: AbortSignal;
}

/**
 * Lets the engine pull an image. Credentials go to the engine in a header of this one request and nowhere else.
 * @throws LabError `usage` (no image name), `config-invalid`, `registry-denied`, `image-not-found`, `registry-unreachable`, `engine-lost`.
 */
export async function pullImage(engine: Engine, reference: string, options: PullOptions): Promise<void> {
  const { registry, repository, ...rest } = parseReference(reference);
  const credentials = dockerConfigCredentials({ file: options.dockerConfigFile });
  const credential = await credentials.find(registry, repository);
  const what = `pulling ${reference}`;
  options.report(what);
  const failed = async (message: string) =>
    pullError({
      reference,
      registry,
      message,
      credentialFrom: credential?.from ?? null,
      places: await credentials.places(),
    });
  const request = {
    fromImage: `${registry}/${repository}`,
    tag: tagOrDigest({ registry, repository, ...rest }),
    // Podman's own word; Docker decides by its daemon.json alone.
    ...(options.insecureRegistries.includes(registry) && { tlsVerify: false }),
    ...(credential && { authconfig: authConfig(credential, registry) as unknown as Docker.AuthConfig }),
  };
  try {
    const stream = await callEngine({ what, deadlineMs: null, signal: options.signal }, abortSignal =>
      engine.docker.createImage({ ...request, abortSignal }),
    );
    const progress = new PullProgress();
    for await (const message of readProgress(stream as Readable)) {
      if (message.error !== undefined) throw await failed(message.error);
      const totals = progress.add(message);
      if (totals) options.report(what, totals.doneBytes, totals.totalBytes);
    }
  } catch (error) {
    if (isAnswerError(error)) throw await failed(engineMessage(error));
    throw error;
  }
}

/** The document of the X-Registry-Auth header. */
function authConfig(credential: Credential, registry: string): Record<string, string> {
  const serveraddress = registry === dockerHub ? "https://index.docker.io/v1/" : registry;
  switch (credential.kind) {
    case "basic":
      return { username: credential.username, password: credential.password, serveraddress };
    case "identity-token":
      return { identitytoken: credential.token, serveraddress };
    case "registry-token":
      return { registrytoken: credential.token, serveraddress };
  }
}
