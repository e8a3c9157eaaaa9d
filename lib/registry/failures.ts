import { LabError } from "../error.ts";
import { type ConnectionLoss, isAboutCertificate, isAboutTls } from "./connection-loss.ts";
import type { Credential, CredentialSource } from "./credentials.ts";
import { dockerHub, type RepositoryAddress } from "./reference.ts";

/** The errors a registry can cause, in words. No answer of a registry is quoted: it may hold what was sent to it. */

export function unreachable(registry: string, loss: ConnectionLoss): LabError {
  return new LabError("registry-unreachable", `cannot reach the registry ${registry}: ${loss.message}`, {
    hint: hintFor(registry, loss),
    cause: loss,
  });
}

function hintFor(registry: string, loss: ConnectionLoss): string {
  if (isAboutTls(loss)) return `if ${registry} speaks plain HTTP, name it as an insecure registry`;
  if (isAboutCertificate(loss)) {
    return `if you trust the registry's certificate, name its file in NODE_EXTRA_CA_CERTS`;
  }
  if (loss.code === "ECONNREFUSED") return "check that the registry runs, and its port";
  return "check the name, the network and the proxy settings";
}

/** For 401 and 403. `used` is the credential that was sent, or null. */
export async function denied(
  address: RepositoryAddress,
  used: Credential | null,
  credentials: CredentialSource,
): Promise<LabError> {
  const why =
    used === null
      ? `there are no credentials for it (looked in ${await credentials.places()})`
      : `the credentials from ${used.from} were not accepted, or do not allow this`;
  const login = address.registry === dockerHub ? "docker login" : `docker login ${address.registry}`;
  return new LabError("registry-denied", `${address.registry} denies access to ${address.repository}: ${why}`, {
    hint: `check the name (registries deny what is not there, too), run "${login}", or name the folder of another config.json: DOCKER_CONFIG=DIR`,
  });
}

/** What registries answer that are set up so, or that have no deletion at all. */
export function deletionRefused(address: RepositoryAddress, status: number): LabError {
  return new LabError(
    "registry-denied",
    `${address.registry} lets nobody delete from ${address.repository} (HTTP ${status})`,
    {
      hint: "its operator can allow it (registry:2: REGISTRY_STORAGE_DELETE_ENABLED=true), or set retention rules there",
    },
  );
}

export function unexpectedStatus(address: RepositoryAddress, what: string, status: number): LabError {
  if (status === 404) {
    return new LabError("image-not-found", `${address.registry} has no ${what} of ${address.repository}`, {
      hint: "check the name and the tag",
    });
  }
  if (status === 429) {
    return new LabError("registry-denied", `${address.registry} allows no more requests for now (HTTP 429)`, {
      hint: "wait, log in for a higher limit, or use a registry mirror",
    });
  }
  return new LabError(
    "registry-unreachable",
    `${address.registry} answered HTTP ${status} for ${what} of ${address.repository}`,
    {
      hint: status >= 500 ? "the registry is in trouble; try again later" : "check that this is a registry",
    },
  );
}
