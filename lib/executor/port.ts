import type { DriverName, ExecutorIdentity } from "../model/build.ts";

/**
 * The port between a build and whatever runs the Kaniko executor. A driver knows how to start the executor with a root
 * folder of its own, some folders of this machine and some arguments, and how to end it; it knows nothing of Dockerfiles,
 * logs or caches. What the executor prints is turned into build events by `log-events.ts`, the same way for all drivers.
 */

/** Where the executor comes from. */
export type ExecutorSource =
  | { readonly kind: "image"; readonly reference: string }
  | { readonly kind: "oci-layout"; readonly folder: string }
  | { readonly kind: "docker-archive"; readonly file: string }
  | { readonly kind: "binary"; readonly file: string };

/** A folder or file of this machine that the executor sees. Writes to a mount that is not read-only must be on this machine when the run has ended. */
export interface Mount {
  readonly hostPath: string;
  /** Absolute path in the executor's root. */
  readonly path: string;
  readonly readOnly: boolean;
}

/** Any other program of an image: what fills a context in CI. */
export interface ImageProgram {
  /** Null: the image's entry point. */
  readonly command: readonly string[] | null;
  readonly workingFolder: string;
}

export interface RunRequest {
  readonly source: ExecutorSource;
  /** Arguments of the executor, with paths as it sees them. Never holds a credential. */
  readonly args: readonly string[];
  readonly mounts: readonly Mount[];
  /** What to run instead of the image's own entry point; the executor itself when it is left out. */
  readonly program?: ImageProgram | undefined;
  /** Extra environment. Values may be secret: a driver must not write them to logs, records or argument lists of processes. */
  readonly env: Readonly<Record<string, string>>;
  /** Run the executor under `dlv` listening on this port, where the image has `dlv`; null for an ordinary run. */
  readonly debugPort: number | null;
  /** Leave the container or Pod of a run that failed, and tell how to look at it and how to remove it. @defaultValue false */
  readonly keep?: boolean;
  /** A docker config.json with credentials for pulling the executor's own image; null for the user's own config. */
  readonly dockerConfigFile: string | null;
  /** Registries that speak plain HTTP, as `host[:port]`; for pulling the executor's own image. */
  readonly insecureRegistries: readonly string[];
  /** Folder for what a driver wants to keep between runs (unpacked executor images); exists. */
  readonly driverFolder: string;
}

export type ExecutorOutput =
  /** Preparing (pulling, unpacking, copying): something to show while nothing else happens. Sizes null when unknown. */
  | {
      readonly type: "preparing";
      readonly what: string;
      readonly doneBytes: number | null;
      readonly totalBytes: number | null;
    }
  /** One line of the executor, without its line end; both streams interleaved as they came. */
  | { readonly type: "line"; readonly text: string }
  /** Something that the user has to know beside the build. */
  | { readonly type: "warning"; readonly text: string }
  /** Last item. `code` is the exit code; `reason` says more where the driver knows (`out of memory`), else "". */
  | { readonly type: "exit"; readonly code: number; readonly reason: string };

export interface Availability {
  readonly available: boolean;
  /** One line: what is there (`Docker 20.10.24 at /var/run/docker.sock`) or what is missing. */
  readonly detail: string;
  /** The command or action that mends it; "" when available. */
  readonly hint: string;
}

export interface ExecutorDriver {
  readonly name: DriverName;
  /** Where it keeps the layer cache itself, whatever folder a request names; undefined: it uses that folder. */
  readonly layerCachePlace?: string | undefined;
  /** Whether this driver could run here now. Quick (under a second), changes nothing, never throws. */
  probe(): Promise<Availability>;
  /** Version and family of an executor, asked from itself (`executor version`); remembered for one and the same executor. */
  identify(request: IdentifyRequest): Promise<ExecutorIdentity>;
  /**
   * An address of this machine that the executor of this request reaches, too: a server that listens there can be named to
   * it. Null where there is none; never throws. Drivers without it have none.
   */
  sharedAddress?(request: Pick<RunRequest, "env">): Promise<string | null>;
  /**
   * Runs the executor to its end. Aborting `signal` ends container and processes within seconds; the generator then
   * throws LabError `cancelled`. When the consumer stops early (`return()`), the same clean-up happens.
   * @throws LabError `engine-unavailable`, `engine-lost`, `executor-unavailable`, `sandbox-unavailable`, `registry-*`.
   */
  run(request: RunRequest, signal: AbortSignal): AsyncGenerator<ExecutorOutput, void, void>;
}

export type IdentifyRequest = Pick<
  RunRequest,
  "source" | "dockerConfigFile" | "insecureRegistries" | "driverFolder"
> & {
  readonly signal: AbortSignal;
  readonly onPreparing: (output: Extract<ExecutorOutput, { type: "preparing" }>) => void;
  /** Given where what never starts is left for looking (`--keep`): told how to look at it, and how to remove it. */
  readonly onLeft?: ((text: string) => void) | undefined;
};
