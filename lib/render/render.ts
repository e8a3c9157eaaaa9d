/** A build, written down for another place: every format with what it takes. */

import { renderArgo } from "./argo.ts";
import { renderArgoAll } from "./argo-all.ts";
import { renderDocker } from "./docker.ts";
import type { Rendered, Rendering } from "./format.ts";
import { renderGithub } from "./github.ts";
import { renderGitlab } from "./gitlab.ts";
import { type ContextRules, placeContext } from "./place-context.ts";
import { renderJob, renderPod } from "./pod.ts";
import { clusterWishes, podWishes, type Wish } from "./pod-wishes.ts";
import type { PortableBuild } from "./portable-build.ts";
import type { ContextSource, RenderOptions } from "./render-options.ts";
import { renderShell } from "./shell.ts";
import { renderSkaffold } from "./skaffold.ts";
import { renderTekton } from "./tekton.ts";

export const renderFormats = [
  "pod",
  "job",
  "argo",
  "tekton",
  "gitlab",
  "github",
  "skaffold",
  "docker",
  "shell",
] as const;
export type RenderFormat = (typeof renderFormats)[number];

interface Format extends Omit<ContextRules, "format"> {
  /** What may be asked of the cluster in it. */
  readonly wishes: readonly Wish[];
  readonly render: (rendering: Rendering) => Rendered;
}

const claim: ContextSource = { kind: "pvc", claim: "workspace" };
const checkout = (): ContextSource => ({ kind: "checkout" });
const hostFolder = (): ContextSource => ({ kind: "host", path: null });

/** The node has the context where this machine has it, as far as that is known. */
const nodeOrClaim = ({ context }: PortableBuild): ContextSource =>
  context.kind === "folder" && context.hostFolder !== null ? { kind: "host", path: null } : claim;

const inCluster = { wishes: podWishes, usual: nodeOrClaim, runsSources: true, hasParameters: false } as const;
const inCi = {
  wishes: [],
  takes: ["checkout", "git", "archive"],
  usual: checkout,
  runsSources: false,
  hasParameters: false,
} as const;
const inScript = {
  wishes: [],
  takes: ["host", "git", "archive", "stdin"],
  usual: hostFolder,
  runsSources: false,
  hasParameters: false,
} as const;

const skaffoldWishes: readonly Wish[] = [
  "requests",
  "limits",
  "nodeSelector",
  "tolerations",
  "deadlineSeconds",
  "serviceAccount",
  "namespace",
  "registrySecret",
];

const formats: Readonly<Record<RenderFormat, Format>> = {
  pod: { ...inCluster, takes: ["host", "pvc", "git", "archive", "stdin"], render: renderPod },
  job: { ...inCluster, takes: ["host", "pvc", "git", "archive", "stdin"], render: renderJob },
  argo: {
    wishes: clusterWishes,
    takes: ["pvc", "host", "git", "archive", "artifact"],
    usual: build => (argoKind(build) ? { kind: "artifact" } : claim),
    runsSources: true,
    hasParameters: true,
    render: renderArgo,
  },
  tekton: {
    wishes: clusterWishes,
    takes: ["checkout", "pvc", "git", "archive"],
    usual: checkout,
    runsSources: true,
    hasParameters: true,
    render: renderTekton,
  },
  gitlab: { ...inCi, render: renderGitlab },
  github: { ...inCi, render: renderGithub },
  skaffold: { ...inCi, wishes: skaffoldWishes, takes: ["checkout"], render: renderSkaffold },
  docker: { ...inScript, render: renderDocker },
  shell: { ...inScript, render: renderShell },
};

/** What may be asked of the cluster in a format. */
export function wishesOf(format: RenderFormat): readonly Wish[] {
  return formats[format].wishes;
}

/** The formats that have a place for all of these. */
export function formatsFor(wishes: readonly Wish[]): readonly RenderFormat[] {
  return renderFormats.filter(format => wishes.every(wish => wishesOf(format).includes(wish)));
}

/** Chains of Argo hand the files on as an artifact. */
function argoKind({ originKind }: PortableBuild): boolean {
  return originKind !== null && /Workflow/.test(originKind);
}

/** @throws LabError `usage` for a build that the format has no way for; `config-invalid` for values that it cannot hold. */
export function renderBuild(build: PortableBuild, format: RenderFormat, options: RenderOptions): Rendered {
  const { render, ...rules } = formats[format];
  return render({ build, context: placeContext(build, options, { ...rules, format }), options });
}

export interface BuildOfMany {
  /** Of its context. */
  readonly name: string;
  readonly build: PortableBuild;
  /** Where its context is in what is brought; null: as the build has it in its checkout. */
  readonly contextPath: string | null;
  /** Names of the builds that come first. */
  readonly needs: readonly string[];
  /** What its own file asks of the cluster, with what is asked for all. */
  readonly options: RenderOptions;
}

/** Many builds as one Workflow of Argo. @throws as `renderBuild` */
export function renderBuilds(name: string, builds: readonly BuildOfMany[], parallelism: number): Rendered {
  const { render: _, ...rules } = formats.argo;
  const tasks = builds.map(one => {
    const own = { ...one.options, contextPath: one.contextPath };
    const context = placeContext(one.build, own, { ...rules, format: "argo" });
    return { name: one.name, needs: one.needs, rendering: { build: { ...one.build, name }, context, options: own } };
  });
  return renderArgoAll({ name, tasks, parallelism, contextPath: builds[0]?.options.contextPath ?? null });
}
