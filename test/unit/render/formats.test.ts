// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, and expressions of GitHub
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { readBuild } from "../../../lib/render/read-build.ts";
import { type RenderFormat, renderFormats, wishesOf } from "../../../lib/render/render.ts";
import { parseCacheVolume, parseContextSource } from "../../../lib/render/render-options.ts";
import { errorOf } from "../ci/reading.ts";
import { folderFlags, ofFixture, ofText, own, readBack, textOf } from "./rendering.ts";

interface ManifestDocument {
  readonly kind: string;
  readonly spec: {
    readonly arguments: { readonly parameters: object[] };
    readonly templates: object[];
    readonly steps: object[];
    readonly params: object[];
  };
}

/** The documents of a file, without comments. */
function documents(text: string): ManifestDocument[] {
  return parseAllDocuments(text).map(document => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });
}

const kinds = (text: string) => documents(text).map(({ kind }) => kind);

const isScript = (format: string) => format === "docker" || format === "shell";

const cached = ["--cache", "--cache-repo", "oci:/cache/layers", "--no-push"];
const secretive = [
  ...["--destination", "registry.example/app:1", "--build-arg", "NPM_TOKEN=hunter2hunter2", "--build-arg", "API_KEY"],
  ...["--secret", "id=npm,src=/home/me/.npmrc", "--secret", "id=pw,env=DB_PASSWORD"],
  ...["--registry-mirror", "https://me:hunter2hunter2@mirror.example"],
];

describe("every format", () => {
  test.each(renderFormats)("%s: the same bytes for the same build", format => {
    const once = textOf(own([...cached, "--build-arg", "A=1"]), format);
    expect(textOf(own([...cached, "--build-arg", "A=1"]), format)).toBe(once);
    expect(once.endsWith("\n")).toBe(true);
  });

  test.each(renderFormats)("%s: secrets by their names only", format => {
    const environment = { GIT_TOKEN: "hunter2hunter2", KANIKO_REGISTRY_PASSWORD: "hunter2hunter2" };
    const text = textOf(own(secretive, { environment }), format);
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain(".npmrc");
    expect(text).toContain("NPM_TOKEN");
  });

  test.each(renderFormats)("%s: no path of this machine but the context's, where a node has it", format => {
    const text = textOf(
      own(cached, { executor: { source: "/home/me/out/executor", version: "v1.28.3", family: "fork" } }),
      format,
    );
    expect(text.replaceAll("/home/me/checkout/services/api", "")).not.toContain("/home/me");
    expect(text.includes("/home/me/checkout/services/api")).toBe(format === "pod" || format === "job");
    expect(text).toContain("ghcr.io/osscontainertools/kaniko:v1.28.3");
  });

  test.each(["pod", "job", "argo", "tekton", "gitlab", "github", "skaffold"] as const)(
    "%s: texts that YAML of old takes for something else are quoted",
    format => {
      const text = textOf(own(["--no-push", "--cache=false", "--build-arg", "A=off", "--label", "12:30=yes"]), format);
      for (const line of text.split("\n")) expect(line).not.toMatch(/: (?:off|yes|no|on|12:30)$/);
    },
  );

  test.each(renderFormats)("%s: comments end with their line", format => {
    const flags = ["--no-push", "--registry-certificate", "a=/b\nkind: Secret", "--secret", "id=a\nkind: Secret,src=x"];
    const text = textOf(own(flags), format);
    if (isScript(format))
      for (const line of text.slice(0, text.indexOf("set -eu")).trim().split("\n")) expect(line[0]).toBe("#");
    else for (const document of documents(text)) expect(document.kind).not.toBe("Secret");
    expect(text).toContain("a=/b\\nkind: Secret names a file");
  });

  test.each(renderFormats)("%s: names that a shell would run are refused", format => {
    for (const name of ["A_TOKEN$(id)", "TOKEN;id", "TOKEN\nid", "TOKEN id"]) {
      expect(errorOf(() => textOf(own(["--no-push", "--build-arg", name]), format)).code).toBe("config-invalid");
      expect(errorOf(() => textOf(own(["--no-push", "--secret", `id=${name}`]), format)).code).toBe("config-invalid");
    }
  });
});

const cloudPod = `
apiVersion: v1
kind: Pod
metadata: { name: kaniko }
spec:
  serviceAccountName: kaniko-sa
  containers:
    - name: kaniko
      image: gcr.io/kaniko-project/executor:latest
      args: ["--context=gs://bucket/path/context.tar.gz", "--destination=pkg.example/p/i:1", "--cache-dir=/cache", "--cache=true"]
`;

describe("Pod and Job", () => {
  test("what is not pushed can be read when the build has ended", () => {
    const [pod] = documents(textOf(own(["--no-push", "--cache=false"]), "pod"));
    expect(pod?.spec).toMatchObject({
      initContainers: [
        { name: "build", volumeMounts: [{ name: "workspace" }, { name: "output", mountPath: "/output" }] },
      ],
      containers: [{ name: "results", volumeMounts: [{ name: "output", readOnly: true }] }],
    });
    const [pushed] = documents(textOf(own(["--destination", "r/a"]), "pod"));
    expect(pushed?.spec).toMatchObject({ containers: [{ name: "build" }] });
    expect(pushed?.spec).not.toHaveProperty("initContainers");
  });

  test("the layer cache gets a claim, or a folder of the node, or nothing", () => {
    expect(kinds(textOf(own(cached), "pod"))).toEqual(["Pod", "PersistentVolumeClaim"]);
    expect(kinds(textOf(own(cached), "pod", { cacheVolume: parseCacheVolume("host:/c") }))).toEqual(["Pod"]);
    expect(kinds(textOf(own(["--cache", "--cache-repo", "r/c", "--no-push"]), "pod"))).toEqual(["Pod"]);
    // A Job has nothing else that outlives it.
    expect(kinds(textOf(own(["--no-push"]), "job"))).toEqual(["Job", "PersistentVolumeClaim"]);
  });

  test("a context by standard input, from a claim, from git", () => {
    const from = (word: string) => textOf(own(cached), "pod", { contextFrom: parseContextSource(word) });
    expect(documents(from("stdin"))[0]?.spec).toMatchObject({ initContainers: [{ stdin: true, stdinOnce: true }] });
    expect(from("stdin")).toContain("kubectl attach -i kaniko-api -c build");
    expect(from("pvc:files")).toContain("claimName: files");
    expect(from("git:https://github.com/me/app#main")).toContain("--context=git://github.com/me/app#refs/heads/main\n");
    expect(from("git:github.com/me/app")).toContain("--context-sub-path=services/api");
    expect(errorOf(() => from("artifact"))).toMatchObject({ code: "usage" });
    expect(errorOf(() => parseContextSource("git:https://me:pw@github.com/me/app"))).toMatchObject({ code: "usage" });
  });

  test("the service account of a Pod stays; without one there is no token", () => {
    const source = ofFixture("knative-builds.yaml", { job: "python-image" });
    expect(textOf(source, "pod")).toContain("serviceAccountName: image-builder");
    expect(textOf(own(cached), "pod")).toContain("automountServiceAccountToken: false");
  });

  test("a Pod of the cloud: a bucket, an account, a warmed base image cache", () => {
    const text = textOf(ofText(cloudPod), "pod");
    expect(documents(text)[0]?.spec).toMatchObject({
      serviceAccountName: "kaniko-sa",
      containers: [{ image: "gcr.io/kaniko-project/executor:latest" }],
      volumes: [{ persistentVolumeClaim: { claimName: "kaniko-base-images" } }, { secret: { secretName: "regcred" } }],
    });
    expect(text).toContain("--context=gs://bucket/path/context.tar.gz\n");
  });

  test("the base image cache is in the claim that is named", () => {
    const text = textOf(ofText(cloudPod), "pod", { baseClaim: "bases" });
    expect(text).toContain("claimName: bases\n");
    expect(text).toContain("# - base image cache: the volume claim bases, which a warmer has filled.");
  });

  test("credentials come as a secret: for pushing, for a cache in a registry, and where the build had some", () => {
    const has = (flags: readonly string[], hasLogin = false) =>
      textOf(own(flags, { hasLogin }), "pod").includes("secretName: regcred");
    expect(has(["--destination", "r/a"])).toBe(true);
    expect(has(["--no-push", "--cache", "--cache-repo", "r/c"])).toBe(true);
    expect(has(cached)).toBe(false);
    expect(has(cached, true)).toBe(true);
  });

  test("values that a CI file does not tell are asked for", () => {
    const error = errorOf(() => textOf(ofFixture("argo-build-chain.yaml", { template: "kaniko-build" }), "pod"));
    expect(error).toMatchObject({ code: "usage", hint: expect.stringContaining("--param workload=VALUE") });
  });
});

describe("templates", () => {
  test("what is known is a default, what is not is required", () => {
    const source = ofFixture("argo-build-chain.yaml", { template: "kaniko-build" });
    const [workflow] = documents(textOf(source, "argo"));
    expect(workflow).toMatchObject({ kind: "ClusterWorkflowTemplate" });
    expect(JSON.stringify(workflow)).toContain(
      "harbor.example.com/kaniko-cache/{{inputs.parameters.workload}}-{{inputs.parameters.service}}",
    );
    expect(workflow?.spec?.arguments.parameters).toEqual(
      expect.arrayContaining([{ name: "snapshot-mode", value: "time" }, { name: "workload" }, { name: "service" }]),
    );
    expect(workflow?.spec?.templates[0]).toMatchObject({
      inputs: { artifacts: [{ name: "source", path: "/workspace" }] },
      outputs: { artifacts: [{ name: "image", path: "/output/image.tar" }] },
    });
    expect(kinds(textOf(source, "tekton"))).toEqual(["Task", "PersistentVolumeClaim"]);
  });

  test("Argo: how a Workflow of it is made, what it has to be given, and the rights that Argo wants", () => {
    const header = (text: string) => text.slice(0, text.search(/^[^#]/m));
    const ofOwn = header(textOf(own(["--no-push"]), "argo", { namespace: "builds", serviceAccount: "image-builder" }));
    expect(ofOwn).toMatch(/argo submit --watch --from workflowtemplate\/\S+ -n builds\n/);
    expect(ofOwn).toMatch(/\| kubectl create -f - -n builds\n/);
    expect(ofOwn).toMatch(/create role argo-executor -n builds .*=workflowtaskresults.argoproj.io\n/);
    expect(ofOwn).toContain("--serviceaccount=builds:image-builder\n");
    const chain = header(textOf(ofFixture("argo-build-chain.yaml", { template: "kaniko-build" }), "argo"));
    // `argo submit` has no option for an artifact.
    expect(chain).not.toContain("argo submit");
    const [, made] = /echo '(.*)' \\\n/.exec(chain) ?? [];
    expect(JSON.parse(made ?? "")).toMatchObject({
      kind: "Workflow",
      spec: {
        workflowTemplateRef: { clusterScope: true },
        arguments: {
          parameters: [{ name: "workload" }, { name: "service" }],
          artifacts: [{ name: "source", s3: { key: "KEY" } }],
        },
      },
    });
  });

  test("others' parameters win when the template is read", () => {
    const text = textOf(own([...cached, "--build-arg", "VERSION=1"]), "argo");
    const { build } = readBack(
      text.replace('name: VERSION\n        value: "1"', "name: VERSION\n        value: two"),
      "argo",
    );
    expect(build.args).toContain("--build-arg=VERSION=two");
  });

  test("a Knative Build becomes Task and TaskRun, its sources become steps", () => {
    const text = textOf(ofFixture("knative-builds.yaml", { job: "python-image" }), "tekton");
    const [task, run] = documents(text);
    expect(task?.kind).toBe("Task");
    expect(task?.spec?.steps).toMatchObject([
      { name: "source-1", args: expect.arrayContaining(["https://git.example.com/images/python.git", "v1.2"]) },
      { name: "source-2", image: "busybox" },
      { name: "build", command: ["/kaniko/executor"] },
    ]);
    expect(task?.spec?.params).toEqual(
      expect.arrayContaining([
        { name: "BASE_IMAGE", type: "string", default: "127.0.0.1:5000/base/busybox:1" },
        { name: "destination", type: "string", default: "registry.example.com/images/python:1" },
      ]),
    );
    expect(run).toMatchObject({ kind: "TaskRun", spec: { taskRef: { name: "kaniko-python-image" } } });
  });

  test("text that would be taken for a reference is refused", () => {
    const argo = errorOf(() => textOf(own(["--no-push", "--label", "l={{workflow.name}}"]), "argo"));
    expect(argo).toMatchObject({ code: "config-invalid" });
    const tekton = errorOf(() => textOf(own(["--no-push", "--label", "l=$(params.x)"]), "tekton"));
    expect(tekton).toMatchObject({ code: "config-invalid" });
  });
});

describe("other formats", () => {
  test("expressions of GitHub in a value are text", () => {
    const { build } = readBack(textOf(own(["--no-push", "--label", "l=${{ secrets.X }}"]), "github"), "github");
    expect(build.args).toContain("--label=l=${{ secrets.X }}");
  });

  test("a job of GitLab gets the image with a shell, and the project's own registry for the layer cache", () => {
    const text = textOf(own(cached), "gitlab");
    expect(text).toContain("name: ghcr.io/osscontainertools/kaniko:v1.28.3-debug");
    expect(text).toContain('--cache-repo="${CI_REGISTRY_IMAGE}"/kaniko-cache');
    expect(text).toContain('--context=dir://"${CI_PROJECT_DIR}"/services/api');
  });

  test("Skaffold says what it has no place for", () => {
    const text = textOf(
      own([...cached, "--registry-map", "a=b", "--label", "x=y", "--build-arg", "T={{.X}}"]),
      "skaffold",
    );
    expect(text).toContain("no place for --registry-map=a=b");
    expect(documents(text)[0]).toMatchObject({
      build: {
        artifacts: [{ context: "services/api", kaniko: { label: { x: "y" }, buildArgs: { T: '{{"{{"}}.X}}' } } }],
      },
    });
  });

  test("a Dockerfile beside the context comes with the checkout, and with nothing else", () => {
    const flags = ["--context", "dir:///workspace", "--dockerfile", "/kaniko/lab/api.Dockerfile", "--no-push"];
    const source = own([], { flags, dockerfile: "/home/me/checkout/docker/api.Dockerfile" });
    expect(textOf(source, "github")).toContain("--dockerfile=/workspace/docker/api.Dockerfile");
    expect(errorOf(() => textOf(source, "pod"))).toMatchObject({ code: "usage" });
  });
});

describe("what a build asks of its cluster", () => {
  const options = {
    serviceAccount: "builder",
    deadlineSeconds: 600,
    wishes: {
      requests: { cpu: "500m", "ephemeral-storage": "5Gi" },
      limits: { memory: "2Gi" },
      nodeSelector: { disk: "ssd" },
      tolerations: [{ key: "dedicated", operator: "Equal", value: "builds", effect: "NoSchedule" }],
      labels: { team: "red" },
      priorityClass: "low",
      imagePullSecrets: ["pull"],
    },
  } as const;
  const { wishes } = options;
  const resources = { requests: wishes.requests, limits: wishes.limits };
  const placement = { nodeSelector: wishes.nodeSelector, tolerations: wishes.tolerations, priorityClassName: "low" };
  const podSpec = {
    ...placement,
    serviceAccountName: "builder",
    activeDeadlineSeconds: 600,
    imagePullSecrets: [{ name: "pull" }],
    containers: [{ name: "build", resources }],
  };
  const pushed = ["--destination", "registry.example/app:1", "--cache=false"];
  const first = (format: RenderFormat) => documents(textOf(own(pushed), format, options))[0];

  test("pod", () => {
    expect(first("pod")).toMatchObject({ metadata: { labels: { team: "red" } }, spec: podSpec });
  });

  test("job: of its Pod, which has the labels, too", () => {
    const template = { metadata: { labels: { team: "red" } }, spec: podSpec };
    expect(first("job")).toMatchObject({ spec: { template } });
  });

  test("argo: the template's; the Workflow pulls for all", () => {
    const template = {
      metadata: { labels: { team: "red" } },
      ...{ ...placement, serviceAccountName: "builder", activeDeadlineSeconds: 600 },
      container: { resources },
    };
    expect(first("argo")).toMatchObject({ spec: { imagePullSecrets: [{ name: "pull" }], templates: [template] } });
  });

  test("tekton: the step's resources, the run's place", () => {
    const [task, run] = documents(textOf(own(pushed), "tekton", options));
    expect(task).toMatchObject({ spec: { steps: [{ name: "build", computeResources: resources }] } });
    expect(run).toMatchObject({
      metadata: { labels: { team: "red" } },
      spec: {
        ...{ serviceAccountName: "builder", timeout: "600s" },
        podTemplate: { ...placement, imagePullSecrets: [{ name: "pull" }] },
      },
    });
  });

  test("skaffold: what it has fields for", () => {
    expect(first("skaffold")).toMatchObject({
      build: {
        cluster: {
          ...{ nodeSelector: wishes.nodeSelector, tolerations: wishes.tolerations, timeout: "600s" },
          resources: { requests: { cpu: "500m", ephemeralStorage: "5Gi" }, limits: { memory: "2Gi" } },
        },
      },
    });
    expect(wishesOf("skaffold")).not.toContain("labels");
  });

  test("nothing asked, nothing written", () => {
    for (const format of renderFormats)
      expect(textOf(own(pushed), format)).not.toMatch(/nodeSelector|tolerations|esources|imagePull|Deadline|timeout/);
  });
});

describe("builds that cannot be written down", () => {
  test("control characters, a key in the address, a flag without its value", () => {
    expect(errorOf(() => readBuild(own(["--label", "a=\u001b[31m"])))).toMatchObject({ code: "config-invalid" });
    const signed = ["--context", "https://x.blob.core.windows.net/c.tar.gz?sig=abc", "--no-push"];
    expect(errorOf(() => readBuild(own([], { flags: signed, folder: null })))).toMatchObject({
      code: "config-invalid",
    });
    expect(errorOf(() => readBuild(own(["--label"])))).toMatchObject({ code: "config-invalid" });
    expect(folderFlags).toHaveLength(4);
  });
});
