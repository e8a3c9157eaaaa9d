import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type Docker from "dockerode";
import { cacheTtlMs } from "./cache-ttl.ts";
import type { Engine } from "./connect-engine.ts";
import { keptLayersPath, keptVolume, volumesForCopies } from "./copied-mounts.ts";
import { packFolder, packNode } from "./copy-in.ts";
import { copyOut } from "./copy-out.ts";
import { callEngine } from "./engine-call.ts";
import { isKeptLayerLink, keptLayerLink, keptLayersVolume, sendMissingLayers } from "./kept-layers.ts";
import { planLayerCache } from "./layer-cache-plan.ts";
import { sharedLabels } from "./owner-labels.ts";
import type { ResolvedMount } from "./resolve-mounts.ts";
import type { Transfer } from "./transfer.ts";

/** Mounts for an engine that cannot mount our folders: volumes that are filled before the run and read after it. */
export class CopiedMounts {
  readonly #mounts: readonly ResolvedMount[];
  readonly #args: readonly string[];

  constructor(mounts: readonly ResolvedMount[], args: readonly string[]) {
    this.#mounts = mounts;
    this.#args = args;
  }

  /** For the create request. Makes the volume that is kept: one that a create request brings along has no label in Podman. */
  async volumes(engine: Engine, signal: AbortSignal): Promise<Docker.MountSettings[]> {
    const copies = volumesForCopies(this.#mounts);
    const cache = this.#mounts.find(mount => this.#isLayerCache(mount));
    if (!cache) return copies;
    const name = keptLayersVolume(cache.hostPath);
    const call = { what: "create a volume", deadlineMs: 30_000, signal };
    await callEngine(call, () => engine.docker.createVolume({ Name: name, Labels: sharedLabels() }));
    return [...copies, keptVolume(keptLayersPath, name)];
  }

  /** Between create and start. */
  async send(transfer: Transfer): Promise<void> {
    for (const mount of this.#mounts) {
      if (mount.isFile) await sendFile(transfer, mount);
      else if (this.#isLayerCache(mount)) await this.#sendLayerCache(transfer, mount);
      else await sendFolder(transfer, mount);
    }
  }

  /** After the run, however it ended. @returns how many links and devices were left out. */
  async receive(transfer: Transfer): Promise<number> {
    let leftOut = 0;
    for (const mount of this.#mounts.filter(candidate => !candidate.readOnly)) {
      const options = { isFile: mount.isFile, isOwnLink: isKeptLayerLink };
      // Names below `/.` begin in the folder; else engines differ in what stands before them.
      const path = mount.isFile ? mount.path : `${mount.path}/.`;
      const result = await transfer.receive(`receiving ${mount.path}`, path, (archive, onBytes) =>
        copyOut(archive, mount.hostPath, { ...options, onBytes }),
      );
      leftOut += result.leftOut;
    }
    return leftOut;
  }

  /** The writable folder that `--cache-repo oci:FOLDER/…` names. */
  #isLayerCache(mount: ResolvedMount): boolean {
    const repository = this.#args.map(arg => arg.replace(/^--cache-repo=/, "")).find(arg => arg.startsWith("oci:"));
    return !mount.isFile && !mount.readOnly && repository?.startsWith(`oci:${mount.path}/`) === true;
  }

  async #sendLayerCache(transfer: Transfer, mount: ResolvedMount): Promise<void> {
    const plan = await planLayerCache(mount.hostPath, cacheTtlMs(this.#args));
    await sendMissingLayers(transfer, mount.hostPath, plan.kept);
    const aside = new Set([...plan.kept, ...plan.expired]);
    await transfer.send(`sending ${mount.path}`, mount.path, async (tar, onBytes) => {
      await packFolder(tar, mount.hostPath, "", { onBytes, skip: relative => aside.has(relative) });
      for (const entry of plan.kept) tar.entry({ name: entry, type: "symlink", linkname: keptLayerLink(entry) });
      for (const entry of plan.expired) {
        tar.entry({ name: `${entry}/`, type: "directory", mode: 0o755 });
        await packFolder(tar, join(mount.hostPath, entry), `${entry}/`, { onBytes, maxFileBytes: 1 << 20 });
      }
    });
  }
}

async function sendFolder(transfer: Transfer, mount: ResolvedMount): Promise<void> {
  await transfer.send(`sending ${mount.hostPath}`, mount.path, (tar, onBytes) =>
    packFolder(tar, mount.hostPath, "", { onBytes }),
  );
  // The folder itself: engines leave the owner and mode of the place they unpack at alone.
  const stats = await lstat(mount.hostPath);
  await transfer.send(`sending ${mount.hostPath}`, "/", (tar, onBytes) =>
    packNode(tar, mount.hostPath, `${mount.path.slice(1)}/`, stats, { onBytes }),
  );
}

/** Parents that are not there yet are made on the way. */
async function sendFile(transfer: Transfer, mount: ResolvedMount): Promise<void> {
  const stats = await lstat(mount.hostPath);
  await transfer.send(`sending ${mount.hostPath}`, "/", (tar, onBytes) =>
    packNode(tar, mount.hostPath, mount.path.slice(1), stats, { onBytes }),
  );
}
