import type Docker from "dockerode";
import { sharedLabels } from "./owner-labels.ts";
import type { ResolvedMount } from "./resolve-mounts.ts";

/** Kaniko never touches what is below its own folder: what lies there needs no mount to be safe from it. */
const kanikoFolder = "/kaniko/";

/** Where layers of earlier builds wait in the container, see `kept-layers.ts`. */
export const keptLayersPath = `${kanikoFolder}lab-layers`;

/**
 * The volumes that stand in for mounts when folders are copied. They must be real mounts: the executor clears everything
 * else in `/` between stages, and takes it for a part of the image. A single file gets one for its folder.
 */
export function volumesForCopies(mounts: readonly ResolvedMount[]): Docker.MountSettings[] {
  const targets = new Set<string>();
  for (const mount of mounts) {
    const target = mount.isFile ? parentOf(mount.path) : mount.path;
    const isSafe = mount.isFile && (target === "/" || mount.path.startsWith(kanikoFolder));
    if (!isSafe) targets.add(target);
  }
  // A file's folder needs no volume of its own inside another volume.
  return [...targets].flatMap(target => {
    if (!isOnlyForFiles(target, mounts)) return [volume(target, { noCopy: true })];
    // Beside a single file, what the image has in that folder stays to be seen.
    return isInside(target, targets) ? [] : [volume(target, { noCopy: false })];
  });
}

/** A volume that outlives the container; it is there already. */
export function keptVolume(target: string, name: string): Docker.MountSettings {
  return volume(target, { noCopy: true }, { Source: name });
}

function volume(
  target: string,
  { noCopy }: { noCopy: boolean },
  source: { Source?: string } = {},
): Docker.MountSettings {
  const options = { NoCopy: noCopy, Labels: sharedLabels() };
  return { Type: "volume", Target: target, ...source, VolumeOptions: options } as Docker.MountSettings;
}

function parentOf(file: string): string {
  return file.slice(0, Math.max(1, file.lastIndexOf("/")));
}

function isOnlyForFiles(target: string, mounts: readonly ResolvedMount[]): boolean {
  return !mounts.some(mount => !mount.isFile && mount.path === target);
}

function isInside(target: string, others: ReadonlySet<string>): boolean {
  return [...others].some(other => target.startsWith(`${other}/`));
}
