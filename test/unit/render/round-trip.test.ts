import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contextOf } from "../../../lib/ci/ci-context.ts";
import { parseKanikoFlags } from "../../../lib/ci/kaniko-flags.ts";
import { meaningOf, ofFixture, own, readableFormats, readBack, textOf, Unknowns } from "./rendering.ts";

// What `render` writes, `from` reads: the same options, flags and variables come back.

const everything = [
  ...["--cache", "--cache-repo", "oci:/cache/layers", "--cache-copy-layers", "--oci-layout-path", "/output/image"],
  ...["--destination", "registry.example/app:1", "--destination", "registry.example/app:latest"],
  ...["--build-arg", "VERSION=1.2", "--build-arg", "context=odd name", "--build-arg", "EMPTY="],
  ...["--target", "runtime", "--label", "a=b c", "--label", "d=e", "--snapshot-mode", "redo", "--use-new-run"],
  ...["--single-snapshot", "--reproducible", "--compression", "zstd", "--custom-platform", "linux/arm64"],
  ...["--registry-mirror", "mirror.example", "--registry-mirror", "second.example", "--registry-map", "a=b"],
  ...["--insecure-registry", "registry.local:5000", "--ignore-path=/product_uuid", "--unheard-of=1", "--cache-ttl=24h"],
];

describe.each(readableFormats)("%s, read again", format => {
  test("every option comes back", () => {
    const source = own(everything, { environment: { FF_KANIKO_SQUASH_STAGES: "0" } });
    const { build, unknowns } = readBack(textOf(source, format), format);
    expect(meaningOf(build, unknowns)).toEqual(meaningOf(source.build, new Unknowns()));
  });

  test("nothing but a context", () => {
    const source = own(["--no-push"]);
    const { build, unknowns } = readBack(textOf(source, format), format);
    expect(meaningOf(build, unknowns)).toEqual(meaningOf(source.build, new Unknowns()));
    expect(build.args).toContain("--no-push");
  });

  test("whatever stands in a value", () => {
    const hostile = fc.string({
      unit: fc.constantFrom(..."ab \n'\"$\\`{}()<>|&;*?#!~=%:,-é日".split(""), "$(", "${", "\\\n"),
    });
    fc.assert(
      fc.property(hostile, hostile, (value, label) => {
        // Argo and Tekton refuse what looks like their own references: another test.
        fc.pre(!`${value}${label}`.includes("{{"));
        const source = own(["--no-push", "--build-arg", `X=${value}`, "--label", `l=${label}`, "--cache=false"]);
        const { build } = readBack(textOf(source, format), format);
        expect(build.args).toContain(`--build-arg=X=${value}`);
        expect(build.args).toContain(`--label=l=${label}`);
      }),
      { numRuns: 40 },
    );
  });

  test("a context that Kaniko fetches", () => {
    const flags = ["--context", "git://example.com/a/b.git#refs/heads/main", "--no-push", "--context-sub-path", "sub"];
    const source = own([], { flags, folder: null, checkout: null, dockerfile: null });
    const { build } = readBack(textOf(source, format), format);
    const given = parseKanikoFlags(build.args);
    const last = (names: string[]) => given.findLast(({ flag }) => flag && names.includes(flag.name))?.value;
    expect(contextOf(build, last)).toMatchObject({
      kind: "remote",
      address: "git://example.com/a/b.git#refs/heads/main",
      below: "sub",
    });
  });
});

describe("CI files", () => {
  const params = { workload: "shop", service: "api", "context-path": "services/api" };

  test.each(readableFormats)("the chain of an Argo template, as %s", format => {
    const source = ofFixture("argo-build-chain.yaml", { template: "kaniko-build" }, params);
    const { build, unknowns } = readBack(textOf(source, format), format);
    expect(meaningOf(build, unknowns)).toEqual(meaningOf(source.build, new Unknowns()));
    expect(build.args).toContain("--cache-repo=harbor.example.com/kaniko-cache/shop-api");
    expect(build.args.some(word => word.startsWith("--tar-path="))).toBe(true);
  });

  test.each(readableFormats)("a Knative Build with a Dockerfile from elsewhere, as %s", format => {
    const source = ofFixture("knative-builds.yaml", { job: "python-image" });
    const options = ["pod", "job", "argo", "tekton"].includes(format)
      ? {}
      : { contextFrom: { kind: format === "docker" || format === "shell" ? "host" : "checkout", path: null } as const };
    const { build, unknowns } = readBack(textOf(source, format, options), format);
    expect(meaningOf(build, unknowns)).toEqual(meaningOf(source.build, new Unknowns()));
  });
});
