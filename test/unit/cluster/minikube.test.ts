import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ClusterPart } from "../../../lib/cluster/cluster-part.ts";
import {
  type MinikubeRequest,
  minikubeDown,
  minikubeFailed,
  minikubeStatus,
  minikubeUp,
} from "../../../lib/cluster/minikube-cluster.ts";
import { type KeptMount, lookAtMounts } from "../../../lib/cluster/minikube-mounts.ts";
import type { RunProgram } from "../../../lib/cluster/run-program.ts";
import { identityOf, ownIdentity } from "../../../lib/store/process-identity.ts";

// minikube's program at its port, with the answers that its documentation and source give. The cluster behind it is none:
// each run ends where it would be asked.

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kaniko-lab-minikube-"));
  process.env.KUBECONFIG = join(folder, "none");
});
afterEach(async () => {
  delete process.env.KUBECONFIG;
  await rm(folder, { recursive: true });
});

/** A machine with minikube and, perhaps, a profile. */
class Minikube {
  profile: "missing" | "stopped" | "running" = "missing";
  registry = false;
  readonly commands: string[] = [];
  /** Folders of the node that answer. */
  readonly mounted = new Set<string>();

  readonly run: RunProgram = async ([, ...words]) => {
    const [command, what] = words;
    if (command === "status") return this.#status();
    if (command === "ssh") {
      // A terminal's line ends, and what stat says of a folder that is no mount.
      const asked = (words.at(-1) ?? "").split(" ").filter(word => word.startsWith("/kaniko-lab/"));
      const lines = asked.map(folder => `${this.mounted.has(folder) ? "1021997" : "ef53"} ${folder}\r\n`);
      return { code: 0, stdout: lines.join(""), complaint: "" };
    }
    if (command === "addons" && what === "list") {
      const Status = this.registry ? "enabled" : "disabled";
      return { code: 0, stdout: JSON.stringify({ registry: { Profile: "p", Status } }), complaint: "" };
    }
    this.commands.push(words.filter(word => !word.startsWith("/")).join(" "));
    if (command === "start") this.profile = "running";
    if (command === "delete") this.profile = "missing";
    if (command === "addons") this.registry = what === "enable";
    return { code: 0, stdout: "", complaint: "" };
  };

  #status() {
    if (this.profile === "missing") return { code: 85, stdout: '* Profile "p" not found.', complaint: "" };
    const Host = this.profile === "running" ? "Running" : "Stopped";
    return {
      code: Host === "Running" ? 0 : 7,
      stdout: JSON.stringify({ Name: "p", Host, APIServer: Host }),
      complaint: "",
    };
  }
}

function requestFor(minikube: Minikube, parts: ClusterPart[]): MinikubeRequest {
  return {
    name: "p",
    folders: { workspace: join(folder, "w"), cache: join(folder, "c"), baseImages: join(folder, "c/b") },
    stateFolder: join(folder, "state"),
    namespace: null,
    run: minikube.run,
    startMount: async command => {
      minikube.commands.push(command.slice(1).join(" "));
      minikube.mounted.add(command.at(-1)?.split(":").at(-1) ?? "");
      return ownIdentity();
    },
    report: () => {},
    signal: new AbortController().signal,
    onPart: part => void parts.push(part),
  };
}

async function up(minikube: Minikube): Promise<Record<string, string>> {
  const parts: ClusterPart[] = [];
  // There is no kubeconfig: so far it goes.
  await expect(minikubeUp(requestFor(minikube, parts))).rejects.toThrow(/kubeconfig/);
  return Object.fromEntries(parts.map(({ name, state }) => [name, state]));
}

describe("minikube", () => {
  test("is started with its registry and the mounts, once", async () => {
    const minikube = new Minikube();
    expect(await up(minikube)).toEqual({
      cluster: "made",
      registry: "made",
      "mount /kaniko-lab/workspace": "made",
      "mount /kaniko-lab/cache": "made",
      "mount /kaniko-lab/base-images": "made",
    });
    const commands = [...minikube.commands];
    expect(commands[0]).toBe("start --profile p");
    expect(commands[1]).toBe("addons enable registry --profile p");
    expect(commands[2]).toBe(`mount --profile p --9p-version 9p2000.u ${join(folder, "w")}:/kaniko-lab/workspace`);
    expect(new Set(Object.values(await up(minikube)))).toEqual(new Set(["there"]));
    expect(minikube.commands).toEqual(commands);
  });

  test("a profile that stands still is started, and is not ours to remove", async () => {
    const minikube = new Minikube();
    minikube.profile = "stopped";
    expect((await up(minikube)).cluster).toBe("changed");
    minikube.profile = "stopped";
    const { parts } = await minikubeStatus(requestFor(minikube, []));
    expect(parts[0]).toMatchObject({ name: "cluster", state: "missing" });
    expect(minikube.commands.filter(command => command.startsWith("delete"))).toEqual([]);
  });

  test("a mount is made anew when its process has ended, when the node has lost it, and when its folder is another", async () => {
    const minikube = new Minikube();
    const servers: ChildProcess[] = [];
    const byFolder = new Map<string, ChildProcess>();
    const startMount: MinikubeRequest["startMount"] = async (command, logFile) => {
      await writeFile(logFile, "what it says\n");
      // One before of the same folder has ended: it would take this one from the node.
      const known = byFolder.get(command.at(-1)?.split(":").at(-1) ?? "");
      if (known) expect(known.signalCode).toBe("SIGTERM");
      const server = spawn("cat", { detached: true, stdio: ["pipe", "ignore", "ignore"] });
      servers.push(server);
      const node = command.at(-1)?.split(":").at(-1) ?? "";
      minikube.mounted.add(node);
      byFolder.set(node, server);
      return identityOf(server.pid as number);
    };
    const again = async (folders = {}) => {
      const parts: ClusterPart[] = [];
      const request = { ...requestFor(minikube, parts), startMount };
      const changed = { ...request, folders: { ...request.folders, ...folders } };
      await expect(minikubeUp(changed)).rejects.toThrow(/kubeconfig/);
      return parts.slice(2).map(({ state }) => state);
    };
    const seen = async () => {
      const kept = JSON.parse(await readFile(join(folder, "state/p.json"), "utf8")) as { mounts: KeptMount[] };
      const parts = await lookAtMounts(requestFor(minikube, []), kept.mounts, true);
      return parts.map(({ state, detail }) => (state === "there" ? state : detail.split(": ").at(-1)));
    };
    const ended = (server: ChildProcess | undefined) => expect(server?.signalCode).toBe("SIGTERM");
    try {
      expect(await again()).toEqual(["made", "made", "made"]);
      expect(await again()).toEqual(["there", "there", "there"]);

      servers[0]?.kill("SIGTERM");
      await once(servers[0] as ChildProcess, "exit");
      expect(await seen()).toEqual(["its minikube mount has ended", "there", "there"]);
      expect(await again()).toEqual(["changed", "there", "there"]);

      minikube.mounted.delete("/kaniko-lab/cache");
      expect(await seen()).toEqual(["there", "the node has lost it", "there"]);
      expect(await again()).toEqual(["there", "changed", "there"]);
      ended(servers[1]);

      expect(await again({ workspace: join(folder, "other") })).toEqual(["changed", "there", "there"]);
      ended(servers[3]);
      expect(servers).toHaveLength(6);

      const removed = await minikubeDown(requestFor(minikube, []));
      expect(removed.map(({ name }) => name).filter(name => name.startsWith("mount "))).toHaveLength(3);
      for (const server of servers) ended(server);
      expect(await readdir(join(folder, "state"))).toEqual([]);
    } finally {
      for (const server of servers) server.kill("SIGKILL");
    }
  });

  test("what cannot be started is said with minikube's words", async () => {
    const complaint = "* Pulling\nX Exiting due to PROVIDER_DOCKER_NOT_RUNNING: no docker";
    const run: RunProgram = async ([, command]) =>
      command === "start" ? { code: 69, stdout: "", complaint } : { code: 85, stdout: "", complaint: "" };
    const request = { ...requestFor(new Minikube(), []), run };
    await expect(minikubeUp(request)).rejects.toThrow(/Exiting due to PROVIDER_DOCKER_NOT_RUNNING/);
  });

  test("what it tells beside is no answer, and no answer is not a profile that is missing", async () => {
    const minikube = new Minikube();
    minikube.profile = "running";
    minikube.registry = true;
    const news = JSON.stringify({ specversion: "1.0", data: { message: "minikube 2 is available!" } });
    const run: RunProgram = async (command, options) => {
      const end = await minikube.run(command, options);
      return { ...end, stdout: `${news}\n${end.stdout}` };
    };
    const parts: ClusterPart[] = [];
    await expect(minikubeUp({ ...requestFor(minikube, parts), run })).rejects.toThrow(/kubeconfig/);
    expect(parts.slice(0, 2).map(({ state }) => state)).toEqual(["there", "there"]);

    const broken: RunProgram = async () => ({
      code: 70,
      stdout: "",
      complaint: "X Exiting due to HOST_HOME_PERMISSION",
    });
    const request = { ...requestFor(minikube, []), run: broken };
    await expect(minikubeUp(request)).rejects.toThrow(/tell its status.*HOST_HOME_PERMISSION/);
  });

  test("where it cannot mount, the rest is made all the same", async () => {
    const parts: ClusterPart[] = [];
    const startMount = async () => {
      throw minikubeFailed(
        "mount a folder",
        "* Mounting\nX Exiting due to HOST_UNSUPPORTED: The host does not support it",
      );
    };
    await expect(minikubeUp({ ...requestFor(new Minikube(), parts), startMount })).rejects.toThrow(/kubeconfig/);
    expect(parts.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      "cluster made",
      "registry made",
      "mount missing",
      "mount missing",
      "mount missing",
    ]);
    expect(parts[2]?.detail).toContain("HOST_UNSUPPORTED");
  });

  test("down removes a profile that up made", async () => {
    const minikube = new Minikube();
    const state = join(folder, "state");
    await expect(minikubeUp({ ...requestFor(minikube, []), startMount: failing })).rejects.toThrow("no mount");
    const parts = await minikubeDown({ ...requestFor(minikube, []), stateFolder: state });
    expect(parts).toMatchObject([{ name: "cluster", state: "removed" }]);
    expect(minikube.profile).toBe("missing");
    expect(await minikubeDown(requestFor(minikube, []))).toEqual([]);
  });
});

async function failing(): Promise<never> {
  throw new Error("no mount");
}
