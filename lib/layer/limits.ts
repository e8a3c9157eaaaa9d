import { LabError } from "../error.ts";

/** Bounds on what a layer may make us read and keep. Layers are hostile input. */
export interface LayerLimits {
  /** Size of the uncompressed tar. */
  readonly tarBytes: number;
  /** Beyond this size the tar must not be more than `inflation` times as large as what is stored. */
  readonly unsuspectedBytes: number;
  readonly inflation: number;
  readonly entries: number;
  /** Length of one path or link text: Linux takes no longer one (PATH_MAX), so no engine can unpack it. */
  readonly nameBytes: number;
  /** Body of one PAX header or GNU long name, or one sparse map. */
  readonly specialBytes: number;
  /** All paths of the layer together, and as much again for all link texts. */
  readonly poolBytes: number;
  /** All different sets of extended attributes together. */
  readonly xattrBytes: number;
  /** Pieces of all sparse files together. */
  readonly sparsePieces: number;
  /** Zeros in the holes of sparse files that are hashed; the content of files beyond gets no digest. */
  readonly hashedHoleBytes: number;
}

const gibibyte = 2 ** 30;

export const defaultLimits: LayerLimits = {
  tarBytes: 64 * gibibyte,
  // A file of zeros may well be some gigabytes large, and gzip makes it a thousand times smaller.
  unsuspectedBytes: 16 * gibibyte,
  inflation: 256,
  entries: 16 * 2 ** 20,
  nameBytes: 4096,
  specialBytes: 2 ** 20,
  poolBytes: 2 * gibibyte - 1,
  xattrBytes: gibibyte / 4,
  sparsePieces: 4 * 2 ** 20,
  hashedHoleBytes: 8 * gibibyte,
};

/** @returns the error for a layer that goes beyond a limit. */
export function tooLarge(what: string, limit: number, offset: number): LabError {
  return new LabError("too-large", `${what}: more than ${limit} at byte ${offset} of the tar`, {
    hint: "such a layer is not read further; if it is yours, make it smaller",
  });
}

/**
 * Stops a bomb long before its end.
 * @throws LabError `too-large`.
 */
export function checkInflation(tarBytes: number, storedBytes: number, limits: LayerLimits): void {
  if (tarBytes <= limits.unsuspectedBytes || tarBytes <= storedBytes * limits.inflation) return;
  throw tooLarge(`${storedBytes} stored bytes inflate too far`, limits.unsuspectedBytes, tarBytes);
}

/** @returns the error for a tar that breaks the format. */
export function damagedTar(what: string, offset: number): LabError {
  return new LabError("damaged", `damaged tar: ${what} at byte ${offset} of the tar`, {
    hint: "the layer was cut off, changed, or is no tar; fetch or build it again",
  });
}
