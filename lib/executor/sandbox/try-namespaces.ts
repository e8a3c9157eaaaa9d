import { namespaceHint, type SandboxHost, unavailable } from "./host.ts";
import { enter, spawnInNamespaces } from "./namespaces.ts";

/**
 * Makes the real namespaces and one mount that only they see: the last word on whether this machine allows a sandbox.
 * @throws LabError `sandbox-unavailable`
 */
export async function tryNamespaces(host: SandboxHost): Promise<void> {
  const command = ["mount", "-t", "tmpfs", "tmpfs", "/tmp"];
  const entered = spawnInNamespaces(host, { command, env: {}, output: null });
  await enter(host, entered);
  const { code } = await entered.ended;
  if (code === 0) return;
  const message = (await entered.complaints).trim();
  throw unavailable(`cannot mount in a new namespace: ${message}`, await namespaceHint(host.isRoot));
}
