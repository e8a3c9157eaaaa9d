import type { Stats } from "node:fs";
import { lstat } from "node:fs/promises";
import { posix } from "node:path";
import { type Pack, pack } from "tar-stream";
import { messageOf } from "../../error.ts";
import { type CopyInOptions, maxOctalId, packFolder, packNode } from "../docker/copy-in.ts";
import type { ResolvedMount } from "../docker/resolve-mounts.ts";
import type { ReportPreparing } from "../preparing.ts";
import type { PodExec } from "./exec-in-pod.ts";
import type { PodSession } from "./pod-session.ts";
import { filesContainer, labFolder } from "./pod-spec.ts";

/** A folder or file of this machine on its way into the Pod's volume. */
export interface Delivery {
  readonly mount: ResolvedMount;
  /** Path in the Pod's volume; `.` for all of it. */
  readonly place: string;
  /** Whether what is there already stays. */
  readonly addsTo: boolean;
  readonly options: Omit<CopyInOptions, "onBytes" | "onNode">;
  /** A script that runs when everything is in its place. */
  readonly afterwards?: string;
  /** Packs something else than the mount's own files. */
  readonly pack?: (tar: Pack, options: CopyInOptions) => Promise<void>;
}

/** Where owners are written down that the helper's tar does not set by itself. */
const ownersFolder = ".owners";

/**
 * Sends files as a tar through a helper's `tar`, with modes, owners and times as they are here. A broken connection begins
 * again with an empty place.
 * @throws LabError as `PodSession.exec`; `context-not-found`, `unsafe` for files that cannot be read
 */
export async function deliver(session: PodSession, delivery: Delivery, report: ReportPreparing): Promise<void> {
  const { mount, place } = delivery;
  const what = `sending ${mount.hostPath}`;
  await session.exec(
    what,
    filesContainer,
    () => ["sh", "-c", unpackScript(delivery), "sh", place],
    async exec => {
      const onBytes = counter(what, report);
      await send(exec, tar => fill(tar, delivery, onBytes));
    },
  );
}

/** busybox's tar leaves links to root, and knows no ids above what the old header fields hold. */
function unpackScript({ addsTo, mount, place, afterwards }: Delivery): string {
  const emptied =
    place === "." ? `find . -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf {} +;` : `rm -rf "./$1";`;
  const clear = addsTo ? "" : emptied;
  const make = mount.isFile ? `mkdir -p "$(dirname "./$1")";` : `mkdir -p "./$1";`;
  const owners = `for list in ./${ownersFolder}/*; do [ -e "$list" ] || continue; xargs -0 chown -h "\${list##*/}" <"$list"; done`;
  const unpack = `set -e; umask 022; cd ${labFolder}; ${clear} ${make} rm -rf ./${ownersFolder}; tar -xf -; ${owners}; rm -rf ./${ownersFolder}${afterwards === undefined ? "" : `; ${afterwards}`}`;
  // Where a program ends before its input does, kubelet never tells that it ended.
  return `(${unpack}); code=$?; cat >/dev/null; exit $code`;
}

async function fill(tar: Pack, delivery: Delivery, onBytes: (count: number) => void): Promise<void> {
  const { mount, place } = delivery;
  const owners = new Map<string, string[]>();
  const onNode = (name: string, stats: Stats) => {
    const { uid, gid } = stats;
    const isRoots = uid === 0 && gid === 0;
    if (isRoots || (!stats.isSymbolicLink() && Math.max(uid, gid) <= maxOctalId)) return;
    const owner = `${uid}:${gid}`;
    const names = owners.get(owner) ?? [];
    names.push(name);
    owners.set(owner, names);
  };
  const stats = await lstat(mount.hostPath);
  const options = { ...delivery.options, onBytes, onNode };
  if (mount.isFile) await packNode(tar, mount.hostPath, place, stats, options);
  else {
    await packNode(tar, mount.hostPath, `${place}/`, stats, options);
    if (delivery.pack) await delivery.pack(tar, options);
    else await packFolder(tar, mount.hostPath, `${place}/`, options);
  }
  for (const [owner, names] of owners) {
    tar.entry({ name: posix.join(ownersFolder, owner), mode: 0o600 }, names.map(name => `./${name}\0`).join(""));
  }
}

/** Feeds the program with a tar as fast as it takes it. */
export async function send(exec: PodExec, fillTar: (tar: Pack) => Promise<void>): Promise<void> {
  const tar = pack();
  let packingError: unknown = null;
  const filled = fillTar(tar)
    .then(() => tar.finalize())
    .catch((error: unknown) => {
      packingError = error;
      tar.destroy(error instanceof Error ? error : new Error(messageOf(error)));
    });
  try {
    for await (const chunk of tar as AsyncIterable<Buffer>) await exec.write(chunk);
    await exec.endInput();
  } catch (error) {
    // Packing fails, too, once its tar is destroyed: only what came first counts.
    const first = packingError ?? error;
    tar.destroy();
    await filled;
    throw first;
  }
}

/** Reports once per MiB: more would only cost time. */
export function counter(what: string, report: ReportPreparing): (count: number) => void {
  report(what);
  let doneBytes = 0;
  let reportedBytes = 0;
  return count => {
    doneBytes += count;
    if (doneBytes - reportedBytes < 1 << 20) return;
    reportedBytes = doneBytes;
    report(what, doneBytes, null);
  };
}
