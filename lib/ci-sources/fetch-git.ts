/** One revision of a git repository into a folder, by this machine's git with the user's own credentials. */

import { spawn } from "node:child_process";
import { LabError, messageOf } from "../error.ts";

/** No file of this machine, no command: the address comes from a CI file. */
const protocols = "https:http:ssh:git";
const mostTextBytes = 64 * 1024;

/** @throws LabError `usage` for what is no address; `context-not-found` when git cannot fetch it, `cancelled` */
export async function fetchGit(url: string, revision: string, folder: string, signal: AbortSignal): Promise<void> {
  if (!/^(?:(?:https?|ssh|git):\/\/[^\s-]|[\w.]+@[\w.-]+:[^\s-])/.test(url) || /[\p{Cc}\s]/u.test(url))
    throw new LabError("usage", `the git source ${JSON.stringify(url)} is no address of a repository elsewhere`, {
      hint: "give a checkout of it: --context DIR",
    });
  if (!/^[\w./@+-]+$/.test(revision) || revision.startsWith("-"))
    throw new LabError("usage", `${JSON.stringify(revision)} is no revision of a git source`);
  // As Knative's git-init does it.
  await git(["init", "--quiet", "--", folder], signal);
  await git(["-C", folder, "fetch", "--quiet", "--depth=1", "--no-tags", "--", url, revision], signal, url);
  await git(["-C", folder, "checkout", "--quiet", "--detach", "FETCH_HEAD"], signal);
}

async function git(args: readonly string[], signal: AbortSignal, url = ""): Promise<void> {
  const env = { ...process.env, GIT_TERMINAL_PROMPT: "0", GIT_ALLOW_PROTOCOL: protocols, LC_ALL: "C" };
  const child = spawn("git", args, { env, stdio: ["ignore", "ignore", "pipe"], signal });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (said.length < mostTextBytes) said += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  const code = await ended.catch((error: unknown) => {
    signal.throwIfAborted();
    throw new LabError("context-not-found", `git cannot be run: ${messageOf(error)}`, {
      hint: "install git, or give a checkout: --context DIR",
      cause: error,
    });
  });
  if (code === 0) return;
  const why = said.trim().split("\n").at(-1) ?? "";
  throw new LabError(
    "context-not-found",
    `git cannot fetch ${url || "the source"}: ${why || `it ended with ${code}`}`,
    {
      hint: "check the address and your credentials for it, or give a checkout: --context DIR",
    },
  );
}
