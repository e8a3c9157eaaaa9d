import { describe, expect, test } from "vitest";
import { errorOf, fixture, optionsOf, read } from "./reading.ts";

const builds = fixture("knative-builds.yaml");

describe("Knative's Build with its BuildTemplate", () => {
  test("the image template: arguments and defaults, word by word", () => {
    const told = read(builds, { job: "python-image" });
    expect(told.build.origin).toMatchObject({
      format: "knative",
      kind: "Build",
      name: "python-image",
      job: "build-and-push",
    });
    expect(told.build.image).toBe("gcr.io/kaniko-project/executor");
    expect(told.args).toEqual([
      "--dockerfile=Dockerfile",
      "--destination=registry.example.com/images/python:1",
      "--build-arg=BASE_IMAGE=127.0.0.1:5000/base/busybox:1",
      "--build-arg=SYSTEM_PACKAGES_FILE=system-packages.txt",
      "--build-arg=PACKAGES_FILE=packages.txt",
    ]);
    expect(optionsOf(told)).toEqual([
      "--executor gcr.io/kaniko-project/executor",
      "--build-arg BASE_IMAGE=127.0.0.1:5000/base/busybox:1",
      "--build-arg SYSTEM_PACKAGES_FILE=system-packages.txt",
      "--build-arg PACKAGES_FILE=packages.txt",
      "--cache off",
    ]);
    expect(told.local.needs).toEqual([]);
  });

  test("the function template", () => {
    expect(read(builds, { job: "hello-function", params: { HANDLER: "other.run" } }).args).toEqual([
      "--dockerfile=Dockerfile",
      "--destination=registry.example.com/functions/hello:1",
      "--build-arg=IMAGE=registry.example.com/images/python:1",
      "--build-arg=HANDLER=other.run",
    ]);
  });

  test("sources in their order, and credentials of the service account", () => {
    expect(read(builds, { job: "python-image" }).local.references).toEqual([
      {
        kind: "source",
        text: "source git https://git.example.com/images/python.git at v1.2, into /workspace",
        give: "--sources-to DIR, which fetches it; or --context DIR, a checkout of it",
      },
      {
        kind: "source",
        text: "source of the image busybox, into /workspace",
        give:
          "--sources-to DIR, which runs it; or --context DIR, with what this makes: docker run --rm -v DIR:/workspace -w /workspace " +
          "--entrypoint /bin/sh busybox -c 'echo Y3VybAo= | base64 -d > /workspace/system-packages.txt'",
      },
      {
        kind: "credentials",
        text: "secret registry-login of the service account image-builder, for https://registry.example.com",
        give: "--docker-config FILE",
      },
      {
        kind: "credentials",
        text: "secret git-login of the service account image-builder, for https://git.example.com",
        give: null,
      },
    ]);
  });

  test("parameters that nobody gives are named all at once", () => {
    const template = builds.split("---\n").find(text => text.includes("name: function-template")) as string;
    const told = read(template);
    expect(told.build.origin).toMatchObject({ kind: "BuildTemplate", name: "function-template" });
    expect(told.local.needs).toEqual([
      { what: "IMAGE", line: 8, give: "--param IMAGE=VALUE" },
      { what: "HANDLER", line: 9, give: "--param HANDLER=VALUE" },
    ]);
    expect(read(template, { push: true }).local.needs).toHaveLength(3);
    expect(read(template, { params: { IMAGE: "i", HANDLER: "h" } }).local.needs).toEqual([]);
  });

  test("an argument that the template does not have; a template that is not there, or in another file", () => {
    const wrong = builds.replace("- name: BASE_IMAGE\n        value", "- name: BASE\n        value");
    expect(errorOf(() => read(wrong, { job: "python-image" })).message).toMatch(
      /^ci\.yaml:\d+: the template image-template has no parameter BASE$/,
    );
    const documents = builds.split("---\n");
    const run = documents.find(text => text.includes("name: python-image")) as string;
    expect(errorOf(() => read(run)).message).toMatch(/^ci\.yaml:18: the template image-template is not in this file$/);
    const both = `${builds}---\n${run.replaceAll("name: image-template", "name: none").replace("name: python-image", "name: lost")}`;
    expect(errorOf(() => read(both, { job: "lost" })).message).toMatch(
      /^ci\.yaml:\d+: the template none is not in this file$/,
    );
    expect(read(both, { job: "python-image" }).build.origin.name).toBe("python-image");
    const content = documents.find(text => text.includes("name: image-template")) as string;
    const told = read(run, { others: [{ content, file: "templates.yaml" }] });
    expect(told.args).toHaveLength(5);
    expect(told.build.origin).toMatchObject({ file: "templates.yaml", kind: "Build", name: "python-image" });
  });
});
