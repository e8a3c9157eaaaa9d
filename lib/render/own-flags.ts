import { type GivenFlag, parseKanikoFlags } from "../ci/kaniko-flags.ts";

/**
 * A command line of CI with flags of the user's own over it: a flag takes the place of those of the same name, a build
 * argument of the one with the same name; labels, secrets and registries come to those that are there.
 */
export function withOwnFlags(args: readonly string[], own: readonly string[]): string[] {
  const given = parseKanikoFlags(own);
  const replaced = new Set(given.map(replacedBy).filter(name => name !== null));
  // Where something is pushed, nothing keeps it from that.
  if (replaced.has("destination")) replaced.add("no-push");
  const kept = parseKanikoFlags(args).filter(flag => !replaced.has(replacedBy(flag) ?? ""));
  return [...kept.flatMap(({ words }) => words), ...own];
}

const additive = new Set(["label", "secret", "registry-mirror", "registry-map", "insecure-registry"]);

function replacedBy({ flag, value }: GivenFlag): string | null {
  if (flag === null || additive.has(flag.name)) return null;
  return flag.name === "build-arg" ? `build-arg ${value.split("=")[0]}` : flag.name;
}
