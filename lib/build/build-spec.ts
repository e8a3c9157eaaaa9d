/** What a user asks of a build, before any driver or path of the executor comes in. Defaults: see `defaultSpec`. */

import type { CiOrigin } from "../ci/ci-build.ts";
import type { LogLevel } from "../executor/events.ts";

export type LayerCacheChoice =
  /** Kaniko's layer cache as OCI layouts in the cache folder. */
  | { readonly kind: "folder" }
  | { readonly kind: "off" }
  /** `--cache-repo REPOSITORY`. */
  | { readonly kind: "registry"; readonly repository: string };

export interface BuildSpec {
  /** A folder (`.`, `dir://…`), or a context that Kaniko fetches itself: `git://`, `s3://`, `gs://`, `https://`, `tar://FILE`. */
  readonly context: string;
  /** Path of the Dockerfile, relative to the context or absolute; null: `Dockerfile` of the context. */
  readonly dockerfile: string | null;
  readonly name: string | null;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly target: string | null;
  /** Empty: nothing is pushed. */
  readonly destinations: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** As Kaniko's `--secret` has them: `id=NAME[,src=FILE][,env=VARIABLE]`. Files are read from this machine. */
  readonly secrets: readonly string[];
  readonly snapshotMode: "full" | "redo" | "time" | null;
  readonly useNewRun: boolean;
  readonly singleSnapshot: boolean;
  readonly reproducible: boolean;
  readonly compression: "gzip" | "zstd" | null;
  /** `os/arch[/variant]`; null: that of the machine that runs the executor. */
  readonly platform: string | null;
  readonly cache: LayerCacheChoice;
  /** Look COPY and ADD up in the layer cache, too; also what makes their layers in earlier stages readable. */
  readonly cacheCopyLayers: boolean;
  /** A folder of this machine with base images that Kaniko's warmer fetched; null: bases come from their registry. */
  readonly baseCache: string | null;
  readonly registryMirrors: readonly string[];
  /** `original=replacement`. */
  readonly registryMaps: readonly string[];
  /** `host[:port]` that speak plain HTTP. */
  readonly insecureRegistries: readonly string[];
  /** A docker config.json for the executor, mounted read-only; null: the executor gets no credentials. */
  readonly dockerConfigFile: string | null;
  /** Flags given after `--`, as they are. */
  readonly extraFlags: readonly string[];
  /** What of the executor's log is shown. The executor always logs at `debug` or finer, as the cache keys are only there. */
  readonly logLevel: LogLevel;
  readonly debugPort: number | null;
  /** Leave the container or Pod of a run that failed. */
  readonly keep?: boolean;
  /** Variables for the executor, over those of this machine. */
  readonly environment: Readonly<Record<string, string>>;
  /** The CI file that the build was read from; null for an ordinary one. */
  readonly origin: CiOrigin | null;
}

export const defaultSpec: Omit<BuildSpec, "context"> = {
  dockerfile: null,
  name: null,
  buildArgs: {},
  target: null,
  destinations: [],
  labels: {},
  secrets: [],
  snapshotMode: null,
  useNewRun: false,
  singleSnapshot: false,
  reproducible: false,
  compression: null,
  platform: null,
  cache: { kind: "folder" },
  cacheCopyLayers: true,
  baseCache: null,
  registryMirrors: [],
  registryMaps: [],
  insecureRegistries: [],
  dockerConfigFile: null,
  extraFlags: [],
  logLevel: "info",
  debugPort: null,
  keep: false,
  environment: {},
  origin: null,
};
