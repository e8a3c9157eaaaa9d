/** The executor's command line in the paths of a format: one word for each flag. */

import { LabError } from "../error.ts";
import type { PlacedContext } from "./place-context.ts";
import type { PortableBuild } from "./portable-build.ts";
import { knownText, type Text } from "./text.ts";

export interface Places {
  readonly context: PlacedContext;
  /** The folder that was brought. */
  readonly workspace: Text;
  /** What stands for Kaniko's layer cache in a folder: `oci:/cache/layers`, or a repository. */
  readonly layerCache: Text;
  /** Where images are written; null: there is no such place. */
  readonly output: Text | null;
  readonly baseImages: Text | null;
  readonly digestFile: Text | null;
  /** `src=…` or `env=…` of a secret. */
  secret(id: string, variable: string | null): Text;
}

export function executorArgs(build: PortableBuild, places: Places): Text[] {
  const { cache, destinations, isPushed, output } = build;
  const isOff = knownText(cache.isOn) === "false";
  const repository =
    cache.place === "folder" ? places.layerCache : cache.place === "derived" ? null : cache.place.repository;
  return [
    ...contextArgs(build, places),
    ...build.flags,
    ...build.buildArgs.map(
      ({ name, value }): Text => (value === null ? [`--build-arg=${name}`] : [`--build-arg=${name}=`, ...value]),
    ),
    ...build.secrets.map(({ id, variable }): Text => [`--secret=id=${id},`, ...places.secret(id, variable)]),
    ["--cache=", ...cache.isOn],
    ...(repository === null || (isOff && cache.place === "folder") ? [] : [["--cache-repo=", ...repository]]),
    ...(build.hasBaseCache && places.baseImages ? [["--cache-dir=", ...places.baseImages]] : []),
    ...destinations.map((destination): Text => ["--destination=", ...destination]),
    ...(isPushed ? [] : [["--no-push"]]),
    ...(output === null || places.output === null ? [] : [[`--${output.flag}=`, ...places.output, `/${output.name}`]]),
    ...(places.digestFile === null ? [] : [["--digest-file=", ...places.digestFile]]),
  ];
}

function contextArgs(build: PortableBuild, { context, workspace }: Places): Text[] {
  const { dockerfile } = build;
  if (context.kind !== "folder") {
    const address: Text = context.kind === "stdin" ? ["tar://stdin"] : context.address;
    const below = context.kind === "remote" ? context.below : [];
    return [
      ["--context=", ...address],
      ...(below.length === 0 || knownText(below) === "." ? [] : [["--context-sub-path=", ...below]]),
      ["--dockerfile=", ...dockerfile.path],
    ];
  }
  const folder: Text = context.below.length === 0 ? workspace : [...workspace, "/", ...context.below];
  const isElsewhere = dockerfile.from === "checkout" && context.from.kind !== "checkout";
  if (isElsewhere && build.context.kind === "folder" && build.context.hostFolder !== null) {
    throw new LabError("usage", "the Dockerfile lies outside of the context", {
      hint: "--context-from checkout brings both, where the format has that; else copy it into the context",
    });
  }
  const path: Text =
    dockerfile.from === "given"
      ? dockerfile.path
      : [...(dockerfile.from === "context" ? folder : workspace), "/", ...dockerfile.path];
  return [
    ["--context=dir://", ...folder],
    ["--dockerfile=", ...path],
  ];
}
