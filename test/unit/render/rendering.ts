/** Rendering in tests: from the executor's words to a file, and what `from` reads there. */

import { chooseBuild } from "../../../lib/ci/choose-build.ts";
import type { CiBuild } from "../../../lib/ci/ci-build.ts";
import { type LocalBuild, localBuild } from "../../../lib/ci/local-build.ts";
import { readCiFile } from "../../../lib/ci/read-ci-file.ts";
import { Unknowns } from "../../../lib/ci/unknowns.ts";
import { type BuildSource, readBuild } from "../../../lib/render/read-build.ts";
import { type RenderFormat, renderBuild } from "../../../lib/render/render.ts";
import { defaultRenderOptions, type RenderOptions } from "../../../lib/render/render-options.ts";
import { ciSource, type OwnBuild, ownSource } from "../../../lib/render/sources.ts";
import { fixture } from "../ci/reading.ts";

/** Formats that `from` reads. */
export const readableFormats = ["pod", "job", "argo", "tekton", "gitlab", "github", "docker", "shell"] as const;

const nothing = { names: new Set<string>(), context: null, buildArgs: new Set<string>(), secrets: new Set<string>() };

/** The words that our own builds begin with. */
export const folderFlags = ["--context", "dir:///workspace", "--dockerfile", "/workspace/Dockerfile"];

export function own(flags: readonly string[], more: Partial<OwnBuild> = {}): BuildSource {
  return ownSource({
    flags: [...folderFlags, ...flags],
    environment: {},
    folder: "/home/me/checkout/services/api",
    checkout: "/home/me/checkout",
    dockerfile: "/home/me/checkout/services/api/Dockerfile",
    name: null,
    hasLogin: false,
    executor: { source: "ghcr.io/osscontainertools/kaniko:v1.28.3", version: "", family: "fork" },
    ...more,
  });
}

export function ofFixture(
  name: string,
  choice: { job?: string; template?: string },
  params: Readonly<Record<string, string>> = {},
): BuildSource {
  return ofText(fixture(name), choice, params);
}

export function ofText(
  content: string,
  choice: { job?: string; template?: string } = {},
  params: Readonly<Record<string, string>> = {},
): BuildSource {
  const { builds, unknowns } = readCiFile({ content, file: "ci.yaml" }, new Map(Object.entries(params)));
  const build = chooseBuild(builds, choice);
  return ciSource(build, unknowns, null, build.args);
}

export function textOf(source: BuildSource, format: RenderFormat, options: Partial<RenderOptions> = {}): string {
  return renderBuild(readBuild(source), format, { ...defaultRenderOptions, ...options }).text;
}

/** What `from` makes of a build's words: options without the executor, flags, variables; in no order. */
export function meaningOf(build: CiBuild, unknowns: Unknowns): object {
  const local: LocalBuild = localBuild(
    build,
    { push: hasDestination(build), useCiCache: false, own: nothing },
    unknowns,
  );
  return {
    options: local.options
      .filter(({ name }) => name !== "executor")
      .map(({ name, value }) => `${name}=${value}`)
      .sort(),
    flags: [...local.flags].sort(),
    environment: local.environment,
  };
}

function hasDestination({ args }: CiBuild): boolean {
  return args.some(word => word.startsWith("--destination"));
}

export function readBack(text: string, format: RenderFormat): { build: CiBuild; unknowns: Unknowns } {
  const file =
    format === "docker" || format === "shell" ? "build.sh" : format === "gitlab" ? ".gitlab-ci.yml" : "b.yaml";
  const { builds, unknowns } = readCiFile({ content: text, file }, new Map());
  return { build: chooseBuild(builds, {}), unknowns };
}

export { Unknowns };
