import { settleAbandoned } from "../build/settle-abandoned.ts";
import { parsePlatform } from "../image/platform.ts";
import { openLab } from "../lab/open-lab.ts";
import { ImageView } from "./image-view.ts";
import { cacheOf, type LabPlaceOptions } from "./options.ts";

export interface OpenImageOptions extends LabPlaceOptions {
  /** Which image of several: `os/arch[/variant]`. @defaultValue Linux on this machine's processor */
  readonly platform?: string | null | undefined;
}

/**
 * Opens a build of the cache folder or an image from anywhere. Nothing is inflated yet; of an image in a registry the
 * layers are fetched.
 *
 * @param name `latest`, `previous`, the id of a build, the start of it or its name; `oci:DIR`, `docker-archive:FILE`,
 * `docker://HOST/NAME:TAG`, `docker-daemon:NAME:TAG`, or the path of a layer file, a folder of them, a layout or an archive.
 * @throws LabError `unknown-target` when nothing is called so; `image-not-found`, `registry-unreachable`,
 * `registry-denied`, `engine-unavailable`, `damaged`, `cancelled`.
 *
 * @example
 * ```ts
 * const image = await openImage("oci:out/image");
 * const step = await image.step("RUN apk add curl");
 * console.log(step.added, step.sizeBytes);
 * ```
 */
export async function openImage(name: string, options: OpenImageOptions = {}): Promise<ImageView> {
  const cache = await cacheOf(options);
  await settleAbandoned(cache);
  const platform = options.platform == null ? undefined : parsePlatform(options.platform);
  const lab = openLab({ cache, platform });
  return new ImageView(cache, lab, await lab.openTarget(name, options));
}
