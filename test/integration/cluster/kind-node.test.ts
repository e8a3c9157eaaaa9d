import { execFileSync, spawnSync } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BuildDocument, busybox, skipNote } from "../build/support.ts";
import { executorImage } from "../kubernetes-driver/support.ts";
import { docker, freePort, missingKind, nodeImage, Place, programs, registryImage, statesOf } from "./support.ts";

const missing = missingKind || whyNoNode();

function whyNoNode(): string {
  if (nodeImage === null) return "the engine has no image kindest/node";
  for (const image of [busybox, executorImage])
    if (spawnSync("docker", ["image", "inspect", image]).status !== 0) return `the engine has no ${image}`;
  return "";
}

/** S1 and S4 with kind: the cluster is made, used in every way, started again, removed. */
describe.skipIf(missing)(`a node of kind${skipNote(missing)}`, () => {
  const cluster = `lab-node-${process.pid}`;
  const node = `${cluster}-control-plane`;
  const inPods = "kind-registry:5000";
  let place: Place;
  let port: number;
  let ofDocker: string | null;
  const run = (...args: string[]) =>
    place.run(args, {
      env: { PATH: `${programs}:${process.env.PATH}`, KUBECONFIG: place.path("kubeconfig") },
      cwd: place.root,
    });
  const up = () =>
    run(
      ...["cluster", "up", "kind", "--name", cluster, "--workspace", "context", "--node-image", nodeImage ?? ""],
      ...["--registry-port", String(port), "--registry-image", registryImage(), "--json"],
    );
  const kubectl = (...args: string[]) =>
    execFileSync("kubectl", ["--kubeconfig", place.path("kubeconfig"), ...args], { encoding: "utf8", stdio: "pipe" });
  const pushed = (image: string) => `localhost:${port}/${image.slice(image.indexOf("/") + 1)}`;

  const ofBase = ["--build-arg", `BASE=${inPods}/base/busybox:1`, "--insecure-registry", inPods];
  const inNode = () => [
    ...["--driver", "kubernetes", "--kube-context", `kind-${cluster}`],
    ...["--executor", pushed(executorImage), "--helper-image", pushed(busybox)],
  ];
  /** Without times in its layers, an image is the same wherever it is built. */
  const built = async (...args: string[]) => {
    const words = ["build", "context", ...ofBase, "--cache", "off", "--json", ...args, "--", "--reproducible"];
    const { status, stdout, stderr } = await run(...words);
    expect(status, stderr).toBe(0);
    return (JSON.parse(stdout) as BuildDocument).build.manifest;
  };
  const inPod = (...args: string[]) => built(...inNode(), ...args);

  beforeAll(async () => {
    place = await Place.create({
      Dockerfile: "ARG BASE\nFROM $BASE AS one\nRUN echo 1 >/one\nFROM $BASE\nCOPY --from=one /one /\nCOPY two /\n",
      two: "2\n",
    });
    port = await freePort();
  });
  afterAll(async () => {
    await run("cluster", "down", "kind", "--name", cluster);
    spawnSync("docker", ["rm", "--force", "--volumes", "kind-registry", "bystander"]);
    // What Pods wrote into the folders belongs to root, as this test does.
    await rm(place.root, { recursive: true });
  });

  test("up makes all of it, and again changes nothing", { timeout: 400_000 }, async () => {
    const made = await up();
    expect(made.status, made.stderr).toBe(0);
    expect(statesOf(made.stdout)).toEqual({
      registry: "made",
      cluster: "made",
      "registry's network": "made",
      [`registry of ${node}`]: "made",
      "config map local-registry-hosting": "made",
      "volume kaniko-lab-workspace": "made",
      "claim workspace": "made",
      "volume kaniko-lab-kaniko-base-images": "made",
      "claim kaniko-base-images": "made",
      "volume kaniko-lab-kaniko-cache": "made",
      "claim kaniko-cache": "made",
    });
    expect(new Set(Object.values(statesOf((await up()).stdout)))).toEqual(new Set(["there"]));
    const looked = await run("cluster", "status", "kind", "--name", cluster, "--json");
    expect(looked.status).toBe(0);
    expect(statesOf(looked.stdout)).toMatchObject({ cluster: "there", "mount /kaniko-lab/cache": "there" });
  });

  test("the node pulls what was pushed to localhost", () => {
    for (const image of [busybox, executorImage]) {
      docker("tag", image, pushed(image));
      docker("push", "--quiet", pushed(image));
      docker("image", "rm", pushed(image));
    }
    kubectl("run", "pulled", `--image=${pushed(busybox)}`, "--restart=Never", "--", "true");
    kubectl("wait", "pod/pulled", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=90s");
  });

  test("a build by Docker, to compare with", async () => {
    ofDocker = await built(
      ...["--driver", "docker", "--executor", executorImage, "--build-arg", `BASE=${pushed(busybox)}`],
    );
    expect(ofDocker).toMatch(/^sha256:/);
  });

  test.each([
    ["exec", "exec"],
    ["stdin", "exec"],
    ["host-path", "exec"],
    ["host-path", "host-path"],
    ["exec", "host-path"],
    ["exec", "registry"],
  ])("context by %s, results by %s: the same image", async (context, results) => {
    const folders = ["context=/kaniko-lab/workspace", "cache=/kaniko-lab/cache"];
    const uses = [context, results].includes("host-path");
    const manifest = await inPod(
      ...["--context-transport", context, "--result-transport", results],
      ...(uses ? folders.flatMap(folder => ["--host-path", folder]) : []),
      ...(results === "registry" ? ["--destination", `${inPods}/kind-node/pushed:1`] : []),
    );
    expect(manifest).toBe(ofDocker);
  });

  test("files on their way in a claim, which has to be one that can be written", async () => {
    expect(await inPod("--claim", "kaniko-base-images")).toBe(ofDocker);
    const { status, stderr } = await run("build", "context", ...ofBase, ...inNode(), "--claim", "workspace");
    expect(stderr).toContain("the claim cannot be written");
    expect(status).toBe(3);
  });

  test("what localhost means is told when a push to it fails", async () => {
    const lost = `localhost:${port}/kind-node/lost:1`;
    const { status, stderr } = await run("build", "context", ...ofBase, ...inNode(), "--destination", lost);
    expect(stderr).toContain(inPods);
    expect(stderr).toContain("push to the name that Pods know");
    expect(status).toBe(4);
  });

  test("a node and a registry that were stopped are started again, and waited for", async () => {
    docker("stop", node, "kind-registry");
    const stopped = await run("cluster", "status", "kind", "--name", cluster, "--json");
    expect(stopped.status).toBe(1);
    expect(statesOf(stopped.stdout)).toEqual({ registry: "missing", cluster: "missing" });
    const again = await up();
    expect(again.status, again.stderr).toBe(0);
    expect(statesOf(again.stdout)).toMatchObject({
      registry: "changed",
      cluster: "changed",
      "claim workspace": "there",
    });
    expect(await inPod()).toBe(ofDocker);
  });

  test("down leaves what others made, and the folders", async () => {
    docker("run", "--detach", "--name", "bystander", "--network", "kind", busybox, "sleep", "100000");
    const { status, stdout } = await run("cluster", "down", "kind", "--name", cluster, "--json");
    expect(status).toBe(0);
    expect(statesOf(stdout)).toEqual({ cluster: "removed", registry: "removed" });
    const names = docker("ps", "-a", "--format", "{{.Names}}").split("\n");
    expect(names).toContain("bystander");
    expect(names).not.toContain(node);
    expect(names).not.toContain("kind-registry");
    expect(await readdir(place.path("cache"))).toContain("builds");
    expect(await readdir(place.path("context"))).toContain("Dockerfile");
  });
});
