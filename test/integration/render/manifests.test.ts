import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
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

/** Kinds that every API server knows. */
const ofCore = new Set(["Pod", "Job", "PersistentVolume", "PersistentVolumeClaim"]);

/** Of this run. */
const namespace = `kaniko-lab-render-${process.pid}`;

function shown(text: string) {
  const words = ["apply", "--dry-run=server", "--validate=strict", "--namespace", namespace, "-f", "-"];
  return kubectl(words, text);
}

function expectAccepted(text: string): void {
  const { status, stdout, stderr } = shown(text);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout.trim().split("\n")).toHaveLength(parseAllDocuments(text).length);
}

const cached = ["--cache", "--cache-repo", "oci:/cache/layers"];

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
  const manifests = readdirSync(folder).filter(name => {
    const kinds = parseAllDocuments(readFileSync(join(folder, name), "utf8")).map(document => document.get("kind"));
    return kinds.every(kind => ofCore.has(String(kind)));
  });

  test.each(manifests)("k8s/%s", name => {
    expectAccepted(readFileSync(join(folder, name), "utf8"));
  });

  test.each(["pod", "job"] as const)("a %s with everything", format => {
    const flags = [
      ...[...cached, "--cache-dir", "/base-images", "--build-arg", "NPM_TOKEN", "--secret", "id=npm,src=/x"],
      ...["--label", "l=$(HOME) $$ {{x}} \n é", "--destination", "registry.example/app:1"],
    ];
    expectAccepted(textOf(own(flags), format));
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
