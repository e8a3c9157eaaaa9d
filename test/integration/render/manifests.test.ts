import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import type { RenderOptions } from "../../../lib/render/render-options.ts";
import { ofFixture, own, textOf } from "../../unit/render/rendering.ts";

// What is rendered for a cluster is shown to a real API server, which makes nothing of it (--dry-run=server).

const kubeconfig = process.env.KUBECONFIG ?? join(homedir(), ".cache/lab-cluster/run/kubeconfig");
const missing = whyNoCluster();

function whyNoCluster(): string {
  if (!existsSync(kubeconfig)) return "no cluster: neither KUBECONFIG nor a cluster of the lab";
  const { status, error } = kubectl(["get", "--raw", "/readyz", "--request-timeout=5s"]);
  return error ? "no kubectl" : status === 0 ? "" : "the cluster does not answer";
}

function kubectl(words: readonly string[], input?: string) {
  return spawnSync("kubectl", ["--kubeconfig", kubeconfig, ...words], { encoding: "utf8", input });
}

/** Kinds that the API server knows: those of Argo and Tekton only where they are installed. */
const known = new Set(
  kubectl(["api-resources", "--no-headers"])
    .stdout?.split("\n")
    .map(line => line.trim().split(/\s+/).at(-1)),
);

function unknownKinds(text: string): string[] {
  return parseAllDocuments(text)
    .map(document => String(document.get("kind")))
    .filter(kind => !known.has(kind));
}

/** Of this run. */
const namespace = `kaniko-lab-render-${process.pid}`;

function shown(text: string) {
  const words = ["create", "--dry-run=server", "--validate=strict", "--namespace", namespace, "-f", "-"];
  return kubectl(words, text);
}

function expectAccepted(text: string): void {
  const { status, stdout, stderr } = shown(text);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout.trim().split("\n")).toHaveLength(parseAllDocuments(text).length);
}

const cached = ["--cache", "--cache-repo", "oci:/cache/layers"];

const everything = [
  ...[...cached, "--cache-dir", "/base-images", "--build-arg", "NPM_TOKEN", "--secret", "id=npm,src=/x"],
  ...["--label", "l=$(HOME) $$ \n é", "--destination", "registry.example/app:1"],
];

/** What a build can ask of a cluster that has no priorities of its own. */
const asking: Partial<RenderOptions> = {
  deadlineSeconds: 600,
  wishes: {
    requests: { cpu: "100m", "ephemeral-storage": "1Gi" },
    limits: { memory: "1Gi" },
    nodeSelector: { "kubernetes.io/os": "linux" },
    tolerations: [{ key: "dedicated", operator: "Equal", value: "builds", effect: "NoSchedule" }],
    labels: { team: "red" },
    priorityClass: null,
    imagePullSecrets: ["pull"],
  },
};

describe.skipIf(missing)(`an API server takes${missing === "" ? "" : ` (skipped: ${missing})`}`, () => {
  beforeAll(() => {
    expect(kubectl(["create", "namespace", namespace]).status).toBe(0);
    // A Pod is taken only when its account is there; the controller may be as quick as this with the first.
    for (const account of ["default", "image-builder"]) kubectl(["create", "serviceaccount", account, "-n", namespace]);
  });
  afterAll(() => {
    kubectl(["delete", "namespace", namespace, "--wait=false"]);
  });

  const folder = join(import.meta.dirname, "../../../k8s");
  const manifests = readdirSync(folder).filter(name => !["kind-cluster.yaml", "local-registry.yaml"].includes(name));
  for (const name of manifests) {
    const text = readFileSync(join(folder, name), "utf8");
    const unknown = unknownKinds(text);
    const note = unknown.length === 0 ? "" : ` (skipped: the cluster has no ${unknown.join(", ")})`;
    test.skipIf(unknown.length > 0)(`k8s/${name}${note}`, () => expectAccepted(text));
  }

  const templates = [
    ["argo", "WorkflowTemplate"],
    ["tekton", "TaskRun"],
  ] as const;
  for (const [format, kind] of templates) {
    const note = known.has(kind) ? "" : ` (skipped: the cluster has no ${kind})`;
    test.skipIf(!known.has(kind))(`${format} with everything${note}`, () => {
      expectAccepted(textOf(own(everything), format, asking));
      expectAccepted(textOf(own([...cached, "--no-push"]), format));
      expectAccepted(textOf(ofFixture("knative-builds.yaml", { job: "hello-function" }), format));
      expectAccepted(textOf(ofFixture("argo-build-chain.yaml", { template: "kaniko-build" }), format));
    });
  }

  test.each(["pod", "job"] as const)("a %s with everything", format => {
    expectAccepted(textOf(own([...everything, "--label", "x={{x}}"]), format, asking));
    expectAccepted(textOf(own([...cached, "--no-push"]), format, { contextFrom: { kind: "stdin" } }));
    expectAccepted(textOf(own(["--no-push"]), format, { cacheVolume: { kind: "host", path: "/c" } }));
    expectAccepted(textOf(ofFixture("knative-builds.yaml", { job: "hello-function" }), format));
  });

  test("a Pod without folders of the node is one of the baseline", () => {
    const label = "pod-security.kubernetes.io/enforce=baseline";
    expect(kubectl(["label", "namespace", namespace, label]).status).toBe(0);
    expectAccepted(textOf(own([...cached, "--no-push"]), "pod", { contextFrom: { kind: "pvc", claim: "workspace" } }));
    const { status, stderr } = shown(textOf(own([...cached, "--no-push"]), "pod"));
    expect(stderr).toContain("hostPath volumes");
    expect(status).not.toBe(0);
  });
});
