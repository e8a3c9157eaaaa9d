import { namespaceHint, type SandboxHost, unavailable } from "./host.ts";
import { enter, spawnInNamespaces } from "./namespaces.ts";

/** On a file system that only this process sees, which goes with it. */
const tryScript = "mount -t tmpfs tmpfs /tmp && cd /tmp && mkdir old && pivot_root . old";

/**
 * Makes the real namespaces, a mount and another root: the last word on whether this machine allows a sandbox.
 * @throws LabError `sandbox-unavailable`
 */
export async function tryNamespaces(host: SandboxHost): Promise<void> {
  const entered = spawnInNamespaces(host, { command: ["sh", "-c", tryScript], env: {}, output: null });
  await enter(host, entered);
  const { code } = await entered.ended;
  if (code === 0) return;
  const message = (await entered.complaints).trim();
  throw unavailable(`cannot change the root in a new namespace: ${message}`, await namespaceHint(host.isRoot));
}
