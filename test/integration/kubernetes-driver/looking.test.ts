import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultKubernetesOptions } from "../../../lib/executor/kubernetes/kubernetes-options.ts";
import { OwnedThings } from "../../../lib/executor/kubernetes/list-owned.ts";
import type { OwnedThing } from "../../../lib/executor/kubernetes/owned-thing.ts";
import { ended, executorFile, skipNote } from "../build/support.ts";
import { docker, freePort } from "../cluster/support.ts";
import {
  apply,
  buildArgs,
  executorImage,
  helperImage,
  inCluster,
  kubeconfig,
  kubectl,
  limitedUser,
  missing,
  Namespace,
  Place,
} from "./support.ts";

const dlv = join(homedir(), ".cache/kaniko-lab-test/dlv");
const debugImage = "127.0.0.1:5000/kaniko/debug:test";

describe.skipIf(missing)(`looking into a Pod${skipNote(missing)}`, () => {
  let place: Place;
  let namespace: Namespace;
  beforeAll(async () => {
    place = await Place.create({ Dockerfile: "ARG BASE\nFROM $BASE\nRUN false\n" });
    namespace = new Namespace();
  });
  afterAll(async () => {
    namespace.remove();
    await place.remove();
  });

  test("--keep leaves what failed, and doctor --fix finds it", async () => {
    const failed = await inCluster(place, buildArgs(namespace, "--keep"));
    expect(failed.status).toBe(4);
    const pod = /the Pod (\S+) was left/.exec(failed.stderr)?.[1] as string;
    expect(failed.stderr).toContain(`kubectl logs ${pod} -n ${namespace.name} -c executor`);
    // As it is printed.
    expect(kubectl("logs", pod, "-n", namespace.name, "-c", "executor")).toContain("failed to execute command");
    // As the terminal UI shows it, of two containers.
    process.env.KUBECONFIG = kubeconfig;
    const owned = await OwnedThings.connect(defaultKubernetesOptions);
    const { signal } = new AbortController();
    const thing = (await owned.list(signal)).things.find(({ name }) => name === pod) as OwnedThing;
    expect(thing).toMatchObject({ state: "Error", container: "executor" });
    expect((await owned.lastLines(thing, signal)).join("\n")).toContain("failed to execute command");
    // The next build removes what killed ones have left, not this.
    expect((await inCluster(place, buildArgs(namespace))).status).toBe(4);
    expect(namespace.leftovers()).toEqual([`Pod ${pod}`]);
    const fixed = await inCluster(place, ["doctor", "--fix", "--namespace", namespace.name]);
    expect(fixed.stdout).toContain(`${namespace.name}/${pod}`);
    expect(namespace.leftovers()).toEqual([]);
  });

  test("an account that may list Pods and no Jobs sees the Pods, and what it does not see is named", async () => {
    const label = "--labels=app.kubernetes.io/managed-by=kaniko-lab";
    kubectl("run", "seen", "-n", namespace.name, "--image", helperImage, label);
    const see = async (name: string, rules: { verbs: string[]; resources: string[] }[]) => {
      process.env.KUBECONFIG = await limitedUser(place, namespace, name, rules);
      const owned = await OwnedThings.connect({ ...defaultKubernetesOptions, namespace: namespace.name });
      return owned.list(new AbortController().signal);
    };
    const { things, unseen } = await see("pods", [{ verbs: ["list"], resources: ["pods"] }]);
    expect([things.map(({ name }) => name), unseen]).toEqual([["seen"], ["jobs"]]);
    await expect(see("nothing", [])).rejects.toMatchObject({
      code: "engine-unavailable",
      message: expect.stringMatching(/not allowed.*list pods/),
    });
    kubectl("delete", "pod", "seen", "-n", namespace.name, "--wait=false");
  });

  test("--keep leaves no Job that made no Pod, and says so", async () => {
    // Which executor it is, is asked of a Pod, once.
    await inCluster(place, buildArgs(namespace));
    const crowded = new Namespace();
    try {
      const metadata = { name: "none", namespace: crowded.name };
      apply({ apiVersion: "v1", kind: "ResourceQuota", metadata, spec: { hard: { pods: "0" } } });
      const failed = await inCluster(place, buildArgs(crowded, "--keep", "--pod-kind", "job", "--pod-start", "20"));
      expect(failed.status).toBe(3);
      expect(failed.stderr).toMatch(/the Job \S+ made no Pod: .*exceeded quota/);
      expect(failed.stderr).toMatch(/the Job \S+ is not left: it made no Pod to look at/);
      const look = /kubectl (get events .*)$/m.exec(failed.stderr)?.[1] as string;
      // As it is printed.
      expect(kubectl(...look.split(" "))).toContain("exceeded quota");
      expect(crowded.leftovers()).toEqual([]);
    } finally {
      crowded.remove();
    }
  });

  test.each([
    ["an executor's image that cannot be pulled", ["--executor", "127.0.0.1:5000/kaniko/none:1"]],
    ["no node that takes it", ["--node-selector", "planet=mars", "--pod-start", "3"]],
    [
      "a helper's image that cannot be pulled, of a Job",
      ["--helper-image", "127.0.0.1:5000/none:1", "--pod-kind", "job"],
    ],
  ])("--keep leaves a Pod that never starts, too: %s", async (_, more) => {
    const args = buildArgs(namespace, "--keep").filter(word => word !== "--helper-image" && word !== helperImage);
    const words = more.includes("--executor")
      ? args.filter(word => word !== "--executor" && word !== executorImage)
      : args;
    const failed = await inCluster(place, [...words, ...more]);
    expect(failed.status).toBe(3);
    const pod = /the Pod (\S+) was left/.exec(failed.stderr)?.[1] as string;
    const look = /kubectl (describe pod .*)/.exec(failed.stderr)?.[1] as string;
    expect(kubectl(...look.split(" "))).toContain(`Name:             ${pod}`);
    const remove = /remove it: kubectl (.*), or/.exec(failed.stderr)?.[1] as string;
    expect(namespace.leftovers()).not.toEqual([]);
    kubectl(...remove.split(" "));
    expect(namespace.leftovers()).toEqual([]);
  });

  const noDlv = existsSync(dlv) ? "" : `no ${dlv}`;
  test.skipIf(noDlv)(`--debug-port leads to dlv in the Pod${skipNote(noDlv)}`, async () => {
    pushDebugImage(place);
    const port = await freePort();
    const args = buildArgs(namespace, "--debug-port", String(port));
    args[args.indexOf("--executor") + 1] = debugImage;
    const child = place.start(args, { env: { KUBECONFIG: kubeconfig } });
    const end = ended(child);
    let said = "";
    await new Promise<void>((resolve, reject) => {
      child.stderr.on("data", text => {
        said += String(text);
        if (said.includes(`dlv connect 127.0.0.1:${port}`)) resolve();
      });
      void end.then(({ stderr }) => reject(new Error(stderr)));
    });
    expect(await askVersion(port)).toContain("DelveVersion");
    child.kill("SIGTERM");
    expect((await end).status).toBe(130);
    expect(namespace.leftovers()).toEqual([]);
  });

  test("an executor without dlv is told", async () => {
    const { status, stderr } = await inCluster(place, buildArgs(namespace, "--debug-port", String(await freePort())));
    expect(stderr).toContain("has no dlv in its PATH");
    expect(status).toBe(3);
    expect(namespace.leftovers()).toEqual([]);
  });
});

function pushDebugImage(place: Place): void {
  const root = place.path("debug");
  execFileSync("install", ["-D", executorFile("fork"), `${root}/kaniko/executor`]);
  execFileSync("install", ["-D", dlv, `${root}/usr/local/bin/dlv`]);
  const tar = execFileSync("tar", ["-C", root, "-c", "."], { maxBuffer: 1 << 28 });
  const changes = ['ENTRYPOINT ["/kaniko/executor"]', "ENV PATH=/usr/local/bin:/kaniko", "ENV HOME=/root"];
  const words = ["import", ...changes.flatMap(change => ["-c", change]), "-", debugImage];
  execFileSync("docker", words, { input: tar, stdio: "pipe" });
  docker("push", "--quiet", debugImage);
}

/** dlv may be a moment later than its container. */
async function askVersion(port: number): Promise<string> {
  for (;;) {
    const answer = await new Promise<string>(resolve => {
      const socket = connect(port, "127.0.0.1");
      socket.write('{"method":"RPCServer.GetVersion","params":[{}],"id":1}\n');
      socket.once("data", data => {
        resolve(String(data));
        socket.destroy();
      });
      socket.once("close", () => resolve("")).on("error", () => {});
    });
    if (answer !== "") return answer;
  }
}
