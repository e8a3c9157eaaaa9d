import { LabError } from "../../error.ts";

/** What the published executor images set. */
const imageDefaults = {
  HOME: "/root",
  USER: "root",
  PATH: "/usr/local/bin:/kaniko",
  SSL_CERT_DIR: "/kaniko/ssl/certs",
  DOCKER_CONFIG: "/kaniko/.docker/",
};

const proxyNames = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "FTP_PROXY", "ALL_PROXY"].flatMap(name => [
  name,
  name.toLowerCase(),
]);

/**
 * The executor's whole environment. Later ones win: what published images set, the image's own variables, the machine's
 * proxies, the request's.
 * `container=docker` is what Kaniko takes as proof of a container, so that it needs no `--force`.
 * @throws LabError `usage` for a name that a shell cannot export
 */
export function executorEnvironment(
  imageEnv: readonly string[],
  requestEnv: Readonly<Record<string, string>>,
  machineEnv: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const proxies = proxyNames.flatMap(name => (machineEnv[name] ? [[name, machineEnv[name]] as const] : []));
  const ofImage = imageEnv.map(pair => splitPair(pair)).filter(([name]) => isExportable(name));
  for (const name of Object.keys(requestEnv)) {
    if (isExportable(name)) continue;
    throw new LabError("usage", `the sandbox cannot set a variable called ${JSON.stringify(name)}`, {
      hint: "use letters, digits and _ only",
    });
  }
  return {
    ...imageDefaults,
    ...Object.fromEntries(ofImage),
    ...Object.fromEntries(proxies),
    ...requestEnv,
    container: "docker",
  };
}

function isExportable(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !/^klab_/i.test(name);
}

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf("=");
  return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
}
