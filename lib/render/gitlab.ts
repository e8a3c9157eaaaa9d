/** GitLab CI: one job whose script calls the executor. */

import { fileSecrets, secretLines } from "./docker.ts";
import { executorArgs } from "./executor-args.ts";
import type { Rendered, Rendering } from "./format.ts";
import { headerOf } from "./header.ts";
import { withShell } from "./images.ts";
import { usesCacheVolume } from "./pod-parts.ts";
import { needsLogin } from "./portable-build.ts";
import { commandLines, secretVariable, shellWord, variableName } from "./shell-words.ts";
import { fillText, type Text } from "./text.ts";
import { yamlText } from "./yaml-text.ts";

/** Of the runner: the checkout, and the project's own registry. */
const checkout: Text = [{ name: "CI_PROJECT_DIR", value: null }];
const ownCache: Text = [{ name: "CI_REGISTRY_IMAGE", value: null }, "/kaniko-cache"];

/** GitLab gives every job these; a `DOCKER_AUTH_CONFIG` of the project wins over the file. */
const loginScript = `mkdir -p /kaniko/.docker
auth=$(printf '%s:%s' "$CI_REGISTRY_USER" "$CI_REGISTRY_PASSWORD" | base64 | tr -d '\\n')
printf '{"auths":{"%s":{"auth":"%s"}}}' "$CI_REGISTRY" "$auth" >/kaniko/.docker/config.json
`;

export function renderGitlab({ build, context }: Rendering): Rendered {
  const isCached = usesCacheVolume(build);
  const args = executorArgs(build, {
    context,
    workspace: checkout,
    layerCache: ownCache,
    output: checkout,
    baseImages: null,
    digestFile: null,
    secret: (id, variable) =>
      variable === null ? ["src=", { name: secretVariable(id), value: null }] : [`env=${variable}`],
  });
  const image = withShell(build.executor);
  const notes = [
    ...build.notes,
    ...(image === null ? ["the job needs an image of Kaniko with a shell"] : []),
    ...(build.hasBaseCache ? ["the base image cache is left out: a job has no volume for it"] : []),
  ];
  const hasLogin = needsLogin(build) || isCached;
  const value = {
    [build.name]: {
      stage: "build",
      image: { name: fillText(image ?? build.executor, ownText, holeText), entrypoint: [""] },
      ...(build.environment.length === 0
        ? {}
        : {
            variables: Object.fromEntries(
              build.environment.map(each => [each.name, fillText(each.value, ownText, holeText)]),
            ),
          }),
      script: [...(hasLogin ? [loginScript] : []), `${commandLines("/kaniko/executor", args.map(shellWord))}\n`],
      ...(build.output === null ? {} : { artifacts: { paths: [build.output.name] } }),
    },
  };
  const prepare = [
    ...(isCached ? ["layer cache: in the project's own registry, instead of the cache folder."] : []),
    ...(hasLogin ? ["login to another registry: its config.json as the masked variable DOCKER_AUTH_CONFIG."] : []),
    ...secretLines(build),
    ...(fileSecrets(build).length === 0 ? [] : ["those that name files are variables of the type file."]),
  ];
  const commands = ["a job for .gitlab-ci.yml; the context is the project's checkout"];
  const header = headerOf(`${build.name}: a build with Kaniko in GitLab CI.`, commands, prepare, notes);
  return { text: yamlText([{ value, header }]), notes };
}

/** GitLab's own variables: `$$` is a dollar. */
function ownText(value: string): string {
  return value.replaceAll("$", "$$$$");
}

function holeText({ name, value }: { readonly name: string; readonly value: string | null }): string {
  return value === null ? `\${${variableName(name)}}` : ownText(value);
}
