/** GitHub Actions: a workflow that runs the executor with the runner's Docker. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, and expressions of GitHub

import { fileSecrets } from "./docker.ts";
import { executorArgs } from "./executor-args.ts";
import type { Rendered, Rendering } from "./format.ts";
import { headerOf } from "./header.ts";
import { usesCacheVolume } from "./pod-parts.ts";
import { needsLogin, type PortableBuild, secretNames } from "./portable-build.ts";
import { commandLines, secretVariable, shellWord, unknownVariables } from "./shell-words.ts";
import { knownText } from "./text.ts";
import { yamlText } from "./yaml-text.ts";

export function renderGithub({ build, context }: Rendering): Rendered {
  const args = executorArgs(build, {
    context,
    workspace: ["/workspace"],
    layerCache: ["oci:/cache/layers"],
    output: ["/output"],
    baseImages: null,
    digestFile: null,
    // A runner has secrets in variables only.
    secret: (id, variable) => [`env=${variable ?? secretVariable(id)}`],
  });
  const unknown = unknownVariables([...args, build.executor]);
  const secrets = [...secretNames(build), ...fileSecrets(build)];
  const isCached = usesCacheVolume(build);
  const login = needsLogin(build) ? loginOf(build) : null;
  const run = commandLines("docker run --rm", [
    ...(context.kind === "folder" ? ['-v "$GITHUB_WORKSPACE:/workspace:ro"'] : []),
    ...(isCached ? ['-v "$RUNNER_TEMP/cache:/cache"'] : []),
    ...(build.output === null ? [] : ['-v "$RUNNER_TEMP/output:/output"']),
    ...(login === null ? [] : ['-v "$HOME/.docker/config.json:/kaniko/.docker/config.json:ro"']),
    ...secrets.map(name => `-e ${name}`),
    ...build.environment.map(({ name, value }) => `-e ${shellWord([`${name}=`, ...value])}`),
    shellWord(build.executor),
    ...args.map(shellWord),
  ]);
  const env = Object.fromEntries([
    ...unknown.map(name => [name, `\${{ vars.${name} }}`]),
    ...secrets.map(name => [name, `\${{ secrets.${name} }}`]),
  ]);
  const steps = [
    ...(context.kind === "folder" ? [{ uses: "actions/checkout@v4" }] : []),
    ...(isCached ? [cacheStep(build)] : []),
    ...(login === null ? [] : [login]),
    { name: "Build", ...(Object.keys(env).length === 0 ? {} : { env }), run: `${escapeExpressions(run)}\n` },
    ...(build.output === null ? [] : [outputStep(build)]),
  ];
  const value = {
    name: build.name,
    on: { workflow_dispatch: {} },
    permissions: { contents: "read", ...(login?.with.registry === "ghcr.io" ? { packages: "write" } : {}) },
    jobs: { build: { "runs-on": "ubuntu-latest", steps } },
  };
  const notes = [
    ...build.notes,
    ...(build.hasBaseCache ? ["the base image cache is left out: a runner has none"] : []),
  ];
  const prepare = [
    ...(isCached ? ["layer cache: in the cache of GitHub Actions, instead of the cache folder."] : []),
    ...(login === null || login.with.registry === "ghcr.io"
      ? []
      : ["login to the registry: the secrets REGISTRY_USERNAME and REGISTRY_PASSWORD of the repository."]),
    ...(secrets.length === 0 ? [] : [`secrets of the repository: ${secrets.join(", ")}.`]),
    ...(unknown.length === 0 ? [] : [`variables of the repository: ${unknown.join(", ")}.`]),
  ];
  const commands = [`a file of .github/workflows; it is started by hand: gh workflow run ${build.name}`];
  const header = headerOf(`${build.name}: a build with Kaniko in GitHub Actions.`, commands, prepare, notes);
  return { text: yamlText([{ value, header }]), notes };
}

interface LoginStep {
  readonly uses: string;
  readonly with: { readonly registry?: string; readonly username: string; readonly password: string };
}

function loginOf(build: PortableBuild): LoginStep {
  const [destination = []] = build.destinations;
  const cache = typeof build.cache.place === "object" ? build.cache.place.repository : [];
  const name = knownText(destination.length > 0 ? destination : cache);
  const host = name === null ? null : name.split("/")[0];
  const isHost = host !== null && host !== undefined && name?.includes("/") && /[.:]|^localhost$/.test(host);
  const registry = name === null ? "${{ vars.REGISTRY }}" : isHost ? host : undefined;
  const isOwn = registry === "ghcr.io";
  return {
    uses: "docker/login-action@v3",
    with: {
      ...(registry === undefined ? {} : { registry: name === null ? registry : escapeExpressions(registry) }),
      username: isOwn ? "${{ github.actor }}" : "${{ secrets.REGISTRY_USERNAME }}",
      password: isOwn ? "${{ secrets.GITHUB_TOKEN }}" : "${{ secrets.REGISTRY_PASSWORD }}",
    },
  };
}

function cacheStep({ name }: PortableBuild): object {
  return {
    uses: "actions/cache@v4",
    with: {
      path: "${{ runner.temp }}/cache",
      key: `${name}-\${{ github.run_id }}`,
      "restore-keys": `${name}-`,
    },
  };
}

function outputStep({ output }: PortableBuild): object {
  const file = escapeExpressions(output?.name ?? "");
  return {
    uses: "actions/upload-artifact@v4",
    with: { name: file, path: `\${{ runner.temp }}/output/${file}` },
  };
}

/** Expressions are put in before the shell sees the script. */
function escapeExpressions(script: string): string {
  return script.replaceAll("${{", "${{ '${{' }}");
}
