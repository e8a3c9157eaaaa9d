import { LabError } from "../../error.ts";
import { openDockerArchive } from "../../image/docker-archive.ts";
import { openOciLayout } from "../../image/oci-layout.ts";
import { openRegistryImage } from "../../image/registry-image.ts";
import { type Digest, hexOf } from "../../model/digest.ts";
import type { Image } from "../../model/image.ts";
import { RegistryClient } from "../../registry/client.ts";
import { dockerConfigCredentials } from "../../registry/docker-config.ts";
import { parseReference } from "../../registry/reference.ts";
import type { ReportPreparing } from "../preparing.ts";
import type { RootRequest } from "./executor-root.ts";
import { recallDigest, rememberDigest } from "./image-store.ts";

/** The image of an executor before its layers were fetched. */
export interface SourceImage {
  /** As the user named it. */
  readonly name: string;
  readonly image: Image;
  /** Fetches layers that are not on this machine yet, into the folder. */
  fetch(folder: string): Promise<Image>;
}

/**
 * Reads manifest and config of an executor's image. `scratch` takes what a compressed archive unpacks to.
 * @throws LabError `registry-*`, `image-not-found`, `damaged`, `usage`
 */
export async function openSourceImage(
  request: RootRequest,
  scratch: string,
  report: ReportPreparing,
): Promise<SourceImage> {
  const { source, signal } = request;
  switch (source.kind) {
    case "image":
      return openRemote(request, source.reference, report);
    case "oci-layout": {
      const image = await openOciLayout(source.folder);
      return { name: source.folder, image, fetch: async () => image };
    }
    case "docker-archive": {
      const image = await openDockerArchive(source.file, { scratch, signal });
      return { name: source.file, image, fetch: async () => image };
    }
    case "binary":
      throw new LabError("usage", "a binary is no image");
  }
}

async function openRemote(request: RootRequest, name: string, report: ReportPreparing): Promise<SourceImage> {
  const { signal, driverFolder } = request;
  const reference = parseReference(name);
  const client = new RegistryClient({
    insecureRegistries: request.insecureRegistries,
    credentials: dockerConfigCredentials({ file: request.dockerConfigFile }),
  });
  report(`looking up ${name}`);
  const blobFile = (folder: string) => (digest: Digest) => `${folder}/${hexOf(digest)}`;
  const image = await openRegistryImage(reference, {
    client,
    signal,
    blobFile: blobFile(driverFolder),
    layers: "none",
  });
  const digest = image.manifestDigest;
  if (digest !== null) await rememberDigest(driverFolder, name, digest);
  // Its digest, not its tag: that may move in between.
  const fixed = digest === null ? reference : { ...reference, digest };
  return {
    name,
    image,
    fetch: folder =>
      openRegistryImage(fixed, {
        client,
        signal,
        blobFile: blobFile(folder),
        onProgress: ({ doneBytes, totalBytes }) => report(`pulling ${name}`, doneBytes, totalBytes),
      }),
  };
}

/** The digest that a name had when its registry could last be asked; null for an executor that comes from files. */
export async function lastKnownDigest(request: RootRequest): Promise<Digest | null> {
  return request.source.kind === "image" ? recallDigest(request.driverFolder, request.source.reference) : null;
}
