import { execFileSync } from "node:child_process";

/** What the tests here need and do not start themselves: null when it is there, else the reason to skip. */

const registryHost = "127.0.0.1:5000";
const guardedHost = "127.0.0.1:5001";
const baseImage = "base/busybox:1";

export const plainImage = `${registryHost}/${baseImage}`;
export const guardedImage = `${guardedHost}/${baseImage}`;

/** `docker login` of user lab, password lab. */
export const guardedAuths = { auths: { [guardedHost]: { auth: Buffer.from("lab:lab").toString("base64") } } };

export const noRegistry = await reasonOf(registryHost, 200);
export const noGuardedRegistry = await reasonOf(guardedHost, 401);
export const noSkopeo = commandFails("skopeo", ["--version"]) ? "no skopeo" : null;
export const noEngine = commandFails("docker", ["version"]) ? "no Docker engine" : null;

/** Kaniko's fork in the engine. */
export const executorImage = "kaniko-fork:local";
export const noExecutor = commandFails("docker", ["image", "inspect", executorImage])
  ? `no image ${executorImage}`
  : null;

/** Files that a container writes into a mounted folder belong to root, who alone can remove them. */
export const notRoot = process.getuid?.() === 0 ? null : "not root";

async function reasonOf(host: string, status: number): Promise<string | null> {
  const response = await fetch(`http://${host}/v2/`).catch(() => null);
  return response?.status === status ? null : `no registry at ${host}`;
}

/** Why programs cannot be run, or null: they are all there. */
export function programMissing(...names: readonly string[]): string | null {
  const missing = names.filter(name => commandFails(name, ["--version"]));
  return missing.length === 0 ? null : `no ${missing.join(", ")}`;
}

function commandFails(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return false;
  } catch {
    return true;
  }
}

/** For `describe.skipIf`: whether to skip, and a title that says why. */
export function unless(...reasons: readonly (string | null)[]): { skip: boolean; why: string } {
  const missing = reasons.filter(reason => reason !== null);
  return { skip: missing.length > 0, why: missing.length === 0 ? "" : ` (skipped: ${missing.join(", ")})` };
}
