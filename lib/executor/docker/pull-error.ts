import { LabError } from "../../error.ts";

export interface PullFailure {
  readonly reference: string;
  /** The registry's host, for the hints. */
  readonly registry: string;
  /** The engine's words: it passes on what the registry said, with no code of its own. */
  readonly message: string;
  /** Where credentials were looked for. */
  readonly places: string;
  /** Null when none were found. */
  readonly credentialFrom: string | null;
}

/** Says what a failed pull of the executor's image means: refused, not there, or not reached. */
export function pullError(failure: PullFailure): LabError {
  const { reference, registry, message } = failure;
  const text = `cannot pull ${reference}: ${message}`;
  if (/server gave HTTP response to HTTPS client/i.test(message)) {
    return new LabError("registry-unreachable", text, {
      hint: `${registry} speaks plain HTTP: name it in "insecure-registries" of Docker's daemon.json, or as insecure in Podman's registries.conf`,
    });
  }
  if (/unauthorized|denied|authentication required|no basic auth|forbidden/i.test(message)) {
    const used = failure.credentialFrom
      ? `the credentials of ${failure.credentialFrom} were refused`
      : `no credentials in ${failure.places}`;
    return new LabError("registry-denied", text, { hint: `${used}; docker login ${registry}` });
  }
  if (
    /manifest unknown|not found|does not exist|unknown to registry|no matching manifest|name unknown/i.test(message)
  ) {
    return new LabError("image-not-found", text, { hint: "look at the image's name and tag, and at its platforms" });
  }
  return new LabError("registry-unreachable", text, {
    hint: `the engine's machine must reach ${registry}; an executor that is here already needs no pull: --executor FILE`,
  });
}
