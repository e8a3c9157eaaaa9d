import { expect, test } from "vitest";
import { buildSpec } from "../../../cli/commands/build-options.ts";
import type { BuildFile } from "../../../lib/build/build-file.ts";
import { defaultSpec } from "../../../lib/build/build-spec.ts";
import { mergeSpec } from "../../../lib/build/merge-spec.ts";

const file: BuildFile = {
  dockerfile: "of-file.Dockerfile",
  buildArgs: { ONE: "file", TWO: "file" },
  labels: { a: "file" },
  flags: ["--skip-unused-stages"],
  cache: "off",
  cacheCopyLayers: false,
  dockerConfig: "/context/config.json",
  destinations: ["r.example/of-file:1"],
  driver: "sandbox",
};

test("nothing asked for and no file: the defaults", () => {
  expect(mergeSpec(".", {}, {})).toEqual({ ...defaultSpec, context: "." });
});

test("what is asked for goes before the file, and joins it where there can be many of a name", () => {
  const wanted = {
    dockerfile: "mine",
    buildArgs: { TWO: "mine" },
    extraFlags: ["--force"],
    keep: true,
    target: undefined,
  };
  const spec = mergeSpec("ctx", wanted, { ...file, target: "stage" });
  expect(spec).toEqual({
    ...defaultSpec,
    context: "ctx",
    dockerfile: "mine",
    target: "stage",
    buildArgs: { ONE: "file", TWO: "mine" },
    labels: { a: "file" },
    extraFlags: ["--skip-unused-stages", "--force"],
    cache: { kind: "off" },
    cacheCopyLayers: false,
    dockerConfigFile: "/context/config.json",
    destinations: ["r.example/of-file:1"],
    keep: true,
  });
});

test("options of the line and of the library make the same of one file", () => {
  const ofLine = buildSpec({ context: "ctx", target: "t", cache: "r.example/cache", verbosity: "info" }, file);
  expect(ofLine).toEqual(mergeSpec("ctx", { target: "t", cache: "r.example/cache" }, file));
  expect(ofLine.cache).toEqual({ kind: "registry", repository: "r.example/cache" });
  expect(buildSpec({ cache: false }, {}).cache).toEqual({ kind: "off" });
});

test("a layer cache that is none is refused", () => {
  expect(() => mergeSpec(".", { cache: "maybe" }, {})).toThrow(/"maybe" is neither on, off nor a repository/);
});
