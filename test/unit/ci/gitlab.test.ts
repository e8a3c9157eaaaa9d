import { describe, expect, test } from "vitest";
import { errorOf, fixture, optionsOf, read, readAll } from "./reading.ts";

const file = fixture("gitlab-ci.yml");

describe("GitLab CI", () => {
  test("a job with extends: word by word", () => {
    const told = read(file, { job: "app", params: { CI_REGISTRY_IMAGE: "r.example/p", TAG: "7" } });
    expect(told.build.origin).toMatchObject({ format: "gitlab", kind: "job", job: "app", line: 37 });
    expect(told.build.image).toBe("gcr.io/kaniko-project/executor:v1.23.2-debug");
    expect(told.args).toEqual([
      "--context",
      "/builds/project/app",
      "--dockerfile",
      "/builds/project/app/Dockerfile",
      "--cache=true",
      "--build-arg",
      "VERSION=1.0",
      "--build-arg",
      "SHA=none",
      "--destination",
      "r.example/p/app:7",
      "--snapshot-mode=redo",
    ]);
    expect(told.local.references).toEqual([
      {
        kind: "credentials",
        text: "line 14 writes /kaniko/.docker/config.json; it is not run here",
        give: "--docker-config FILE",
      },
    ]);
  });

  test("nothing more is needed where nothing is pushed", () => {
    const told = read(file, { job: "app" });
    expect(told.args).toContain("‹$CI_REGISTRY_IMAGE›/app:‹$TAG›");
    expect(told.local.needs).toEqual([]);
    expect(optionsOf(told)).toEqual([
      "--executor gcr.io/kaniko-project/executor:v1.23.2-debug",
      "--build-arg VERSION=1.0",
      "--build-arg SHA=none",
      "--snapshot-mode redo",
      "--no-cache-copy-layers",
    ]);
    expect(read(file, { job: "app", push: true }).local.needs).toEqual([
      { what: "$CI_REGISTRY_IMAGE", line: 4, give: "--param CI_REGISTRY_IMAGE=VALUE" },
      { what: "$TAG", line: 36, give: "--param TAG=VALUE" },
    ]);
  });

  test("merged keys, references, loops and a matrix", () => {
    expect(readAll(file, { CI_REGISTRY_IMAGE: "r" })).toMatchObject({
      both: ["--context", "/builds/project/api", "--destination", "r/app-api"],
      "both#2": ["--context", "/builds/project/web", "--destination", "r/app-web"],
      "matrix: [8.2, alpine]": [
        "--context",
        "/builds/project",
        "--build-arg",
        "PHP=8.2",
        "--build-arg",
        "OS=alpine",
        "--no-push",
      ],
      "matrix: [8.3, alpine]": [
        "--context",
        "/builds/project",
        "--build-arg",
        "PHP=8.3",
        "--build-arg",
        "OS=alpine",
        "--no-push",
      ],
    });
    expect(read(file, { job: "matrix: [8.2, alpine]" }).build.notes).toEqual(["takes what other jobs made: test"]);
  });

  test.each([
    ["a: { extends: .b, script: [x] }", /ci\.yaml:1: a extends \.b, which is not in this file/],
    [".a: { extends: .b }\n.b: { extends: .a }\nc: { extends: .a, script: [x] }", /that has no end/],
    ["a:\n  script: [!reference [.b, script]]", /!reference \.b\.script: there is no such thing/],
    [".b: { s: [!reference [.b, s]] }\na:\n  script: [!reference [.b, s]]", /has no end/],
    ["a:\n  script: { b: c }", /ci\.yaml:2: a\.script: /],
    ["a:\n  script: [echo]", /no build with Kaniko/],
  ])("%s", (text, message) => {
    const error = errorOf(() => read(text));
    expect(error).toMatchObject({ code: "config-invalid" });
    expect(error.message).toMatch(message);
  });

  test("variables that double are stopped", () => {
    const names = Array.from({ length: 30 }, (_, at) => `  V${at + 1}: $V${at}$V${at}`).join("\n");
    const text = `variables:\n  V0: "0123456789"\n${names}\na: { image: x, script: [/kaniko/executor $V30] }`;
    expect(errorOf(() => read(text))).toMatchObject({ code: "too-large" });
  });
});
