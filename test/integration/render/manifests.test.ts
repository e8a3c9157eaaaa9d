import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { ofFixture, own, textOf } from "../../unit/render/rendering.ts";
import { asking, cached, everything } from "./everything.ts";

// What is rendered for a cluster is shown to a real API server, which makes nothing of it (--dry-run=server).
// What is Argo's is shown to one, and run, in cluster/argo.test.ts.

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

/** Kinds that the API server knows: those of Tekton only where they are installed. */
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
  const notShown = ["kind-cluster.yaml", "local-registry.yaml", "argo-build.yaml"];
  const manifests = readdirSync(folder).filter(name => !notShown.includes(name));
  for (const name of manifests) {
    const text = readFileSync(join(folder, name), "utf8");
    const unknown = unknownKinds(text);
    const note = unknown.length === 0 ? "" : ` (skipped: the cluster has no ${unknown.join(", ")})`;
    test.skipIf(unknown.length > 0)(`k8s/${name}${note}`, () => expectAccepted(text));
  }

  const noTekton = known.has("TaskRun") ? "" : " (skipped: the cluster has no TaskRun)";
  test.skipIf(noTekton !== "")(`tekton with everything${noTekton}`, () => {
    expectAccepted(textOf(own(everything), "tekton", asking));
    expectAccepted(textOf(own([...cached, "--no-push"]), "tekton"));
    expectAccepted(textOf(ofFixture("knative-builds.yaml", { job: "hello-function" }), "tekton"));
    expectAccepted(textOf(ofFixture("argo-build-chain.yaml", { template: "kaniko-build" }), "tekton"));
  });

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
