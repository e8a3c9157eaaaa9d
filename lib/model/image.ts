import type { LabError } from "../error.ts";
import type { DiffId, Digest } from "./digest.ts";
import type { BlobLocation, Compression } from "./layer-index.ts";

/** A layer of an image: what the manifest says of it, and where its bytes are. Layers are always listed oldest first. */
export interface ImageLayer {
  /** Digest of the stored bytes; null where the source does not tell it before reading (a tar inside a docker archive). */
  readonly digest: Digest | null;
  /** From the image's config; null for a bare layer file. */
  readonly diffId: DiffId | null;
  /** As the manifest states it; "" where there is no manifest. Never trusted for the compression. */
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** Null when only the listing was kept (thin recording): the index can be read, the content cannot. */
  readonly blob: BlobLocation | null;
  /** Why there is no blob, where it should be: it is missing, cut off, or not what the image names. */
  readonly damage?: LabError | null;
}

export interface HistoryEntry {
  /** The instruction, or "". */
  readonly createdBy: string;
  /** ISO 8601, or null. Kaniko writes year 1, which counts as null. */
  readonly created: string | null;
  readonly comment: string;
  readonly emptyLayer: boolean;
}

/** The parts of an OCI or Docker image config that are used here; `raw` is the document as it was found. */
export interface ImageConfig {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
  readonly created: string | null;
  readonly env: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly entrypoint: readonly string[] | null;
  readonly cmd: readonly string[] | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly diffIds: readonly DiffId[];
  readonly history: readonly HistoryEntry[];
  readonly raw: string;
}

export interface Image {
  /** How the user named it, such as `oci:out` or `docker://host/name:tag`. */
  readonly name: string;
  /** Digest of the platform's manifest; null where the source has none (docker archive, bare layers). */
  readonly manifestDigest: Digest | null;
  readonly configDigest: Digest | null;
  /** Null for bare layer files. */
  readonly config: ImageConfig | null;
  readonly layers: readonly ImageLayer[];
}

export type { Compression };
