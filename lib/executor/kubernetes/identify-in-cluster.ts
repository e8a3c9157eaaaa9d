import { LabError } from "../../error.ts";
import type { ExecutorIdentity } from "../../model/build.ts";
import { RegistryClient } from "../../registry/client.ts";
import { dockerConfigCredentials } from "../../registry/docker-config.ts";
import { parseReference } from "../../registry/reference.ts";
import { familyOf, parseVersion } from "../docker/executor-family.ts";
import type { IdentifyRequest } from "../port.ts";
import type { ReportPreparing } from "../preparing.ts";
import { recallVersion, rememberVersion } from "../sandbox/identity-memory.ts";
import type { ClusterApi } from "./cluster-api.ts";
import { withHelperPod } from "./helper-pod.ts";
import type { KubernetesOptions } from "./kubernetes-options.ts";
import { removeLeftovers } from "./leftovers.ts";
import { checkRights, rightsOfBuild } from "./missing-rights.ts";
import type { PodNames } from "./owned-pod.ts";
import { imageOf } from "./plan-run.ts";
import { followLog } from "./pod-log.ts";
import type { PodSession } from "./pod-session.ts";
import { helpContainer, identityPodOf, versionContainer } from "./pod-spec.ts";

/**
 * Asks an executor who it is, in a Pod of its own; the answer is kept in `driverFolder` under the image's digest, as far as
 * its registry tells that to this machine.
 * @throws LabError as the port says
 */
export async function identifyInCluster(
  api: ClusterApi,
  request: IdentifyRequest,
  options: KubernetesOptions,
  signal: AbortSignal,
  report: ReportPreparing,
): Promise<ExecutorIdentity> {
  const image = imageOf(request.source);
  const digest = await digestOf(image, request, signal);
  const known = digest === null ? null : await recallVersion(request.driverFolder, digest);
  if (known !== null) return { source: image, ...known };
  await checkRights(api, rightsOfBuild({ job: false, secret: false, exec: false, attach: false }), signal);
  await removeLeftovers(api, signal);
  const { version, help } = await ask(api, image, options, signal, report, request.onLeft);
  const family = familyOf(version, help, image);
  // No answer may be an accident.
  if (digest !== null && version !== "") await rememberVersion(request.driverFolder, digest, { version, family });
  return { source: image, version, family };
}

const registryMs = 3000;

/** Null when this machine cannot ask the registry, or must not. */
async function digestOf(image: string, request: IdentifyRequest, signal: AbortSignal): Promise<string | null> {
  const reference = parseReference(image);
  if (reference.digest) return reference.digest;
  const client = new RegistryClient({
    insecureRegistries: request.insecureRegistries,
    credentials: dockerConfigCredentials({ file: request.dockerConfigFile }),
    retry: { attempts: 1 },
  });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(registryMs)]);
  return client.manifest(reference, { signal: limit }).then(
    ({ digest }) => digest,
    () => null,
  );
}

/** Kaniko's help has some 80 lines. */
const maxOutputLength = 64 << 10;
const endsWithinMs = 60_000;

async function ask(
  api: ClusterApi,
  image: string,
  options: KubernetesOptions,
  cancel: AbortSignal,
  report: ReportPreparing,
  onLeft: IdentifyRequest["onLeft"],
): Promise<{ version: string; help: string }> {
  const limit = new AbortController();
  const signal = AbortSignal.any([cancel, limit.signal]);
  report(`asking ${image} for its version`);
  const pod = {
    document: (names: PodNames) => identityPodOf({ ...names, options, image }),
    containers: [versionContainer, helpContainer],
    startSeconds: options.startSeconds,
    report,
    signal,
    onLeft,
  };
  return withHelperPod(api, pod, async session => {
    const timer = setTimeout(() => limit.abort(endless(image)), endsWithinMs);
    try {
      const version = parseVersion(await outputOf(session, versionContainer));
      return { version, help: await outputOf(session, helpContainer) };
    } finally {
      clearTimeout(timer);
    }
  });
}

async function outputOf(session: PodSession, container: string): Promise<string> {
  const hasEnded = () =>
    session.watched.latest?.status?.containerStatuses?.find(({ name }) => name === container)?.state?.terminated !==
    undefined;
  let text = "";
  const { api, pod, signal } = session;
  for await (const line of followLog(api, { pod, container, hasEnded, signal })) {
    text += `${line}\n`;
    if (text.length > maxOutputLength) break;
  }
  return text.slice(0, maxOutputLength);
}

function endless(image: string): LabError {
  return new LabError("executor-unavailable", `${image} does not end when it is asked for its version`, {
    hint: "is it an image of Kaniko's executor?",
  });
}
