import { LabError } from "../error.ts";
import { type Descriptor, isAttestation } from "./manifest.ts";
import { formatPlatform, type Platform, platformScore } from "./platform.ts";

/**
 * The image of an index that runs on `wanted`. Entries that state no platform count only when they are all there is.
 *
 * @param where names the index in errors.
 * @throws LabError `image-not-found` naming the platforms that are there.
 */
export function choosePlatform(entries: readonly Descriptor[], wanted: Platform, where: string): Descriptor {
  const images = entries.filter(entry => !isAttestation(entry));
  let best: Descriptor | null = null;
  let bestScore = 0;
  for (const entry of images) {
    const score = entry.platform === null ? 0 : platformScore(entry.platform, wanted);
    if (score > bestScore) [best, bestScore] = [entry, score];
  }
  if (best !== null) return best;
  const only = images[0];
  if (images.length === 1 && only !== undefined && only.platform === null) return only;
  const offered = images.map(({ platform }) => (platform === null ? "unstated" : formatPlatform(platform)));
  throw new LabError("image-not-found", `${where} has no image for ${formatPlatform(wanted)}`, {
    hint:
      offered.length === 0
        ? "its index is empty"
        : `choose with --platform one of: ${[...new Set(offered)].join(", ")}`,
  });
}
