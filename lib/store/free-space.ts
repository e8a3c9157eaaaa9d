import { statfsSync } from "node:fs";
import { LabError } from "../error.ts";

/**
 * Refuses what cannot fit, before the disk is filled with it.
 * @param folder is there already.
 * @throws LabError `disk-full`
 */
export function checkFreeSpace(folder: string, sizeBytes: number, what: string, hint: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (sizeBytes <= bavail * bsize) return;
  throw new LabError("disk-full", `no space in ${folder} for ${what} of ${sizeBytes} bytes`, { hint });
}
