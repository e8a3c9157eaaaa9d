// Writes the manifests of k8s/ from lib/render/. `--check` only compares. kind-cluster.yaml is written by hand.
import { readFileSync, writeFileSync } from "node:fs";
import { readBuild } from "../lib/render/read-build.ts";
import { renderBuild } from "../lib/render/render.ts";
import { defaultRenderOptions } from "../lib/render/render-options.ts";
import { ownSource } from "../lib/render/sources.ts";
import { renderVolumes, renderWarmer } from "../lib/render/warmer.ts";

/** The executor's words for ./workspace, as `build` has them. */
const workspace = [
  ...["--context", "dir:///workspace", "--dockerfile", "/workspace/Dockerfile"],
  ...["--cache", "--cache-repo", "oci:/cache/layers", "--cache-copy-layers"],
];
/** kind's node has a file that a build must not take for its own. */
const onKind = ["--ignore-path=/product_uuid"];
const pushed = ["--destination", "registry.example/kaniko-lab/greeter:latest"];
const ofMachine = { kind: "host", path: "/kaniko-lab/workspace" };
const cacheOfMachine = { kind: "host", path: "/kaniko-lab/cache" };
const base = "docker.io/library/alpine:3.22";

const files = {
  ...render("build-pod.yaml", "pod", "kaniko-lab-build", [...workspace, "--no-push", ...onKind], {
    contextFrom: ofMachine,
    cacheVolume: cacheOfMachine,
  }),
  ...render("build-job.yaml", "job", "kaniko-lab-job", [...workspace, "--no-push", ...onKind], {
    contextFrom: ofMachine,
    cacheVolume: cacheOfMachine,
  }),
  ...render("push-pod.yaml", "pod", "kaniko-lab-push", [...workspace, "--cache-dir", "/base-images", ...pushed], {
    contextFrom: { kind: "pvc", claim: "workspace" },
    cacheVolume: cacheOfMachine,
  }),
  ...render("argo-build.yaml", "argo", "kaniko-lab-build", [...workspace, ...pushed], {}),
  ...render("tekton-build.yaml", "tekton", "kaniko-lab-build", [...workspace, ...pushed], {}),
  "warmer.yaml": renderWarmer([base]),
  "volumes.yaml": renderVolumes(
    [
      { claim: "workspace", path: "/kaniko-lab/workspace", about: "The context: ./workspace of this machine." },
      { claim: "kaniko-base-images", path: "/kaniko-lab/base-images", about: "The base image cache." },
    ],
    [
      "Volumes of folders that the node has, and claims for them. With minikube:",
      "  minikube mount ./workspace:/kaniko-lab/workspace      (it has to go on running)",
      "",
    ],
  ),
};

let stale = 0;
for (const [name, text] of Object.entries(files)) {
  const file = new URL(`../k8s/${name}`, import.meta.url);
  if (!process.argv.includes("--check")) writeFileSync(file, text);
  else if (read(file) !== text) stale += 1;
}
process.exitCode = stale === 0 ? 0 : 1;

function render(file, format, name, flags, options) {
  const build = readBuild(
    ownSource({
      flags,
      environment: {},
      folder: "/kaniko-lab/workspace",
      checkout: "/kaniko-lab/workspace",
      dockerfile: "/kaniko-lab/workspace/Dockerfile",
      name,
      hasLogin: false,
      executor: { source: "ghcr.io/osscontainertools/kaniko:latest", version: "", family: "fork" },
    }),
  );
  const { text } = renderBuild({ ...build, name }, format, { ...defaultRenderOptions, ...options });
  return { [file]: text.replaceAll("FILE", `k8s/${file}`) };
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
