import { describe, expect, test } from "vitest";
import { fixture, optionsOf, read, readAll } from "./reading.ts";

const file = fixture("github-workflow.yaml");

describe("GitHub Actions", () => {
  test("an action for Kaniko, with its inputs", () => {
    const told = read(file, { job: "action.build", params: { B: "x" } });
    expect(told.build.origin).toMatchObject({ format: "github", name: "images", job: "action.build", line: 14 });
    expect(told.args).toEqual([
      "--context=dir:///github/workspace/app",
      "--dockerfile=docker/Dockerfile",
      "--build-arg=A=one two",
      "--build-arg=B=x",
      "--destination=ghcr.io/team/app:latest",
      "--destination=ghcr.io/team/app:‹github.sha›",
      "--target=runtime",
      "--cache=true",
      "--cache-repo=ghcr.io/team/app/cache",
      "--snapshot-mode=redo",
      "--use-new-run",
    ]);
    expect(told.local.notes).toEqual(["runs only if github.ref == 'refs/heads/main' (line 14)"]);
    expect(optionsOf(told)).toContain("--executor gcr.io/kaniko-project/executor:latest");
    expect(read(file, { job: "action.build" }).local.needs).toEqual([
      { what: "secrets.B", line: 27, give: "--param B=VALUE" },
    ]);
  });

  test("the executor's image as a step, a script in its container, docker run, and a matrix", () => {
    expect(readAll(file)).toMatchObject({
      image: ["--context=.", "--build-arg", "MSG=hello world", "--destination=ghcr.io/team/lib"],
      "shell (api).kaniko": ["--context", "services/api", "--no-push", "--label", `port=‹\${{ matrix.port || '0' }}›`],
      "shell (web, 80).kaniko": [
        "--context",
        "services/web",
        "--no-push",
        "--label",
        `port=‹\${{ matrix.port || '0' }}›`,
      ],
      run: ["--no-push"],
      tag: [
        "--cache=true",
        "--cache-repo=ghcr.io/c",
        "--context=/github/workspace/web",
        "--dockerfile=web/Dockerfile",
        "--destination=ghcr.io/team/app:2",
        "--reproducible",
        "--force",
      ],
    });
    expect(read(file, { job: "shell (api).kaniko" }).local.context).toMatchObject({
      folder: "/github/workspace/src/services/api",
    });
    expect(read(file, { job: "run" }).local.context).toMatchObject({ folder: "/github/workspace/app" });
    expect(read(file, { job: "tag" }).local.references).toMatchObject([{ kind: "credentials" }]);
  });
});
