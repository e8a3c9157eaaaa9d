/** What a build is written down from: a record, a build file with options, a build of a CI file. */

import { basename, posix, relative, sep } from "node:path";
import type { CiBuild, CiOrigin } from "../ci/ci-build.ts";
import type { Unknowns } from "../ci/unknowns.ts";
import type { BuildRecord, ExecutorIdentity } from "../model/build.ts";
import { forkImage, upstreamImage } from "./images.ts";
import type { BuildSource } from "./read-build.ts";

/** A build of this machine, and where its files are. */
export interface OwnBuild {
  /** As the executor gets, or got, them. */
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute; null for a context that Kaniko fetches. */
  readonly folder: string | null;
  /** The top of the checkout that the folder is in; null when it is in none. */
  readonly checkout: string | null;
  /** Absolute; null where only the executor can read it. */
  readonly dockerfile: string | null;
  readonly name: string | null;
  readonly hasLogin: boolean;
  readonly executor: ExecutorIdentity;
}

const noOrigin: CiOrigin = { file: "", format: "shell", kind: "", name: "", job: "", template: null, line: 0 };

export function ownSource(own: OwnBuild): BuildSource {
  const { folder, checkout, dockerfile, flags, environment } = own;
  const executor = portableExecutor(own.executor);
  const address = flags[flags.indexOf("--context") + 1] ?? "";
  return {
    build: {
      origin: noOrigin,
      image: executor.image,
      args: flags,
      env: new Map(Object.entries(environment)),
      workingFolder: "/workspace",
      mounts: [],
      references: own.hasLogin ? [{ kind: "credentials", text: "a config.json", give: null }] : [],
      notes: [],
    },
    unknowns: null,
    name: objectNameOf(
      own.name ?? (folder === null ? posix.basename(address.replace(/[#?].*$/, "")) : basename(folder)),
    ),
    executor: executor.image,
    own: {
      folder,
      inCheckout: folder === null || checkout === null ? "" : pathFrom(checkout, folder),
      dockerfileInCheckout:
        folder === null || checkout === null || dockerfile === null ? null : outside(checkout, folder, dockerfile),
    },
    notes: executor.notes,
  };
}

/** @param folder the context of the record when it is a folder. */
export function recordSource(record: BuildRecord, checkout: string | null): BuildSource {
  const { context, flags, featureFlags = {} } = record.spec;
  const at = flags.indexOf("--context");
  const isFolder = flags[at + 1] === "dir:///workspace";
  return ownSource({
    flags,
    environment: featureFlags,
    folder: isFolder ? context : null,
    checkout,
    dockerfile: null,
    name: record.name,
    // The record does not say.
    hasLogin: false,
    executor: record.executor,
  });
}

export function ciSource(
  build: CiBuild,
  unknowns: Unknowns,
  name: string | null,
  args: readonly string[],
): BuildSource {
  const { origin } = build;
  return {
    build: { ...build, args, notes: [...build.notes.map(note => unknowns.shown(note)), ...accountNotes(build)] },
    unknowns,
    name: objectNameOf(name ?? (origin.name || origin.job)),
    executor: build.image ?? `${forkImage}:latest`,
    own: null,
    notes: [],
  };
}

function accountNotes({ origin, serviceAccount }: CiBuild): string[] {
  if (origin.format !== "knative" || serviceAccount === undefined) return [];
  return [
    `Knative logged in with annotated secrets of the service account ${serviceAccount}: the secret with a config.json takes their place`,
  ];
}

/** A DNS label: `kaniko-` and what is left of a name. */
export function objectNameOf(name: string): string {
  const label = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 50)
    .replace(/^-+|-+$/g, "");
  if (label === "") return "kaniko-build";
  return label.startsWith("kaniko") ? label : `kaniko-${label}`;
}

/** Binaries and archives of this machine are nowhere else: the image of the same version takes their place. */
function portableExecutor({ source, family, version }: ExecutorIdentity): { image: string; notes: string[] } {
  if (!/^[./~]|^(?:oci|docker-archive):/.test(source)) return { image: source, notes: [] };
  const repository = family === "upstream" ? upstreamImage : forkImage;
  const image = `${repository}:${/^v\d+\.\d+\.\d+$/.test(version) ? version : "latest"}`;
  return { image, notes: [`the executor here was a file of this machine: ${image} takes its place`] };
}

function pathFrom(folder: string, path: string): string {
  return relative(folder, path).split(sep).join("/");
}

/** A Dockerfile beside the context, in the same checkout. */
function outside(checkout: string, folder: string, dockerfile: string): string | null {
  if (!pathFrom(folder, dockerfile).startsWith("..")) return null;
  const below = pathFrom(checkout, dockerfile);
  return below.startsWith("..") ? null : below;
}
