import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../../error.ts";
import { parseManifest } from "../../image/manifest.ts";
import { type Digest, hexOf, isDigest } from "../../model/digest.ts";
import { RegistryClient } from "../../registry/client.ts";
import { dockerConfigCredentials } from "../../registry/docker-config.ts";
import { parseReference } from "../../registry/reference.ts";
import type { RunRequest } from "../port.ts";
import type { ReportPreparing } from "../preparing.ts";
import type { ClusterApi } from "./cluster-api.ts";
import { flagOf } from "./context-ignore.ts";
import { nameOutside } from "./local-registry.ts";

/** The executor leaves the digest of what it pushed in its container's status. */
export const digestFlags = ["--digest-file", "/dev/termination-log"];

/** @throws LabError `executor-unavailable` */
export function pushedDigest(message: string | undefined): Digest {
  const digest = (message ?? "").trim();
  if (isDigest(digest)) return digest;
  throw new LabError("executor-unavailable", "the executor did not tell the digest of what it pushed", {
    hint: "--result-transport exec reads the layers from the Pod itself",
  });
}

/**
 * Fetches the image that the executor pushed, as the OCI layout that it would have left at `--oci-layout-path`.
 * @throws LabError `registry-*`, `image-not-found`, `digest-mismatch`, `disk-full`, `damaged`
 */
export async function fetchPushed(
  api: ClusterApi,
  request: RunRequest,
  digest: Digest,
  signal: AbortSignal,
  report: ReportPreparing,
): Promise<void> {
  const layout = layoutFolder(request);
  const destination = flagOf(request.args, "destination") as string;
  const client = new RegistryClient({
    insecureRegistries: request.insecureRegistries,
    credentials: dockerConfigCredentials({ file: request.dockerConfigFile }),
  });
  const pushed = parseReference(destination);
  const reference = { ...pushed, registry: await nameOutside(api, pushed.registry, signal), digest };
  const remote = await client.manifest(reference, { signal });
  const manifest = parseManifest(remote.bytes, destination);
  if (!("layers" in manifest)) throw new LabError("damaged", `${destination} is not the image of one platform`);
  const what = `receiving ${destination}`;
  const blobs = [manifest.config, ...manifest.layers];
  const totalBytes = blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const file = (of: Digest) => join(layout, "blobs", "sha256", hexOf(of));
  let doneBytes = 0;
  for (const blob of blobs) {
    const onProgress = (bytes: number) => report(what, doneBytes + bytes, totalBytes);
    await client.downloadBlob(remote.endpoint, blob, file(blob.digest), { signal, onProgress });
    doneBytes += blob.sizeBytes;
  }
  await mkdir(join(layout, "blobs", "sha256"), { recursive: true });
  await writeFile(file(digest), remote.bytes);
  const { mediaType } = JSON.parse(remote.bytes.toString("utf8")) as { mediaType?: string };
  const descriptor = { mediaType: mediaType ?? ociManifest, digest, size: remote.bytes.length };
  await writeFile(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  await writeFile(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }));
}

const ociManifest = "application/vnd.oci.image.manifest.v1+json";

/** Where `--oci-layout-path` is on this machine. */
function layoutFolder({ args, mounts }: RunRequest): string {
  const path = flagOf(args, "oci-layout-path") ?? "";
  const mount = mounts.find(one => path.startsWith(`${one.path}/`));
  if (mount) return join(mount.hostPath, path.slice(mount.path.length));
  throw new LabError("usage", "the executor leaves no OCI layout where it can be put", {
    hint: "--result-transport exec",
  });
}
