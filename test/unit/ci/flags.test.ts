import { describe, expect, test } from "vitest";
import { errorOf, optionsOf, read } from "./reading.ts";

const from = (flags: string, how = {}) => read(`/kaniko/executor ${flags}`, { file: "b.sh", ...how });

describe("flags of Kaniko", () => {
  test.each([
    ["--build-arg=A=1 --build-arg B=x=y", ["--build-arg A=1", "--build-arg B=x=y"]],
    [
      "--snapshotMode time --single-snapshot --reproducible=true --use-new-run=0",
      ["--snapshot-mode time", "--single-snapshot", "--reproducible"],
    ],
    ["--customPlatform=linux/arm64 --compression zstd", ["--platform linux/arm64", "--compression zstd"]],
    [
      "--registry-mirror m.example --registry-map a=b --insecure-registry r:5000 --label k=v",
      ["--registry-mirror m.example", "--registry-map a=b", "--insecure-registry r:5000", "--label k=v"],
    ],
  ])("options of ours: %s", (flags, options) => {
    expect(optionsOf(from(flags))).toEqual([...options, "--cache off"]);
  });

  test.each([
    [
      "--cache-ttl 6h --ignore-path=/a --image-fs-extract-retry=3",
      ["--cache-ttl", "6h", "--ignore-path=/a", "--image-fs-extract-retry=3"],
    ],
    ["--compressed-caching=false --cache-run-layers", ["--compressed-caching=false", "--cache-run-layers"]],
    ["--skip-tls-verify-registry=r --insecure-pull", ["--skip-tls-verify-registry=r", "--insecure-pull"]],
    ["--target a,b", ["--target=b"]],
    ["--new-flag=1 --other value --no-push", ["--new-flag=1", "--other", "value"]],
    ["--insecure --push-retry 3 --skip-tls-verify", []],
    ["--force --cleanup -v debug --log-format=text --tar-path x.tar --digest-file d --kaniko-dir /k stray", []],
  ])("passed on: %s", (flags, passed) => {
    expect(from(flags).local.flags).toEqual(passed);
  });

  test("what is left out is told with its reason, every one", () => {
    const { local } = from("--force -v debug --tar-path x.tar --insecure -d r.example/a:1 stray --cache-dir /c");
    expect(local.leftOut.map(({ what }) => what)).toEqual([
      "--force",
      "-v debug",
      "--tar-path x.tar",
      "--insecure",
      "stray",
      "--cache-dir /c",
      "--destination=r.example/a:1",
    ]);
    expect(local.leftOut.every(({ why }) => why !== "")).toBe(true);
  });

  test("the first of several targets becomes the image", () => {
    expect(optionsOf(from("--target=a,b"))).toContain("--target a");
  });

  test("nothing is pushed unless that is asked for", () => {
    expect(optionsOf(from("-d r.example/a:1 --insecure"))).toEqual(["--cache off"]);
    const told = from("-d r.example/a:1 -dr.example/b --insecure --push-retry 3", { push: true });
    expect(optionsOf(told)).toEqual(["--cache off", "--destination r.example/a:1", "--destination r.example/b"]);
    expect(told.local.flags).toEqual(["--insecure", "--push-retry", "3"]);
    expect(errorOf(() => from("--no-push", { push: true }))).toMatchObject({ code: "usage" });
  });

  test("the layer cache is that of the cache folder, or CI's for reading only", () => {
    const flags = "--cache=true --cache-repo r.example/c --cache-copy-layers -d r.example/a:1";
    expect(optionsOf(from(flags))).toEqual([]);
    expect(optionsOf(from("--cache -d r.example/a:1"))).toEqual(["--no-cache-copy-layers"]);
    const read = from(flags, { useCiCache: true });
    expect(optionsOf(read)).toEqual(["--cache r.example/c"]);
    expect(read.local.flags).toEqual(["--no-push-cache"]);
    expect(optionsOf(from("--cache -d r.example:5000/a:1", { useCiCache: true }))).toContain(
      "--cache r.example:5000/a/cache",
    );
    expect(errorOf(() => from("--no-push", { useCiCache: true }))).toMatchObject({ code: "usage" });
    expect(errorOf(() => from("--cache --cache-repo oci:/c", { useCiCache: true }))).toMatchObject({ code: "usage" });
  });

  test("secrets and arguments from CI's environment are never taken from this machine", () => {
    const { local } = from("--secret id=npm,src=/home/me/.npmrc --build-arg HOME");
    expect(local.needs).toEqual([
      { what: "secret npm (id=npm,src=/home/me/.npmrc)", line: 1, give: "--secret id=npm,src=FILE" },
      { what: "build argument HOME, which CI takes from its environment", line: 1, give: "--build-arg HOME=VALUE" },
    ]);
    expect(local.options).toEqual([{ name: "cache", value: "off" }]);
    const own = { names: new Set<string>(), buildArgs: new Set(["HOME"]), secrets: new Set(["npm"]) };
    expect(from("--secret id=npm,src=/x --build-arg HOME", { own }).local.needs).toEqual([]);
  });

  test("variables that Kaniko reads", () => {
    const told = read(
      "export FF_KANIKO_A=1 KANIKO_REGISTRY_MIRROR=m.example KANIKO_NO_PUSH=false DOCKER_CONFIG=/x HTTPS_PROXY=http://p; /kaniko/executor -d a",
      { file: "b.sh" },
    );
    expect(told.local.environment).toEqual({ FF_KANIKO_A: "1" });
    expect(optionsOf(told)).toEqual(["--cache off", "--registry-mirror m.example"]);
    expect(told.local.leftOut.map(({ what }) => what)).toEqual([
      "--destination=a",
      "KANIKO_NO_PUSH=false",
      "HTTPS_PROXY=…",
    ]);
  });

  test.each([
    ["--context", /--context needs a value/],
    ["--cache=maybe", /neither true nor false/],
    ["--snapshot-mode=fast", /Kaniko takes full, redo, time/],
  ])("what Kaniko refuses: %s", (flags, message) => {
    expect(errorOf(() => from(flags)).message).toMatch(message);
  });

  test.each([
    ["-c app", "folder", "/app"],
    ["--context=dir:///workspace/../etc", "folder", "/etc"],
    ["--context dir:///src --context-sub-path a/b", "folder", "/src/a/b"],
    ["--context /src --context-sub-path a", "folder", "/src"],
    ["--context tar://stdin", "unknown", undefined],
    ["--context tar:///x.tar.gz", "unknown", undefined],
    ["--bucket b/x.tar.gz", "remote", undefined],
    [
      "--context git://h.example/r#refs/heads/main --git branch=x --dockerfile a/D --context-sub-path s",
      "remote",
      undefined,
    ],
  ])("context: %s", (flags, kind, folder) => {
    expect(from(flags).local.context).toMatchObject({ kind, ...(folder === undefined ? {} : { folder }) });
  });

  test("a remote context keeps the flags that Kaniko reads it with", () => {
    const { local } = from("--context git://h.example/r --git branch=x -f a/D --context-sub-path s --no-push");
    expect(local.context).toMatchObject({ kind: "remote", address: "git://h.example/r" });
    expect(local.flags).toEqual(["--context-sub-path=s", "--dockerfile=a/D", "--git=branch=x"]);
  });
});
