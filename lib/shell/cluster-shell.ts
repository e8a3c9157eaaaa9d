/**
 * A shell in a Pod: the tree is streamed into a folder of the Pod, which becomes the root of the program there. /proc and
 * /sys stay empty: nothing may be mounted in a Pod that its runtime's seccomp profile confines.
 */

import { posix } from "node:path";
import type { V1Pod } from "@kubernetes/client-node";
import { executorCapabilities } from "../executor/capabilities.ts";
import { ClusterApi } from "../executor/kubernetes/cluster-api.ts";
import { clusterError } from "../executor/kubernetes/cluster-error.ts";
import { connectCluster } from "../executor/kubernetes/connect-cluster.ts";
import { PodExec } from "../executor/kubernetes/exec-in-pod.ts";
import { withHelperPod } from "../executor/kubernetes/helper-pod.ts";
import { createKubernetesDriver } from "../executor/kubernetes/kubernetes-driver.ts";
import type { KubernetesOptions } from "../executor/kubernetes/kubernetes-options.ts";
import { removeLeftovers } from "../executor/kubernetes/leftovers.ts";
import type { PodNames } from "../executor/kubernetes/owned-pod.ts";
import type { PodSession } from "../executor/kubernetes/pod-session.ts";
import { counter, send } from "../executor/kubernetes/send-mounts.ts";
import { withExtracted } from "./extracted-tree.ts";
import { fillTree } from "./pack-tree.ts";
import { busyboxPath, type ShellDriver, type ShellRequest } from "./shell-request.ts";
import { linkTerminal } from "./terminal-link.ts";

export function clusterShell(options: KubernetesOptions): ShellDriver {
  const probe = () => createKubernetesDriver(options).probe();
  return { name: "kubernetes", probe, open: request => open(request, options) };
}

const containerName = "shell";
const treeFolder = "/lab/tree";

async function open(request: ShellRequest, options: KubernetesOptions): Promise<number> {
  const { signal, report } = request;
  const api = new ClusterApi(await connectCluster(options));
  await removeLeftovers(api, signal);
  const pod = {
    document: (names: PodNames) => podOf(names, options),
    containers: [containerName],
    startSeconds: options.startSeconds,
    report,
    signal,
  };
  return withHelperPod(api, pod, async session => {
    await sendTree(session, request);
    return runThere(session, request);
  });
}

function podOf({ name, namespace, labels, annotations }: PodNames, options: KubernetesOptions): V1Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { ...options.labels, ...labels }, annotations: { ...annotations } },
    spec: {
      restartPolicy: "Never",
      activeDeadlineSeconds: options.deadlineSeconds,
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      imagePullSecrets: options.imagePullSecrets.map(secret => ({ name: secret })),
      nodeSelector: { ...options.nodeSelector },
      tolerations: options.tolerations.map(one => ({ ...one })),
      containers: [
        {
          name: containerName,
          image: options.helperImage ?? "busybox:1.37",
          command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 3600 & wait; done"],
          securityContext: {
            runAsUser: 0,
            runAsGroup: 0,
            // Another root, and the few devices that every program wants: both are allowed at the level "baseline".
            capabilities: { drop: ["ALL"], add: [...new Set([...executorCapabilities, "SYS_CHROOT", "MKNOD"])] },
            seccompProfile: { type: "RuntimeDefault" },
          },
          volumeMounts: [{ name: "tree", mountPath: "/lab" }],
        },
      ],
      volumes: [{ name: "tree", emptyDir: {} }],
    },
  };
}

/** Devices by name, major and minor number. */
const devices = [
  ["null", 1, 3],
  ["zero", 1, 5],
  ["full", 1, 7],
  ["random", 1, 8],
  ["urandom", 1, 9],
  ["tty", 5, 0],
] as const;

const unpackScript = [
  "set -e",
  "umask 022",
  `rm -rf ${treeFolder}`,
  `mkdir -p ${treeFolder}`,
  `tar -xf - -C ${treeFolder}`,
  // What an image has at these places is never followed.
  `[ -d ${treeFolder}/dev ] && [ ! -L ${treeFolder}/dev ] || { rm -rf ${treeFolder}/dev; mkdir ${treeFolder}/dev; }`,
  `cd ${treeFolder}/dev`,
  ...devices.map(([name, major, minor]) => `rm -rf ./${name}; mknod -m 666 ./${name} c ${major} ${minor}`),
].join("; ");

const lentFolder = posix.dirname(busyboxPath);
/** Without /proc a busybox does not find its own other programs: links by their names do. */
const linkScript = `for name in $(busybox --list); do [ "$name" = busybox ] || ln -s busybox ${treeFolder}${lentFolder}/$name; done`;

async function sendTree(session: PodSession, request: ShellRequest): Promise<void> {
  const { snapshot, busybox, name, report } = request;
  await withExtracted(request, folder => {
    const what = `sending ${name}`;
    const onBytes = counter(what, doing => report(doing));
    // Where a program ends before its input does, kubelet never tells that it ended.
    const script = busybox === null ? unpackScript : `${unpackScript}; ${linkScript}`;
    const command = () => ["sh", "-c", `(${script}); code=$?; cat >/dev/null; exit $code`];
    return session.exec(what, containerName, command, exec =>
      send(exec, tar => fillTree(tar, { snapshot, folder, busybox, onBytes })),
    );
  });
}

async function runThere(session: PodSession, request: ShellRequest): Promise<number> {
  const { streams, signal, env, workingFolder, command } = request;
  const path = request.busybox === null ? {} : { PATH: `${env.PATH ?? ""}:${lentFolder}` };
  const variables = Object.entries({ ...env, ...path }).map(([name, value]) => `${name}=${value}`);
  const words = ["env", "-i", ...variables, "chroot", treeFolder, ...inFolder(workingFolder, command, request)];
  const { api, pod } = session;
  let exec: PodExec;
  try {
    exec = await PodExec.open(api.cluster, { pod, container: containerName }, words, signal, {
      isTerminal: streams.isTerminal,
      onComplaint: data => void streams.complaints.write(data),
    });
  } catch (error) {
    throw clusterError(api.cluster, `run ${command[0]} in the Pod`, error);
  }
  request.onStart();
  const take = (data: Buffer) => void exec.write(data).catch(() => {});
  const endInput = () => void exec.endInput().catch(() => {});
  if (streams.isTerminal || !streams.input.isTTY) streams.input.on("data", take).once("end", endInput);
  else endInput();
  const unlink = linkTerminal(streams, size => void exec.resize(size.columns, size.rows).catch(() => {}));
  try {
    exec.output.pipe(streams.output, { end: false });
    const [{ code }] = await Promise.all([exec.ended, drained(exec)]);
    return code;
  } catch (error) {
    signal.throwIfAborted();
    throw clusterError(api.cluster, `run ${command[0]} in the Pod`, error);
  } finally {
    streams.input.off("data", take).off("end", endInput);
    unlink();
    streams.input.pause();
    exec.close();
  }
}

/** chroot begins at /: a shell of the tree goes on from there, where it has one. */
function inFolder(folder: string, command: readonly string[], { snapshot, busybox }: ShellRequest): readonly string[] {
  if (folder === "/") return command;
  const hasShell = snapshot.node("bin/sh") !== null;
  if (!hasShell && busybox === null) return command;
  const shell = hasShell ? ["/bin/sh"] : [busyboxPath, "sh"];
  return [...shell, "-c", 'cd "$0" && exec "$@"', folder, ...command];
}

function drained({ output }: PodExec): Promise<void> {
  return new Promise(resolve => {
    output.once("end", resolve).once("close", resolve);
  });
}
