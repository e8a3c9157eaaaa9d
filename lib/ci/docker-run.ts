/** The words of `docker run`, as far as they say what an executor in it gets. */

export interface DockerRun {
  readonly image: string;
  readonly args: readonly string[];
  readonly entrypoint: string | null;
  readonly workingFolder: string | null;
  /** A null value is taken from the caller's environment. */
  readonly env: readonly { readonly name: string; readonly value: string | null }[];
  readonly mounts: readonly { readonly source: string; readonly path: string }[];
}

/** Options that take no value; all others do. */
const switches = new Set(
  "--detach --disable-content-trust --help --init --interactive --no-healthcheck --oom-kill-disable --privileged --publish-all --quiet --read-only --rm --sig-proxy --tty --replace --tls-verify".split(
    " ",
  ),
);
const shortSwitches = /^-[dhiPqt]+$/;

/** @returns null when the words are not of `run`, or name no image. */
export function parseDockerRun(args: readonly string[]): DockerRun | null {
  const start = args.findIndex(word => word === "run" || word === "create");
  if (start < 0 || args.slice(0, start).some(word => /^(?:build|exec|pull|push|login|compose)$/.test(word)))
    return null;
  const options: [name: string, value: string][] = [];
  let at = start + 1;
  for (; at < args.length; at += 1) {
    const word = args[at] as string;
    if (!word.startsWith("-") || word === "-") break;
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    if (switches.has(name) || shortSwitches.test(word)) continue;
    const short = /^-[dhiPqt]*([a-zA-Z])(.+)$/s.exec(word);
    if (word.startsWith("--") && equals >= 0) options.push([name, word.slice(equals + 1)]);
    else if (!word.startsWith("--") && short && !/^-[dhiPqt]*[a-zA-Z]$/.test(word))
      options.push([`-${short[1]}`, (short[2] as string).replace(/^=/, "")]);
    else {
      at += 1;
      options.push([`-${word.replace(/^-+[dhiPqt]*(?=[a-zA-Z]$)/, "").replace(/^-+/, "")}`, args[at] ?? ""]);
    }
  }
  const image = args[at];
  if (image === undefined) return null;
  const valuesOf = (...names: string[]) =>
    options.filter(([name]) => names.includes(name.replace(/^-+/, ""))).map(([, value]) => value);
  return {
    image,
    args: args.slice(at + 1),
    entrypoint: valuesOf("entrypoint").at(-1) ?? null,
    workingFolder: valuesOf("w", "workdir").at(-1) ?? null,
    env: valuesOf("e", "env").map(word => {
      const equals = word.indexOf("=");
      return equals < 0 ? { name: word, value: null } : { name: word.slice(0, equals), value: word.slice(equals + 1) };
    }),
    mounts: [...valuesOf("v", "volume").flatMap(volumeMount), ...valuesOf("mount").flatMap(longMount)],
  };
}

function volumeMount(word: string): { source: string; path: string }[] {
  const [source, path] = word.split(":");
  return source !== undefined && path?.startsWith("/") ? [{ source, path }] : [];
}

function longMount(word: string): { source: string; path: string }[] {
  const fields = new Map(word.split(",").map(field => field.split("=") as [string, string]));
  const source = fields.get("source") ?? fields.get("src");
  const path = fields.get("target") ?? fields.get("destination") ?? fields.get("dst");
  return source !== undefined && path !== undefined ? [{ source, path }] : [];
}
