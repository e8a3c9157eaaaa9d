/** Images from registries as a build's executor sees them: the same credentials, mirrors, maps and plain registries. */

import { parsePlatform } from "../image/platform.ts";
import { openRegistryImage } from "../image/registry-image.ts";
import { layerRefOf } from "../lab/image-steps.ts";
import { compressionOfMediaType } from "../lab/open-target.ts";
import type { LayerRef } from "../model/build.ts";
import { RegistryClient } from "../registry/client.ts";
import { dockerConfigCredentials } from "../registry/docker-config.ts";
import { parseRegistryMap } from "../registry/endpoints.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import type { BuildSpec } from "./build-spec.ts";

export interface FetchOptions {
  readonly cache: CacheFolder;
  readonly spec: BuildSpec;
  readonly signal: AbortSignal;
}

/**
 * Fetches the layers of an image into the cache folder; those that are there stay.
 * @returns them, oldest first.
 * @throws LabError as `openRegistryImage`
 */
export async function fetchImageLayers(name: string, options: FetchOptions): Promise<readonly LayerRef[]> {
  const { cache, spec, signal } = options;
  const client = registryClientOf(spec);
  const image = await openRegistryImage(name, {
    client,
    blobFile: (digest, mediaType) =>
      cache.findLayer(digest) ?? cache.layerFile(digest, compressionOfMediaType(mediaType)),
    ...(spec.platform === null ? {} : { platform: parsePlatform(spec.platform) }),
    signal,
  });
  return image.layers.map(layerRefOf);
}

/** A client with the credentials, mirrors, maps and plain registries of a build. */
export function registryClientOf(spec: BuildSpec): RegistryClient {
  return new RegistryClient({
    credentials: dockerConfigCredentials({ file: spec.dockerConfigFile }),
    insecureRegistries: spec.insecureRegistries,
    registryMirrors: spec.registryMirrors,
    registryMap: parseRegistryMap(spec.registryMaps.join(";")),
  });
}
