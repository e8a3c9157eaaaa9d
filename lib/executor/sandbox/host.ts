/** What this machine has for a sandbox; what is missing is said with the command that mends it. */

import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { LabError } from "../../error.ts";
import { type DetachCommand, findDetachCommand } from "./detach-command.ts";
import { findProgram } from "./processes.ts";
import { type IdRange, idMapArguments, parseSubIds } from "./sub-ids.ts";

export interface SandboxHost {
  /** As root no user namespace is made. */
  readonly isRoot: boolean;
  readonly userName: string;
  /** Arguments of newuidmap and newgidmap after the process id; empty as root. */
  readonly uidMap: readonly string[];
  readonly gidMap: readonly string[];
  readonly detach: DetachCommand;
}

const baseTools = ["unshare", "setpriv", "mount", "umount", "pivot_root"];
const fileTools = ["sh", "mkfifo", "rm", "find", "chown", "cp"];
const mapTools = ["newuidmap", "newgidmap"];

/** Ids up to `nobody` (65534) are common in images. */
const usefulIds = 65_534;

/** @throws LabError `sandbox-unavailable` with a hint that mends it */
export async function inspectHost(): Promise<SandboxHost> {
  if (process.platform !== "linux") {
    throw unavailable(`the sandbox needs Linux, this is ${process.platform}`, "use Docker, or a Linux machine");
  }
  const user = currentUser();
  const isRoot = user.uid === 0;
  await requireTools([...baseTools, ...fileTools], "apt-get install util-linux coreutils findutils");
  if (!isRoot) {
    await requireTools(mapTools, "apt-get install uidmap");
    await requireUserNamespaces();
  }
  const umount = (await findProgram("umount")) as string;
  const detach = await findDetachCommand(umount);
  if (isRoot) return { isRoot, userName: user.name, uidMap: [], gidMap: [], detach };
  const uids = await lentIds("/etc/subuid", user);
  const gids = await lentIds("/etc/subgid", user);
  const uidMap = idMapArguments(user.uid, uids);
  return { isRoot, userName: user.name, uidMap, gidMap: idMapArguments(user.gid, gids), detach };
}

export function unavailable(message: string, hint: string, cause?: unknown): LabError {
  return new LabError("sandbox-unavailable", message, { hint, cause });
}

interface CurrentUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

function currentUser(): CurrentUser {
  const uid = process.geteuid?.() ?? 0;
  const gid = process.getegid?.() ?? 0;
  try {
    return { name: userInfo().username, uid, gid };
  } catch {
    // Without a line in /etc/passwd, as in some containers.
    return { name: String(uid), uid, gid };
  }
}

async function requireTools(names: readonly string[], installCommand: string): Promise<void> {
  const missing: string[] = [];
  for (const name of names) if ((await findProgram(name)) === null) missing.push(name);
  if (missing.length > 0) throw unavailable(`the sandbox needs ${missing.join(", ")}`, `run: ${installCommand}`);
}

async function requireUserNamespaces(): Promise<void> {
  if ((await readSetting("kernel/unprivileged_userns_clone")) === "0") {
    throw unavailable(
      "this kernel refuses user namespaces to ordinary users",
      "run as root: sysctl -w kernel.unprivileged_userns_clone=1",
    );
  }
  if ((await readSetting("user/max_user_namespaces")) === "0") {
    throw unavailable(
      "this machine allows no user namespaces",
      "run as root: sysctl -w user.max_user_namespaces=15000",
    );
  }
}

/** What to do when a user namespace was refused although the settings looked right. */
export async function namespaceHint(isRoot: boolean): Promise<string> {
  if (isRoot)
    return "root needs CAP_SYS_ADMIN here: run as an ordinary user, or on the machine instead of in a container";
  if ((await readSetting("kernel/apparmor_restrict_unprivileged_userns")) === "1") {
    return "run as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
  }
  return "a container or a security module may forbid user namespaces: use Docker, or run on the machine itself";
}

async function readSetting(name: string): Promise<string | null> {
  return readFile(`/proc/sys/${name}`, "utf8").then(
    text => text.trim(),
    () => null,
  );
}

async function lentIds(file: string, user: CurrentUser): Promise<IdRange[]> {
  const ranges = parseSubIds(await readFile(file, "utf8").catch(() => ""), user);
  const count = ranges.reduce((sum, range) => sum + range.count, 0);
  const mend = `run as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user.name}`;
  if (count === 0) throw unavailable(`${file} lends no ids to ${user.name}`, mend);
  if (count < usefulIds) throw unavailable(`${file} lends only ${count} ids to ${user.name}`, mend);
  return ranges;
}
