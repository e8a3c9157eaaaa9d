/** Actions that run Kaniko, and the command line that each makes of its inputs. */

export interface ActionRun {
  readonly image: string | null;
  readonly args: readonly string[];
}

export type Inputs = ReadonlyMap<string, string>;

/** @returns null for an action that is not known to run Kaniko. */
export function kanikoAction(uses: string, inputs: Inputs): ActionRun | null {
  const name = uses.replace(/@.*$/, "");
  if (/\/action-kaniko$/.test(name)) return tagAction(inputs);
  return /\/kaniko-action$/.test(name) ? listAction(inputs) : null;
}

/** Where the checkout is. */
export const githubWorkspace = "/github/workspace";

function lines(text: string | undefined): string[] {
  return (text ?? "")
    .split("\n")
    .map(line => line.trim())
    .filter(line => line !== "");
}

function flag(name: string, value: string | undefined): string[] {
  return value === undefined || value === "" ? [] : [`--${name}=${value}`];
}

/** `int128/kaniko-action` and its forks: the inputs of docker/build-push-action. */
function listAction(inputs: Inputs): ActionRun {
  const isPushed = inputs.get("push") === "true";
  return {
    image: inputs.get("executor") ?? "gcr.io/kaniko-project/executor:latest",
    args: [
      `--context=dir://${githubWorkspace}/${inputs.get("context") ?? "."}`,
      `--dockerfile=${inputs.get("file") ?? "Dockerfile"}`,
      ...lines(inputs.get("build-args")).flatMap(line => flag("build-arg", line)),
      ...lines(inputs.get("labels")).flatMap(line => flag("label", line)),
      ...(isPushed ? [] : ["--no-push"]),
      ...lines(inputs.get("tags")).flatMap(line => flag("destination", line)),
      ...flag("target", inputs.get("target")),
      ...(inputs.get("cache") === "true" ? ["--cache=true"] : []),
      ...flag("cache-repo", inputs.get("cache-repository")),
      ...flag("cache-ttl", inputs.get("cache-ttl")),
      ...lines(inputs.get("registry-mirror")).flatMap(line => flag("registry-mirror", line)),
      ...flag("push-retry", inputs.get("push-retry")),
      ...flag("verbosity", inputs.get("verbosity")),
      ...lines(inputs.get("kaniko-args")),
    ],
  };
}

/** `aevea/action-kaniko` and its forks: image, tag and registry apart. */
function tagAction(inputs: Inputs): ActionRun {
  const registry = inputs.get("registry") ?? "docker.io";
  const prefix = registry === "docker.io" ? "" : `${registry}/`;
  const image = `${prefix}${inputs.get("image") ?? ""}`;
  const folder = inputs.get("path") ?? ".";
  const tags = [inputs.get("tag") ?? "latest", ...(inputs.get("tag_with_latest") === "true" ? ["latest"] : [])];
  return {
    image: null,
    args: [
      ...(inputs.get("cache") ? ["--cache=true"] : []),
      ...flag("cache-ttl", inputs.get("cache_ttl")),
      ...flag("cache-repo", inputs.get("cache_registry")),
      ...flag("cache-dir", inputs.get("cache_directory")),
      `--context=${githubWorkspace}/${folder}`,
      `--dockerfile=${folder}/${inputs.get("build_file") ?? "Dockerfile"}`,
      ...flag("target", inputs.get("target")),
      ...tags.map(tag => `--destination=${image}:${tag}`),
      ...(inputs.get("extra_args") ?? "").split(/\s+/).filter(Boolean),
      "--reproducible",
      "--force",
    ],
  };
}
