import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readCiFile } from "../../../lib/ci/read-ci-file.ts";
import { noWishes } from "../../../lib/executor/kubernetes/kubernetes-options.ts";
import { readBuild } from "../../../lib/render/read-build.ts";
import { type BuildOfMany, renderBuilds } from "../../../lib/render/render.ts";
import { defaultRenderOptions, parseContextSource, type RenderOptions } from "../../../lib/render/render-options.ts";
import { errorOf } from "../ci/reading.ts";
import { own } from "./rendering.ts";

interface WorkflowDocument {
  readonly metadata: object;
  readonly spec: {
    readonly parallelism: number;
    readonly arguments: { readonly parameters: object[]; readonly artifacts?: object[] };
    readonly podSpecPatch: string;
    readonly templates: [
      { readonly dag: { readonly failFast: boolean; readonly tasks: { name: string; arguments: object }[] } },
      ...{ name: string; container: { args: string[] }; volumes: object[] }[],
    ];
  };
}

function one(name: string, flags: readonly string[] = [], needs: readonly string[] = []): BuildOfMany {
  const folder = `/home/me/checkout/images/${name}`;
  const destination = ["--destination", `registry.example/${name}:1`];
  const source = own([...destination, "--cache", "--cache-repo", "registry.example/cache", ...flags], {
    folder,
    dockerfile: `${folder}/Dockerfile`,
    name,
  });
  return { name, build: readBuild(source), contextPath: name, needs, options: defaultRenderOptions };
}

function textOf(builds: readonly BuildOfMany[], options: Partial<RenderOptions> = {}): string {
  const withOptions = builds.map(build => ({ ...build, options: { ...build.options, ...options } }));
  return renderBuilds("kaniko-images", withOptions, 3).text;
}

const workflowOf = (builds: readonly BuildOfMany[], options: Partial<RenderOptions> = {}) =>
  parse(textOf(builds, options)) as WorkflowDocument;

const from = (word: string) => ({ contextFrom: parseContextSource(word) });

describe("every context as one Workflow", () => {
  test("what one context asks of the cluster is in its own template", () => {
    const base = one("base");
    const wishes = { ...noWishes, nodeSelector: { disk: "ssd" }, imagePullSecrets: ["pull"] };
    const { spec } = workflowOf([{ ...base, options: { ...base.options, wishes } }, one("web")]);
    expect(spec).toMatchObject({ imagePullSecrets: [{ name: "pull" }] });
    const [, ofBase, ofWeb] = spec.templates;
    expect(ofBase).toMatchObject({ nodeSelector: { disk: "ssd" } });
    expect(ofWeb).not.toHaveProperty("nodeSelector");
  });

  test("tasks that differ in values only share a template, and come after their bases", () => {
    const { spec } = workflowOf([one("api", [], ["base"]), one("base"), one("web")]);
    expect(spec.parallelism).toBe(3);
    expect(spec.templates.slice(1)).toHaveLength(1);
    const { dag } = spec.templates[0];
    expect(dag.failFast).toBe(false);
    expect(dag.tasks).toMatchObject([{ name: "api", dependencies: ["base"] }, { name: "base" }, { name: "web" }]);
    expect(dag.tasks[1]).not.toHaveProperty("dependencies");
    expect(dag.tasks[0]?.arguments).toEqual({
      parameters: [
        { name: "context", value: "api" },
        { name: "dockerfile", value: "Dockerfile" },
        { name: "destination", value: "registry.example/api:1" },
      ],
    });
    expect(spec.arguments.parameters).toContainEqual({ name: "cache-repo", value: "registry.example/cache" });
  });

  test("a build of another form has its own template", () => {
    const { spec } = workflowOf([one("api", ["--target", "x"]), one("web", ["--build-arg", "A=1"]), one("base")]);
    expect(spec.templates.slice(1).map(template => "name" in template && template.name)).toEqual([
      "build",
      "build-2",
      "build-3",
    ]);
  });

  test("what all have in common is a parameter of the Workflow, what one has alone is not", () => {
    const both = workflowOf([one("api", ["--build-arg", "A=1"]), one("web", ["--build-arg", "A=1"])]);
    expect(both.spec.arguments.parameters).toContainEqual({ name: "A", value: "1" });
    const different = workflowOf([one("api", ["--build-arg", "A=1"]), one("web", ["--build-arg", "A=2"])]);
    expect(JSON.stringify(different.spec.arguments.parameters)).not.toContain('"A"');
    expect(different.spec.templates.slice(1)).toHaveLength(1);
  });

  test("the credentials are a secret, read-only where Kaniko looks for them", () => {
    const [, build] = workflowOf([one("api")], { registrySecret: "kaniko-json" }).spec.templates;
    expect(build).toMatchObject({
      container: {
        volumeMounts: expect.arrayContaining([
          { name: "registry-login", mountPath: "/kaniko/.docker", readOnly: true },
        ]),
      },
      volumes: expect.arrayContaining([
        {
          name: "registry-login",
          secret: {
            secretName: "kaniko-json",
            optional: true,
            items: [{ key: ".dockerconfigjson", path: "config.json" }],
          },
        },
      ]),
    });
  });

  test("contexts from a claim, from git, from a tar in a bucket, from an artifact", () => {
    const args = (word: string) => workflowOf([one("api")], from(word)).spec.templates[1]?.container.args ?? [];
    expect(args("pvc:files")[0]).toBe("--context=dir:///workspace/{{inputs.parameters.context}}");
    expect(textOf([one("api")], from("pvc:files"))).toContain("kaniko-lab send FOLDER --claim files");
    expect(args("git:github.com/me/app")).toContain("--context-sub-path={{inputs.parameters.context-path}}");
    const bucket = workflowOf([one("api"), one("web")], from("s3://bucket/all.tar.gz"));
    expect(bucket.spec.arguments.parameters).toContainEqual({ name: "context", value: "s3://bucket/all.tar.gz" });
    expect(bucket.spec.templates[0].dag.tasks[1]?.arguments).toMatchObject({
      parameters: expect.arrayContaining([{ name: "context-path", value: "web" }]),
    });
    const artifact = workflowOf([one("api")], from("artifact"));
    expect(artifact.spec.arguments.artifacts).toEqual([{ name: "source", s3: { key: "kaniko-images.tgz" } }]);
    expect(artifact.spec.templates[0].dag.tasks[0]?.arguments).toMatchObject({
      artifacts: [{ name: "source", from: "{{inputs.artifacts.source}}" }],
    });
    for (const word of ["https://me:pw@files.example/a.tgz", "https://files.example/a.tgz?key=abc"])
      expect(errorOf(() => parseContextSource(word))).toMatchObject({ code: "usage" });
  });

  test("how contexts are brought: where they are looked for, and in a tar that Argo unpacks", () => {
    const ofApi = one("api");
    const below = { ...ofApi, options: { ...ofApi.options, ...from("pvc:files"), contextPath: "my images" } };
    expect(textOf([below])).toContain("kaniko-lab send FOLDER --claim files --to 'my images' --size 1Gi\n");
    // Argo refuses the entry `./`, and takes a folder that is alone at the top for the whole.
    expect(textOf([one("api")], from("artifact"))).toContain("tar -C ABOVE -czf kaniko-images.tgz FOLDER\n");
  });

  test("the rights that Argo wants are for each service account", () => {
    const [api, web] = [one("api"), one("web")];
    const builder = { ...web, options: { ...web.options, serviceAccount: "builder" } };
    expect(textOf([api, builder, one("base")], { namespace: "builds" })).toContain(
      "--role=argo-executor --serviceaccount=builds:default --serviceaccount=builds:builder\n",
    );
  });

  test("names that Argo does not take are changed, and stay apart", () => {
    const { spec } = workflowOf([one("a.b"), one("a_b", [], ["a.b"])]);
    expect(spec.templates[0].dag.tasks).toMatchObject([{ name: "a-b" }, { name: "a-b-2", dependencies: ["a-b"] }]);
    const long = workflowOf([one("n".repeat(150)), one(`${"n".repeat(150)}2`)]).spec.templates[0].dag.tasks;
    expect(long.map(({ name }) => name.length)).toEqual([120, 122]);
  });

  test("secrets of all builds are asked for once, by name", () => {
    const secretive = ["--build-arg", "NPM_TOKEN=hunter2hunter2"];
    const text = textOf([one("api", secretive), one("web", [...secretive, "--build-arg", "API_KEY=hunter2hunter2"])]);
    expect(text).not.toContain("hunter2");
    expect(text.match(/create secret generic kaniko-images-secrets .*/g)).toEqual([
      expect.stringMatching(/NPM_TOKEN=….*API_KEY=…/),
    ]);
  });

  test("from reads every build of it", () => {
    const content = textOf([one("api", ["--build-arg", "A=1"], ["base"]), one("base", ["--build-arg", "A=1"])]);
    const { builds } = readCiFile({ content, file: "all.yaml" }, new Map());
    expect(builds.map(({ args }) => args.filter(word => /context|destination|arg/.test(word)))).toEqual([
      ["--context=dir:///workspace/api", "--build-arg=A=1", "--destination=registry.example/api:1"],
      ["--context=dir:///workspace/base", "--build-arg=A=1", "--destination=registry.example/base:1"],
    ]);
  });
});
