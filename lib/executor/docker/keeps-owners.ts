import { connectEngine } from "./connect-engine.ts";
import { callEngine } from "./engine-call.ts";

/**
 * Whether containers see files of this machine under the very ids they have here: not so in rootless engines and in those
 * that map users.
 * @throws LabError as `connectEngine`
 */
export async function keepsOwners(env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const engine = await connectEngine(env);
  const info = await callEngine({ what: "ask how it maps users", deadlineMs: 10_000 }, () => engine.docker.info());
  const options = (info as { SecurityOptions?: readonly string[] | null }).SecurityOptions ?? [];
  return !options.some(option => /^name=(?:rootless|userns)\b/.test(option));
}
