import { mkdir, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { Place } from "./program.ts";

let place: Place;
beforeEach(async () => {
  place = await Place.create();
  await mkdir(place.path("app"));
  await writeFile(place.path("app/Dockerfile"), "FROM scratch\n");
});
afterEach(() => place.remove());

const render = (...words: string[]) => place.run(["render", "app", "--cache", "off", ...words]);

test("the Pod asks for what the line and the context's own file ask for", async () => {
  await writeFile(
    place.path("app/kaniko-lab.yaml"),
    "kubernetes: { requests: { cpu: 1, memory: 1Gi }, nodeSelector: { disk: ssd }, deadlineSeconds: 60 }\n",
  );
  const line = ["--pod-request", "cpu=2", "--pod-label", "team=red", "--toleration", "dedicated=builds:NoSchedule"];
  const { stdout } = await render(
    "--as",
    "pod",
    "-d",
    "registry.example/app:1",
    ...line,
    "--image-pull-secret",
    "pull",
  );
  const [pod] = parseAllDocuments(stdout).map(document => document.toJS());
  expect(pod).toMatchObject({
    metadata: { labels: { team: "red" } },
    spec: {
      ...{ activeDeadlineSeconds: 60, nodeSelector: { disk: "ssd" }, imagePullSecrets: [{ name: "pull" }] },
      tolerations: [{ key: "dedicated", operator: "Equal", value: "builds", effect: "NoSchedule" }],
      containers: [{ resources: { requests: { cpu: "2", memory: "1Gi" } } }],
    },
  });
});

test("what a format has no place for is refused, unless only the context's file asks for it", async () => {
  await writeFile(place.path("app/kaniko-lab.yaml"), "kubernetes: { nodeSelector: { disk: ssd } }\n");
  const script = await render("--as", "docker");
  expect([script.status, script.stderr]).toEqual([0, ""]);
  const { status, stderr } = await render("--as", "docker", "--node-selector", "disk=ssd", "--pod-limit", "cpu=1");
  expect(status).toBe(2);
  expect(stderr).toContain("--as docker has no place for --pod-limit, --node-selector");
  const labels = await render("--as", "skaffold", "--pod-label", "team=red");
  expect([labels.status, labels.stderr]).toEqual([2, expect.stringContaining("no place for --pod-label")]);
});

test.each([
  ["docker", "--namespace builds", "pod, job, argo, tekton, skaffold"],
  ["shell", "--registry-secret login", "pod, job, argo, tekton, skaffold"],
  ["gitlab", "--cache-volume pvc:layers", "pod, job, argo, tekton"],
  ["github", "--base-claim bases --namespace builds", "pod, job, argo, tekton"],
  ["skaffold", "--cache-volume pvc:layers", "pod, job, argo, tekton"],
  ["tekton", "--helper-image busybox:1", "pod, job"],
])("--as %s with %s is refused, and where that goes is told", async (format, words, formats) => {
  const { status, stdout, stderr } = await render("--as", format, ...words.split(" "));
  expect([status, stdout]).toEqual([2, ""]);
  const [error, hint] = stderr.split("\n");
  for (const option of words.match(/--\S+/g) ?? []) expect(error).toContain(option);
  expect(hint).toBe(`hint: a place for that has --as ${formats}`);
});

test("how a build runs here is nothing that can be written down", async () => {
  for (const words of [["--context-transport", "stdin"], ["--driver", "docker"], ["--keep"]])
    expect((await render("--as", "pod", ...words)).status).toBe(2);
});
