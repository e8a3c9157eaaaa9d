/** One run of Kaniko in a CI file, as the file has it: nothing is yet decided about how to do the same here. */

import type { LabError } from "../error.ts";

export const ciFormats = ["kubernetes", "argo", "tekton", "gitlab", "github", "knative", "shell"] as const;
export type CiFormat = (typeof ciFormats)[number];

/** Where in which file a build stands; kept in the build's record. */
export interface CiOrigin {
  /** As the user named it. */
  readonly file: string;
  readonly format: CiFormat;
  /** `Pod`, `ClusterWorkflowTemplate`, `job`, `script` … */
  readonly kind: string;
  /** Of the object; "" where it has none. */
  readonly name: string;
  /** What `--job` chooses: the container, task, step or job. */
  readonly job: string;
  /** Argo: the template that the job runs. */
  readonly template: string | null;
  /** From 1. */
  readonly line: number;
}

/** Something that CI has and this machine has not: a secret, a volume, credentials, what ran before. */
export interface CiReference {
  readonly kind: "credentials" | "secret" | "volume" | "variable" | "source";
  /** `secret regcred at /kaniko/.docker` */
  readonly text: string;
  /** What to do about it here; null where nothing needs to be done. */
  readonly give: string | null;
}

/** A path of the executor's container that another place stands behind, such as `-v "$PWD/app:/workspace"`. */
export interface CiMount {
  readonly path: string;
  readonly source: string;
}

/** What fills CI's `/workspace` before the build, in order. */
export type CiSource =
  | {
      readonly kind: "git";
      readonly url: string;
      readonly revision: string;
      /** Below `/workspace`; "" for itself. */
      readonly below: string;
    }
  | {
      /** A container that has `/workspace` mounted. */
      readonly kind: "container";
      readonly image: string;
      /** Null: the image's entry point. */
      readonly command: readonly string[] | null;
      readonly args: readonly string[];
      readonly env: ReadonlyMap<string, string>;
      /** Variables that are secrets of CI. */
      readonly unknownEnv: readonly string[];
      readonly workingFolder: string;
    }
  /** Only CI can fetch it. */
  | { readonly kind: "other"; readonly text: string };

export interface CiBuild {
  readonly origin: CiOrigin;
  /** The executor's image; null where the file does not say. */
  readonly image: string | null;
  /** What the executor is given, word by word; unknown values are marks (see `Unknowns`). */
  readonly args: readonly string[];
  /** Variables of the executor's container, as far as the file tells. */
  readonly env: ReadonlyMap<string, string>;
  /** Where the executor starts: relative paths are meant from there. */
  readonly workingFolder: string;
  readonly mounts: readonly CiMount[];
  readonly references: readonly CiReference[];
  /** Where the format tells; else missing. */
  readonly sources?: readonly CiSource[];
  /** Things to know: conditions, what runs before. */
  readonly notes: readonly string[];
  /** What is wrong with this build alone: thrown when it is chosen, so that the file's others can be. */
  readonly fault?: LabError;
  /** Of the Pod, where the file names one: it may bring credentials. */
  readonly serviceAccount?: string | undefined;
}
