import { describe, expect, test } from "vitest";
import { errorOf, fixture, optionsOf, read } from "./reading.ts";

const builds = fixture("tekton-builds.yaml");

describe("Tekton", () => {
  test("a TaskRun with its Task, word by word", () => {
    const told = read(builds, { job: "python-image-" });
    expect(told.build.origin).toMatchObject({ format: "tekton", kind: "TaskRun", job: "build-and-push", line: 32 });
    expect(told.build.image).toBe("gcr.io/kaniko-project/executor:v1.23.2");
    expect(told.args).toEqual([
      "--insecure-registry=127.0.0.1:5000",
      "--cache=true",
      "--dockerfile=Dockerfile",
      "--context=/workspace/source/images",
      "--destination=registry.example.com/images/python:1",
      "--build-arg=BASE_IMAGE=127.0.0.1:5000/base/busybox:1",
      "--build-arg=SYSTEM_PACKAGES_FILE=system-packages.txt",
      "--build-arg=PACKAGES_FILE=packages.txt",
      "--digest-file=/tekton/results/IMAGE_DIGEST",
    ]);
    expect(told.local.context).toMatchObject({
      folder: "/workspace/source/images",
      dockerfiles: ["/workspace/source/Dockerfile", "/workspace/source/images/Dockerfile"],
    });
    expect(optionsOf(told)).toContain("--insecure-registry 127.0.0.1:5000");
    expect(told.local.references).toEqual([
      { kind: "volume", text: "workspace source at /workspace/source", give: null },
      { kind: "credentials", text: "secret registry-login at /kaniko/.docker", give: "--docker-config FILE" },
    ]);
    expect(told.local.notes).toEqual([
      "CI's service account image-builder may bring credentials: --docker-config FILE",
    ]);
  });

  test("a Pipeline gives its tasks their parameters", () => {
    const told = read(builds, { job: "ruby.build-and-push" });
    expect(told.args).toContain("--destination=registry.example.com/images/ruby:‹params.tag›");
    expect(told.local.needs).toEqual([
      { what: "tasks.checkout.results.base", line: 90, give: "--param tasks.checkout.results.base=VALUE" },
    ]);
    const given = read(builds, { job: "ruby.build-and-push", params: { tag: "2", BASE_IMAGE: "b" }, push: true });
    expect(given.args).toContain("--destination=registry.example.com/images/ruby:2");
    expect(given.local.needs).toEqual([]);
  });

  test("a task in the pipeline itself, with a script", () => {
    expect(read(builds, { job: "inline.build" }).args).toEqual([
      "--context",
      "/workspace",
      "--no-push",
      "--label",
      "who=world",
    ]);
  });

  test("a Task by itself", () => {
    const task = builds.split("---\n")[0] as string;
    const told = read(task);
    expect(told.build.origin).toMatchObject({ kind: "Task", name: "image-template" });
    expect(told.args[0]).toBe("--dockerfile=Dockerfile");
    expect(told.local.needs).toEqual([{ what: "params.BASE_IMAGE", line: 10, give: "--param BASE_IMAGE=VALUE" }]);
    const run = builds.split("---\n")[1] as string;
    expect(read(run, { others: [{ content: task, file: "task.yaml" }] }).args).toHaveLength(9);
    expect(errorOf(() => read(run))).toMatchObject({ code: "config-invalid" });
  });

  test("the old form: inputs and resources", () => {
    const told = read(`apiVersion: tekton.dev/v1alpha1
kind: Task
metadata: { name: t }
spec:
  inputs:
    resources: [{ name: src, type: git }]
    params: [{ name: pathToContext, default: /workspace/src }]
  steps:
    - name: b
      image: gcr.io/kaniko-project/executor
      env: [{ name: DOCKER_CONFIG, value: /builder/home/.docker }]
      command: [/kaniko/executor]
      args: ["--dockerfile=$(inputs.params.pathToContext)/Dockerfile", "--context=$(inputs.resources.src.path)", "--destination=$(outputs.resources.img.url)", "--label=a=$(HOME)"]
`);
    expect(told.args).toEqual([
      "--dockerfile=/workspace/src/Dockerfile",
      "--context=/workspace/src",
      "--destination=‹resources.outputs.img.url›",
      "--label=a=$(HOME)",
    ]);
    expect(told.local.needs).toEqual([]);
  });
});
