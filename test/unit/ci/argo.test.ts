import { describe, expect, test } from "vitest";
import { errorOf, fixture, optionsOf, read, readAll } from "./reading.ts";

const chain = fixture("argo-build-chain.yaml");
const needed = { workload: "shop", service: "api" };

describe("the CI chain, a ClusterWorkflowTemplate", () => {
  test("what the executor gets, word by word", () => {
    const told = read(chain, { params: { ...needed, "context-path": "services/api" } });
    expect(told.build.origin).toEqual({
      file: "ci.yaml",
      format: "argo",
      kind: "ClusterWorkflowTemplate",
      name: "build-chain",
      job: "build",
      template: "kaniko-build",
      line: 118,
    });
    expect(told.build.image).toBe("gcr.io/kaniko-project/executor:v1.23.2");
    expect(told.args).toEqual([
      "--dockerfile=Dockerfile",
      "--context=dir:///workspace/services/api",
      "--registry-mirror=harbor.example.com",
      "--snapshot-mode=time",
      "--use-new-run",
      "--compressed-caching=false",
      "--cache=true",
      "--cache-run-layers",
      "--cache-repo=harbor.example.com/kaniko-cache/shop-api",
      "--no-push",
      "--tar-path=/output/image.tar",
    ]);
  });

  test("what is done here", () => {
    const told = read(chain, { params: needed });
    expect(optionsOf(told)).toEqual([
      "--executor gcr.io/kaniko-project/executor:v1.23.2",
      "--registry-mirror harbor.example.com",
      "--snapshot-mode time",
      "--use-new-run",
      "--no-cache-copy-layers",
    ]);
    expect(told.local.flags).toEqual(["--compressed-caching=false", "--cache-run-layers"]);
    expect(told.local.context).toMatchObject({ folder: "/workspace", dockerfiles: ["/workspace/Dockerfile"] });
    expect(told.local.leftOut.map(({ what }) => what)).toEqual([
      "--tar-path=/output/image.tar",
      "--cache-repo=harbor.example.com/kaniko-cache/shop-api",
    ]);
    expect(told.local.references).toEqual([
      { kind: "credentials", text: "secret harbor-robot at /kaniko/.docker", give: "--docker-config FILE" },
      { kind: "source", text: "artifact source at /workspace", give: "--context DIR" },
    ]);
    expect(told.local.needs).toEqual([]);
  });

  test("CI's cache is read only when asked for, and then its name must be known", () => {
    expect(optionsOf(read(chain, { params: needed, useCiCache: true }))).toContain(
      "--cache harbor.example.com/kaniko-cache/shop-api",
    );
    expect(read(chain).local.needs).toEqual([]);
    expect(read(chain, { useCiCache: true }).local.needs).toEqual([
      { what: "workflow.parameters.workload", line: 12, give: "--param workload=VALUE" },
      { what: "workflow.parameters.service", line: 13, give: "--param service=VALUE" },
    ]);
  });

  test("parameters: the user's win, short or whole; only what the enum allows", () => {
    const told = read(chain, {
      params: { "inputs.parameters.cache": "false", "registry-mirror": "m.example", dockerfile: "D" },
    });
    expect(told.args.slice(0, 3)).toEqual([
      "--dockerfile=D",
      "--context=dir:///workspace/.",
      "--registry-mirror=m.example",
    ]);
    expect(optionsOf(told)).toContain("--cache off");
    expect(errorOf(() => read(chain, { params: { cache: "maybe" } }))).toMatchObject({
      code: "usage",
      message: "--param cache=maybe: ci.yaml:23 takes true, false",
    });
    expect(errorOf(() => read(chain, { params: { servise: "x" } })).message).toContain("did you mean service?");
  });

  test("a template by itself, when nothing calls it", () => {
    const alone = chain.replace("  entrypoint: chain\n", "");
    const told = read(alone, { template: "kaniko-build" });
    expect(told.build.origin.job).toBe("chain.build");
    const library = chain
      .replace("  entrypoint: chain\n", "")
      .replace(/ {4}- name: chain\n[\s\S]*?(?= {4}- name: git-checkout)/, "");
    const leaf = read(library, { template: "kaniko-build" });
    expect(leaf.build.origin.job).toBe("kaniko-build");
    expect(leaf.args).toContain("--cache=false");
    expect(leaf.args).toContain("--cache-repo=‹inputs.parameters.cache-repo›");
    expect(errorOf(() => read(library, { template: "kaniko-bild" })).message).toContain("did you mean kaniko-build?");
  });
});

describe("every context of a repository, a Workflow", () => {
  const all = fixture("argo-all-contexts.yaml");

  test("one build for each item", () => {
    expect(readAll(all, { tag: "7" })).toEqual({
      "image(api)": [
        "--context=dir:///workspace/Docker/api",
        "--dockerfile=Dockerfile",
        "--destination=harbor.example.com/images/api:7",
        "--cache=true",
      ],
      "image(web)": [
        "--context=dir:///workspace/Docker/web",
        "--dockerfile=dockerfile",
        "--destination=harbor.example.com/images/web:7",
        "--cache=true",
      ],
    });
  });

  test("which one is asked", () => {
    expect(errorOf(() => read(all))).toMatchObject({ code: "usage", hint: "--job image(api), --job image(web)" });
    const told = read(all, { job: "image(web)" });
    expect(told.build.origin).toMatchObject({ kind: "Workflow", name: "build-images-" });
    expect(told.local.references[0]).toEqual({
      kind: "credentials",
      text: "secret kaniko-json at /kaniko/.docker/config.json (kaniko.json of it)",
      give: "--docker-config FILE",
    });
  });
});

test("a Workflow that runs a template of the same file gives its parameters", () => {
  const run = `${chain}---
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: { name: run-7 }
spec:
  workflowTemplateRef: { name: build-chain, clusterScope: true }
  arguments:
    parameters:
      - { name: workload, value: shop }
      - { name: service, value: web }
`;
  const told = read(run);
  expect(told.build.origin).toMatchObject({ kind: "Workflow", name: "run-7", job: "build" });
  expect(told.args).toContain("--cache-repo=harbor.example.com/kaniko-cache/shop-web");
});

const workflow = (templates: string) =>
  `apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: { name: w }\nspec:\n  entrypoint: main\n  templates:\n${templates}`;

test("expressions and outputs of other steps are not known; a script's lines are", () => {
  const told = read(
    workflow(`    - name: main
      inputs: { parameters: [{ name: dir, default: app }] }
      script:
        image: gcr.io/kaniko-project/executor:debug
        command: [/busybox/sh]
        source: |
          set -e
          /kaniko/executor --context /workspace/{{inputs.parameters.dir}} --no-push \\
            --build-arg A={{=sprig.upper('x')}} --build-arg B={{steps.a.outputs.parameters.b}} --build-arg C=$C
`),
  );
  expect(told.build.origin.line).toBe(14);
  expect(told.local.needs).toEqual([
    { what: "{{=sprig.upper('x')}}", line: 15, give: "--build-arg A=VALUE" },
    { what: "steps.a.outputs.parameters.b", line: 15, give: "--param steps.a.outputs.parameters.b=VALUE" },
    { what: "$C", line: 15, give: "--param C=VALUE" },
  ]);
});

test("templates that call each other without end", () => {
  const error = errorOf(() => read(workflow(`    - name: main\n      steps: [[{ name: a, template: main }]]\n`)));
  expect(error).toMatchObject({ code: "too-large" });
});
