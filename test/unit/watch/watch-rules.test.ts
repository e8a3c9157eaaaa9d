import { describe, expect, test } from "vitest";
import { DockerIgnore } from "../../../lib/dockerfile/dockerignore.ts";
import { type PathMeaning, WatchRules } from "../../../lib/watch/watch-rules.ts";

const rules = (places: { ignore?: string[]; cache?: string[]; dockerfiles?: string[] } = {}) =>
  new WatchRules({
    folder: "/ctx",
    dockerfiles: places.dockerfiles ?? ["/ctx/Dockerfile", "/ctx/dockerfile"],
    cacheRoots: places.cache ?? ["/elsewhere/cache"],
    ignore: new DockerIgnore(places.ignore ?? []),
  });

const digest = `sha256:${"a".repeat(64)}`;

describe("which paths count", () => {
  const cases: [
    what: string,
    given: Parameters<typeof rules>[0],
    file: string,
    isFolder: boolean | null,
    PathMeaning | null,
  ][] = [
    ["a file", {}, "/ctx/a/b.c", false, "context"],
    ["the context itself", {}, "/ctx", true, "context"],
    ["beside it", {}, "/ctx2/a", false, null],
    ["the Dockerfile, also when it is ignored", { ignore: ["*"] }, "/ctx/Dockerfile", false, "dockerfile"],
    ["the ignore files, also when they are ignored", { ignore: ["*"] }, "/ctx/.dockerignore", false, "rules"],
    ["an ignore file of the Dockerfile", {}, "/ctx/Dockerfile.dockerignore", null, "rules"],
    ["the settings", { ignore: ["*"] }, "/ctx/kaniko-lab.yaml", false, "settings"],
    ["an ignored file", { ignore: ["*.log"] }, "/ctx/a.log", false, null],
    ["an ignored folder", { ignore: ["node_modules"] }, "/ctx/node_modules", true, null],
    ["what is in it", { ignore: ["node_modules"] }, "/ctx/node_modules/a/b", false, null],
    [
      "a folder with an exception in it",
      { ignore: ["node_modules", "!node_modules/a"] },
      "/ctx/node_modules",
      true,
      "context",
    ],
    ["the exception", { ignore: ["node_modules", "!node_modules/a"] }, "/ctx/node_modules/a", false, "context"],
    ["beside the exception", { ignore: ["node_modules", "!node_modules/a"] }, "/ctx/node_modules/b", false, null],
    ["the cache folder inside", { cache: ["/ctx/cache"] }, "/ctx/cache", true, null],
    ["a build in it", { cache: ["/ctx/cache"] }, "/ctx/cache/builds/x/build.json", false, null],
    ["a name that begins like it", { cache: ["/ctx/cache"] }, "/ctx/cache2/a", false, "context"],
    ["a context that is the cache folder, too: a layer", { cache: ["/ctx"] }, `/ctx/${digest}.tgz`, false, null],
    ["its builds", { cache: ["/ctx"] }, "/ctx/builds/x/events.ndjson", false, null],
    ["its own files", { cache: ["/ctx"] }, "/ctx/src/a.c", false, "context"],
    ["a context inside the cache folder", { cache: ["/"] }, "/ctx/a.c", false, "context"],
    ["a Dockerfile outside", { dockerfiles: ["/x/D"] }, "/x/D", false, "dockerfile"],
    ["its ignore file", { dockerfiles: ["/x/D"] }, "/x/D.dockerignore", false, "rules"],
    ["beside it", { dockerfiles: ["/x/D"] }, "/x/E", false, null],
  ];
  test.each(cases)("%s", (_, given, file, isFolder, meaning) => {
    expect(rules(given).meaningOf(file, isFolder)).toBe(meaning);
  });

  test("files outside of the context are watched by themselves", () => {
    expect(rules().roots).toEqual(["/ctx"]);
    expect(rules({ dockerfiles: ["/x/D"] }).roots).toEqual(["/ctx", "/x/D", "/x/D.dockerignore"]);
  });
});
