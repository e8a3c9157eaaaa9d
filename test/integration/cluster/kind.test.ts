import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skipNote } from "../build/support.ts";
import { kubeconfig, kubectl, missing as missingCluster, Namespace } from "../kubernetes-driver/support.ts";
import {
  configFor,
  docker,
  freePort,
  missingKind,
  Place,
  programs,
  registryImage,
  StandInNode,
  statesOf,
} from "./support.ts";

const withKind = { PATH: `${programs}:${process.env.PATH}` };

describe.skipIf(missingKind)(`kind's own program${skipNote(missingKind)}`, () => {
  let place: Place;
  beforeAll(async () => {
    place = await Place.create({ Dockerfile: "FROM scratch\n" });
  });
  afterAll(() => rm(place.root, { recursive: true }));

  test("takes the config, and where its node's image cannot be pulled nothing is left", async () => {
    const port = await freePort();
    const { status, stdout, stderr } = await place.run(
      [
        ...["cluster", "up", "kind", "--name", `lab-refused-${process.pid}`, "--workspace", "context"],
        ...["--registry-port", String(port), "--registry-image", registryImage()],
        ...["--node-image", "127.0.0.1:5000/kaniko-lab-test/no-node:1"],
      ],
      { env: withKind },
    );
    expect(stderr).toMatch(/failed to pull image.*no-node:1/);
    expect(stderr).toContain("hint: the node's image has to be pulled");
    expect(status).toBe(3);
    expect(stdout).toMatch(/removed +registry/);
    expect(docker("ps", "-a", "--format", "{{.Names}}").split("\n")).not.toContain("kind-registry");
  });

  test("a port that is none is refused before anything is made", async () => {
    const { status, stderr } = await place.run(
      ["cluster", "up", "kind", "--name", "lab", "--workspace", "context", "--registry-port", "99999"],
      { env: withKind },
    );
    expect(stderr).toContain("99999 is no port");
    expect(status).toBe(2);
  });
});

test("without kind the files and commands are shown, and what to install", async () => {
  const place = await Place.create({ Dockerfile: "FROM scratch\n" });
  try {
    const empty = { PATH: "/nowhere", NODE_OPTIONS: "" };
    // The program itself needs no PATH.
    const args = ["cluster", "up", "kind", "--workspace", "context", "--json"];
    const { status, stdout, stderr } = await place.run(args, { env: empty });
    expect(status).toBe(3);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "engine-unavailable" } });
    const guide = JSON.parse(stdout) as { missing: string[]; files: { name: string; text: string }[]; up: string[] };
    expect(guide.missing).toContain("kind");
    expect(guide.files.map(({ name }) => name)).toEqual(["kind-cluster.yaml", "local-registry.yaml", "volumes.yaml"]);
    expect(guide.files[0]?.text).toContain(`hostPath: ${place.path("context")}`);
    expect(guide.up.join("\n")).toContain("kind create cluster --name kaniko-lab --config kind-cluster.yaml");
  } finally {
    await rm(place.root, { recursive: true });
  }
});

const missing = missingKind || missingCluster;

describe.skipIf(missing)(`behind kind, with a container for its node${skipNote(missing)}`, () => {
  let place: Place;
  let node: StandInNode;
  let namespace: Namespace;
  let port: number;
  let config: string;
  const kind = (...args: string[]) =>
    place.run(["cluster", ...args], { env: { ...withKind, KUBECONFIG: config }, cwd: place.root });
  const up = () =>
    kind(
      ...["up", "kind", "--name", node.cluster, "--namespace", namespace.name, "--workspace", "context"],
      ...["--registry-port", String(port), "--registry-image", "kaniko-lab-test/registry:2", "--json"],
    );

  beforeAll(async () => {
    place = await Place.create({ Dockerfile: "FROM scratch\n" });
    await mkdir(join(place.cache, "base-images"), { recursive: true });
    registryImage();
    node = new StandInNode({
      [place.path("context")]: "/kaniko-lab/workspace",
      [place.cache]: "/kaniko-lab/cache",
      [join(place.cache, "base-images")]: "/kaniko-lab/base-images",
    });
    namespace = new Namespace();
    port = await freePort();
    config = await configFor(place, node.cluster);
  });
  afterAll(async () => {
    node.remove();
    kubectl("delete", "configmap", "local-registry-hosting", "-n", "kube-public", "--ignore-not-found");
    kubectl("delete", "pv", "-l", "app.kubernetes.io/managed-by=kaniko-lab-cluster", "--wait=false");
    namespace.remove();
    await rm(place.root, { recursive: true });
  });

  test("the registry, the node's hosts.toml, the config map and the claims are made", async () => {
    const { status, stdout, stderr } = await up();
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(statesOf(stdout)).toMatchObject({
      cluster: "there",
      registry: "made",
      "registry's network": "made",
      [`registry of ${node.container}`]: "made",
      "config map local-registry-hosting": "made",
      "claim workspace": "made",
      "claim kaniko-base-images": "made",
    });
    expect(node.read(`/etc/containerd/certs.d/localhost:${port}/hosts.toml`)).toBe(
      '[host."http://kind-registry:5000"]',
    );
    expect(docker("exec", node.container, "wget", "-qO-", "http://kind-registry:5000/v2/")).toBe("{}");
    const map = kubectl("get", "configmap", "local-registry-hosting", "-n", "kube-public", "-o", "yaml");
    expect(map).toContain(`host: "localhost:${port}"`);
  });

  test("a second run changes nothing", async () => {
    const { status, stdout } = await up();
    expect(status).toBe(0);
    expect(new Set(Object.values(statesOf(stdout)))).toEqual(new Set(["there"]));
    const looked = await kind("status", "kind", "--name", node.cluster, "--namespace", namespace.name, "--json");
    expect(looked.status).toBe(0);
    expect(statesOf(looked.stdout)).toMatchObject({
      cluster: "there",
      "mount /kaniko-lab/workspace": "there",
      "claim workspace": "there",
    });
  });

  const registries = join(dirname(kubeconfig), "certs.d");
  const noRegistries = existsSync(registries) ? "" : `no ${registries}`;
  test.skipIf(noRegistries)(
    `the kubelet pulls what was pushed to localhost, by such a hosts.toml${skipNote(noRegistries)}`,
    async () => {
      const image = `localhost:${port}/pushed/busybox:1`;
      docker("tag", "127.0.0.1:5000/base/busybox:1", image);
      docker("push", "--quiet", image);
      const folder = join(registries, `localhost:${port}`);
      const ofNode = node.read(`/etc/containerd/certs.d/localhost:${port}/hosts.toml`);
      await mkdir(folder, { recursive: true });
      try {
        // On this machine's one node the registry has another address than in kind's network.
        await writeFile(join(folder, "hosts.toml"), ofNode.replace("kind-registry:5000", `127.0.0.1:${port}`));
        kubectl("run", "pulled", "-n", namespace.name, `--image=${image}`, "--restart=Never", "--", "true");
        kubectl(
          "wait",
          "pod/pulled",
          "-n",
          namespace.name,
          "--for=jsonpath={.status.phase}=Succeeded",
          "--timeout=90s",
        );
      } finally {
        await rm(folder, { recursive: true });
        docker("image", "rm", image);
      }
    },
  );

  test("mounts of another folder are refused: they are fixed", async () => {
    const args = ["up", "kind", "--name", node.cluster, "--workspace", ".", "--registry-port", String(port)];
    const { status, stderr } = await kind(...args);
    expect(stderr).toContain(`has ${place.path("context")} at /kaniko-lab/workspace, not ${place.root}`);
    expect(status).toBe(2);
  });

  test("down removes the cluster and the registry, with kind's own program", async () => {
    const { status, stdout } = await kind("down", "kind", "--name", node.cluster, "--json");
    expect(status).toBe(0);
    expect(statesOf(stdout)).toEqual({ cluster: "removed", registry: "removed" });
    const names = docker("ps", "-a", "--format", "{{.Names}}").split("\n");
    expect(names).not.toContain(node.container);
    expect(names).not.toContain("kind-registry");
    const again = await kind("down", "kind", "--name", node.cluster);
    expect(again.stderr).toContain("nothing to do");
  });
});
