/** The lab in a cluster as files and commands, for who has to do it by hand, and as scripts. Pure. */

import { quoteWord } from "../ci/shell/quote-word.ts";
import { renderVolumes } from "../render/warmer.ts";
import { yamlText } from "../render/yaml-text.ts";
import {
  hostsFile,
  hostsToml,
  type KindPlan,
  kindConfig,
  registryConfigMap,
  registryName,
  registryPort,
} from "./kind-documents.ts";
import {
  baseImagesClaim,
  layerCacheClaim,
  mountFlags,
  type NodeMount,
  nodeFolder,
  registrySecret,
  workspaceClaim,
} from "./lab-folders.ts";

export interface GuideFile {
  readonly name: string;
  readonly text: string;
}

export interface ClusterGuide {
  readonly files: readonly GuideFile[];
  /** Lines of a shell; `#` lines say what comes. */
  readonly up: readonly string[];
  readonly down: readonly string[];
}

export interface GuidePlan extends KindPlan {
  readonly registryPort: number;
  readonly registryImage: string;
  readonly nodeImage: string | null;
}

/** Where the files are, for the commands: "" or a folder with a slash. */
type Place = string;

export const installHints: Readonly<Record<string, string>> = {
  kind: "go install sigs.k8s.io/kind@latest, or https://kind.sigs.k8s.io/docs/user/quick-start/#installation",
  docker: "kind needs Docker, Podman or nerdctl: https://docs.docker.com/engine/install/",
  minikube: "https://minikube.sigs.k8s.io/docs/start/",
};

export function volumesFile(header: readonly string[] = []): string {
  return renderVolumes(
    [
      { claim: workspaceClaim, path: `${nodeFolder}/workspace`, about: "The context: ./workspace of this machine." },
      { claim: baseImagesClaim, path: `${nodeFolder}/base-images`, about: "The base image cache." },
      {
        claim: layerCacheClaim,
        path: `${nodeFolder}/layer-cache`,
        about: "The layer cache of builds that render wrote, and of --claim.",
      },
    ],
    header,
  );
}

export function registryFile(port: number): string {
  const header = ["Tells tools that the cluster has a registry of this machine (KEP-1755)."];
  return yamlText([{ value: registryConfigMap(port, `${registryName}:${registryPort}`), header }]);
}

export function kindGuide(plan: GuidePlan, place: Place = ""): ClusterGuide {
  const { name, mounts, registryPort: port, registryImage, nodeImage } = plan;
  const image = nodeImage === null ? "" : ` --image ${quoteWord(nodeImage)}`;
  const node = `${name}-control-plane`;
  const file = hostsFile(port);
  const folder = file.slice(0, file.lastIndexOf("/"));
  const inside = `${registryName}:${registryPort}`;
  return {
    files: [
      { name: "kind-cluster.yaml", text: kindConfig({ name, mounts }) },
      { name: "local-registry.yaml", text: registryFile(port) },
      { name: "volumes.yaml", text: volumesFile() },
    ],
    up: [
      `# A registry: localhost:${port} for this machine and the kubelet, ${inside} inside of Pods (plain HTTP).`,
      `docker inspect ${registryName} >/dev/null 2>&1 || docker run -d --restart always -p 127.0.0.1:${port}:${registryPort} --label kaniko-lab.cluster=1 --name ${registryName} ${quoteWord(registryImage)}`,
      ...folderLines(mounts),
      `kind get clusters | grep -Fqx ${quoteWord(name)} || kind create cluster --name ${quoteWord(name)} --config ${place}kind-cluster.yaml${image}`,
      `docker network inspect kind -f '{{range .Containers}}{{println .Name}}{{end}}' | grep -Fqx ${registryName} || docker network connect kind ${registryName}`,
      "# The node's containerd finds it there.",
      `docker exec ${quoteWord(node)} mkdir -p ${folder}`,
      `echo ${quoteWord(hostsToml(inside).trim())} | docker exec -i ${quoteWord(node)} cp /dev/stdin ${file}`,
      `kubectl --context kind-${quoteWord(name)} wait --for=condition=Ready node --all --timeout=180s`,
      `kubectl --context kind-${quoteWord(name)} apply -f ${place}local-registry.yaml -f ${place}volumes.yaml`,
      ...secretLines(`kind-${name}`),
    ],
    down: [`kind delete cluster --name ${quoteWord(name)}`, removeRegistry],
  };
}

export function minikubeGuide({ name, mounts }: Pick<GuidePlan, "name" | "mounts">, place: Place = ""): ClusterGuide {
  const profile = `--profile ${quoteWord(name)}`;
  return {
    files: [{ name: "volumes.yaml", text: volumesFile() }],
    up: [
      `minikube start ${profile}`,
      "# A registry: localhost:5000 on the node, registry.kube-system.svc.cluster.local inside of Pods (plain HTTP).",
      `minikube addons enable registry ${profile}`,
      ...folderLines(mounts),
      "# Each has to go on running.",
      ...mounts.map(
        ({ local, node }) =>
          `nohup minikube mount ${profile} ${mountFlags.join(" ")} ${quoteWord(`${local}:${node}`)} >/dev/null 2>&1 &`,
      ),
      `kubectl --context ${quoteWord(name)} wait --for=condition=Ready node --all --timeout=180s`,
      `kubectl --context ${quoteWord(name)} apply -f ${place}volumes.yaml`,
      ...secretLines(name),
    ],
    down: ["# The mounts end by themselves.", `minikube delete ${profile}`],
  };
}

/** Only one that was made by these lines. */
const removeRegistry = `docker ps -aq --filter name='^${registryName}$' --filter label=kaniko-lab.cluster | xargs -r docker rm --force --volumes`;

function folderLines(mounts: readonly NodeMount[]): string[] {
  return [`mkdir -p ${mounts.map(({ local }) => quoteWord(local)).join(" ")}`];
}

/** Only for who has logged in somewhere. */
function secretLines(context: string): string[] {
  const kubectl = `kubectl --context ${quoteWord(context)}`;
  return [
    "# Logins to registries, where there are some: config.json goes to the cluster as it is.",
    `config=\${DOCKER_CONFIG:-$HOME/.docker}/config.json`,
    `[ ! -f "$config" ] || ${kubectl} get secret ${registrySecret} >/dev/null 2>&1 || ${kubectl} create secret generic ${registrySecret} --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson="$config"`,
  ];
}

/** The same as a script of the checkout. */
export function clusterScript(lines: readonly string[], about: readonly string[]): string {
  const head = ["#!/bin/sh", ...about.map(line => `# ${line}`), "set -eu", 'cd "$(dirname "$0")/.."'];
  return `${[...head, ...lines].join("\n")}\n`;
}
