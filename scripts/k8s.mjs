// Writes the manifests of k8s/ and the scripts for clusters, from lib/render/ and lib/cluster/. `--check` only compares.
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { clusterScript, kindGuide, minikubeGuide, registryFile, volumesFile } from "../lib/cluster/cluster-guide.ts";
import { kindConfig } from "../lib/cluster/kind-documents.ts";
import { labName, nodeMounts } from "../lib/cluster/lab-folders.ts";
import { defaultRegistryImage, defaultRegistryPort } from "../lib/cluster/local-registry.ts";
import { readBuild } from "../lib/render/read-build.ts";
import { renderBuild } from "../lib/render/render.ts";
import { defaultRenderOptions } from "../lib/render/render-options.ts";
import { ownSource } from "../lib/render/sources.ts";
import { renderWarmer } from "../lib/render/warmer.ts";

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
  "volumes.yaml": volumesFile([
    "Volumes of folders that the node has, and claims for them. With minikube:",
    "  minikube mount ./workspace:/kaniko-lab/workspace      (it has to go on running)",
    "",
  ]),
  "kind-cluster.yaml": kindConfig({ name: labName, mounts: ofCheckout() }, [
    "A kind cluster that sees ./workspace and ./cache of this checkout, and pulls from a registry of this machine:",
    "  kaniko-lab cluster up kind      (or: scripts/kind_up.sh)",
    "Paths are those of the folder where kind runs; the mounts are fixed from then on.",
  ]),
  "local-registry.yaml": registryFile(defaultRegistryPort),
};

const kind = kindGuide(
  {
    ...{ name: labName, mounts: ofCheckout(), nodeImage: null },
    ...{ registryPort: defaultRegistryPort, registryImage: defaultRegistryImage },
  },
  "k8s/",
);
const minikube = minikubeGuide({ name: labName, mounts: ofCheckout() }, "k8s/");
const scripts = {
  "kind_up.sh": clusterScript(kind.up, ["kaniko-lab cluster up kind, for those who have kind, docker and kubectl."]),
  "kind_down.sh": clusterScript(kind.down, ["Removes what kind_up.sh made; workspace and cache stay."]),
  "minikube_up.sh": clusterScript(minikube.up, [
    "kaniko-lab cluster up minikube, for those who have minikube and kubectl.",
  ]),
  "minikube_down.sh": clusterScript(minikube.down, ["Removes what minikube_up.sh made; workspace and cache stay."]),
};

let stale = 0;
for (const [name, text] of Object.entries(files)) put(new URL(`../k8s/${name}`, import.meta.url), text);
for (const [name, text] of Object.entries(scripts)) put(new URL(`../scripts/${name}`, import.meta.url), text, 0o755);
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

function ofCheckout() {
  return nodeMounts({ workspace: "./workspace", cache: "./cache", baseImages: "./cache/base-images" });
}

function put(file, text, mode = 0o644) {
  if (process.argv.includes("--check")) {
    if (read(file) !== text) stale += 1;
    return;
  }
  writeFileSync(file, text);
  chmodSync(file, mode);
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
