/**
 * What is to be built, free of the machine and the CI system that it comes from: no path of this machine but the context's
 * own folder, no credentials, secrets by their names. Every format is written from this.
 */

import type { CiSource } from "../ci/ci-build.ts";
import type { Text } from "./text.ts";

export type PortableContext =
  /** A folder of files that somebody has to bring. */
  | {
      readonly kind: "folder";
      /** The context in the folder that is brought; empty: it is the context. */
      readonly below: Text;
      /** The same in a checkout of the repository that the context is of. */
      readonly inCheckout: Text;
      /** The context on this machine, absolute; null where the build comes from a CI file. */
      readonly hostFolder: string | null;
    }
  /** Kaniko fetches it. */
  | { readonly kind: "remote"; readonly address: Text; readonly below: Text }
  /** A gzip'd tar by standard input. */
  | { readonly kind: "stdin" };

export interface PortableDockerfile {
  /** What the path is relative to; `given`: to whatever Kaniko makes of it. */
  readonly from: "context" | "checkout" | "given";
  readonly path: Text;
}

export interface PortableCache {
  readonly isOn: Text;
  /**
   * `folder`: OCI layouts in a folder that outlives the build. `derived`: Kaniko takes the first destination's repository
   * with `/cache`.
   */
  readonly place: "folder" | "derived" | { readonly repository: Text };
}

export interface PortableArgument {
  readonly name: string;
  /** Null for a secret: it comes by the environment. */
  readonly value: Text | null;
}

export interface PortableSecret {
  readonly id: string;
  /** The variable that holds it; null for a file. */
  readonly variable: string | null;
}

/** A source that anybody can fetch. */
export type FetchedSource = Exclude<CiSource, { kind: "other" }>;

export interface PortableBuild {
  /** Of the objects that are made: a DNS label. */
  readonly name: string;
  /** The executor's image. */
  readonly executor: Text;
  readonly context: PortableContext;
  readonly dockerfile: PortableDockerfile;
  /** Empty: nothing is pushed. */
  readonly destinations: readonly Text[];
  readonly isPushed: boolean;
  /** The executor was given credentials for registries. */
  readonly hasLogin: boolean;
  readonly cache: PortableCache;
  readonly buildArgs: readonly PortableArgument[];
  readonly secrets: readonly PortableSecret[];
  /** All other flags, one word each. */
  readonly flags: readonly Text[];
  /** Whether the flags look into the base image cache. */
  readonly hasBaseCache: boolean;
  /** What the executor writes beside pushing; null: nothing. */
  readonly output: { readonly flag: "oci-layout-path" | "tar-path"; readonly name: string } | null;
  /** Variables for the executor. */
  readonly environment: readonly { readonly name: string; readonly value: Text }[];
  /** Variables with credentials: their values are secrets. */
  readonly secretVariables: readonly string[];
  readonly serviceAccount: string | null;
  /** What fills the workspace before the build, one after the other. */
  readonly sources: readonly FetchedSource[];
  /** Kind of the object that it was read from. */
  readonly originKind: string | null;
  /** What a reader must know: what was left out, and why. */
  readonly notes: readonly string[];
}

/** Names of secrets that the environment brings. */
export function secretNames(build: PortableBuild): string[] {
  return [
    ...build.buildArgs.filter(({ value }) => value === null).map(({ name }) => name),
    ...build.secrets.flatMap(({ variable }) => variable ?? []),
    ...build.secretVariables,
  ].filter((name, at, all) => all.indexOf(name) === at);
}

/** Whether the executor may have to log in somewhere: for base images, to push, to read and write its cache. */
export function needsLogin(build: PortableBuild): boolean {
  return build.hasLogin || build.isPushed || (typeof build.cache.place === "object" && !isOff(build));
}

export function isOff({ cache }: PortableBuild): boolean {
  return cache.isOn.length === 1 && typeof cache.isOn[0] === "object" && cache.isOn[0].value === "false";
}
