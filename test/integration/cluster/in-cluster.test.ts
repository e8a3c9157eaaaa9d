import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import { lockedRegistry, skipNote } from "../build/support.ts";
import {
  buildArgs,
  helperImage,
  inCluster,
  kubeconfig,
  kubectl,
  limitedUser,
  missing as missingCluster,
  Namespace,
  podBase,
  podRegistry,
} from "../kubernetes-driver/support.ts";
import { docker, type PartsDocument, Place, programs, statesOf } from "./support.ts";

const warmerImage = "127.0.0.1:5000/kaniko/warmer:test";
const warmerFile = join(programs, "warmer");
const missing = missingCluster || (existsSync(warmerFile) ? "" : `no warmer at ${warmerFile}`);

/** S4, in a cluster that is there: claims, secret, warmer, build, all gone again. */
describe.skipIf(missing)(`in a real cluster${skipNote(missing)}`, () => {
  let place: Place;
  let namespace: Namespace;
  const nodeFolder = () => place.path("node");
  const cluster = (...args: string[]) => inCluster(place, ["cluster", ...args, "--namespace", namespace.name]);

  beforeAll(async () => {
    place = await Place.create({
      Dockerfile: "ARG BASE\nFROM $BASE\nCOPY hello /hello\nRUN cat /hello >/copy\n",
      hello: "hello\n",
    });
    namespace = new Namespace();
    pushWarmer(place);
    await mkdir(place.path("node"));
  });
  afterAll(async () => {
    namespace.remove();
    await rm(place.root, { recursive: true });
  });

  test("up makes claims of folders of the node; again it changes nothing", async () => {
    const up = () => cluster("up", "current", "--node-folder", nodeFolder(), "--json");
    const made = await up();
    expect(made.stderr).toBe("");
    expect(statesOf(made.stdout)).toMatchObject({
      cluster: "there",
      "claim workspace": "made",
      "claim kaniko-base-images": "made",
      "claim kaniko-cache": "made",
    });
    expect(new Set(Object.values(statesOf((await up()).stdout)))).toEqual(new Set(["there"]));
  });

  test("a claim that is there says what it takes, whatever is asked for; another folder is refused", async () => {
    const told = await cluster("volumes");
    expect(told.stdout).toMatch(/there +claim kaniko-base-images +takes kaniko-lab-/);
    const elsewhere = ["current", "--node-folder", place.path("elsewhere")];
    const { status, stderr } = await cluster("up", ...elsewhere);
    expect(stderr).toContain(`is of ${nodeFolder()}/workspace, not ${place.path("elsewhere")}/workspace`);
    expect(stderr).toContain("cluster down current");
    expect(status).toBe(2);
    const looked = await cluster("status", ...elsewhere);
    expect(looked.stdout).toMatch(/missing +volume \S+-workspace +it is of/);
    expect(looked.status).toBe(1);
  });

  test("the secret is made of the logins in a file; nothing of them is shown", async () => {
    const file = place.path("login.json");
    const auth = Buffer.from("lab:lab").toString("base64");
    const host = podRegistry.replace(":5000", ":5001");
    await writeFile(file, JSON.stringify({ auths: { [host]: { auth } }, credsStore: "desktop", proxies: { a: 1 } }));
    const made = await cluster("secret", "--docker-config", file, "--json");
    expect(statesOf(made.stdout)).toEqual({ "secret regcred": "made" });
    expect(made.stdout + made.stderr).not.toContain(auth);
    const kept = kubectl(
      "get",
      "secret",
      "regcred",
      "-n",
      namespace.name,
      "-o",
      "jsonpath={.data.\\.dockerconfigjson}",
    );
    expect(JSON.parse(Buffer.from(kept, "base64").toString())).toEqual({ auths: { [host]: { auth } } });

    await writeFile(file, JSON.stringify({ auths: { other: { auth: "b3RoZXI6eA==" } } }));
    const changed = await cluster("secret", "--docker-config", file, "--json");
    expect(statesOf(changed.stdout)).toEqual({ "secret regcred": "changed" });
    await writeFile(file, JSON.stringify({ auths: { [host]: { auth } } }));
    await cluster("secret", "--docker-config", file);
  });

  test("somebody else's secret of that name stays as it is", async () => {
    kubectl("create", "secret", "generic", "theirs", "-n", namespace.name, "--from-literal=a=b");
    const file = place.path("login.json");
    const { status, stderr } = await cluster("secret", "--docker-config", file, "--secret-name", "theirs");
    expect(stderr).toContain("kaniko-lab did not make");
    expect(status).toBe(2);
  });

  test("the warmer fills the claim; what it could not fetch is told", async () => {
    const warm = (...images: string[]) =>
      cluster("warm", ...images, "--insecure-registry", podRegistry, "--warmer", warmerImage);
    const { status, stderr } = await warm(podBase);
    expect(stderr).not.toContain("error");
    expect(status).toBe(0);
    const names = await readdir(join(nodeFolder(), "base-images"));
    expect(names.filter(name => name.startsWith("sha256:"))).toHaveLength(1);

    const half = await warm(podBase, `${podRegistry}/base/no-such:1`);
    expect(half.stderr).toContain("1 of 2 images could not be fetched");
    expect(half.status).toBe(4);
    const none = await warm(`${podRegistry}/base/no-such:1`);
    expect(none.stderr).toContain("MANIFEST_UNKNOWN");
    expect(none.status).toBe(4);
    const secure = await cluster("warm", podBase, "--warmer", warmerImage);
    expect(secure.stderr).toContain("hint: the registry speaks plain HTTP: --insecure-registry");
    expect(namespace.leftovers()).toEqual([]);
  });

  test("without the claim the warmer is not run", async () => {
    const { status, stderr } = await cluster("warm", podBase, "--claim", "no-claim", "--warmer", warmerImage);
    expect(stderr).toContain("there is no claim no-claim");
    expect(stderr).toContain("kaniko-lab cluster volumes makes it");
    expect(status).toBe(1);
  });

  test("a build takes its base from the claim and pushes with the secret", async () => {
    const destination = `${podRegistry.replace(":5000", ":5001")}/cluster-test/${namespace.name}:1`;
    const { status, stdout, stderr } = await inCluster(
      place,
      buildArgs(
        namespace,
        ...["--base-claim", "kaniko-base-images", "--registry-secret", "regcred", "--json"],
        ...["--destination", destination, "--insecure-registry", destination.split("/")[0] as string],
      ),
    );
    expect(status, stderr).toBe(0);
    const { build } = JSON.parse(stdout) as { build: { id: string; manifest: string } };
    const log = execFileSync("cat", [join(place.cache, "builds", build.id, "executor.log")], { encoding: "utf8" });
    expect(log).toMatch(/Found sha256:\w+ in local cache/);
    const pushed = await fetch(`http://${lockedRegistry}/v2/cluster-test/${namespace.name}/manifests/1`, {
      headers: {
        authorization: `Basic ${Buffer.from("lab:lab").toString("base64")}`,
        accept: "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json",
      },
    });
    expect(pushed.headers.get("docker-content-digest")).toBe(build.manifest);
  });

  test("the Pod of k8s/ builds in an init container, as in the first lab", async () => {
    const text = await manifest("build-pod.yaml", place);
    execFileSync("kubectl", ["--kubeconfig", kubeconfig, "apply", "-n", namespace.name, "-f", "-"], { input: text });
    const ended = "--for=jsonpath={.status.phase}=Succeeded";
    kubectl("wait", "pod/kaniko-lab-build", "-n", namespace.name, ended, "--timeout=120s");
    const log = kubectl("logs", "kaniko-lab-build", "-n", namespace.name, "-c", "results");
    expect(log).toContain("index.json");
    expect(existsSync(place.path("node", "cache", "kaniko-lab-build", "image", "index.json"))).toBe(true);
  });

  test("a Pod of the warmed base image cache, as render writes it, reads the claim", async () => {
    const words = ["render", "context", "--as", "pod", "--base-claim", "kaniko-base-images", "--context-from", "pvc"];
    const to = ["--namespace", namespace.name, "--executor", "127.0.0.1:5000/kaniko/executor:local"];
    const more = ["--name", "warmed", "--helper-image", helperImage];
    await mkdir(place.path("node", "workspace"), { recursive: true });
    for (const name of ["Dockerfile", "hello"])
      await writeFile(place.path("node", "workspace", name), await readFile(place.path("context", name)));
    const base = ["--build-arg", `BASE=${podBase}`, "--insecure-registry", podRegistry];
    const pushed = ["--destination", `${podRegistry}/cluster-test/${namespace.name}:warmed`];
    const { status, stdout, stderr } = await inCluster(place, [...words, ...to, ...more, ...base, ...pushed]);
    expect(status, stderr).toBe(0);
    expect(stdout).toContain("--cache-dir=/base-images");
    execFileSync("kubectl", ["--kubeconfig", kubeconfig, "apply", "-f", "-"], { input: stdout });
    const ended = "--for=jsonpath={.status.phase}=Succeeded";
    kubectl("wait", "pod/kaniko-warmed", "-n", namespace.name, ended, "--timeout=120s");
    expect(kubectl("logs", "kaniko-warmed", "-c", "build", "-n", namespace.name)).toMatch(
      /Found sha256:\w+ in local cache/,
    );
    // The layer cache is in the claim that `up` made, as the manifest names it.
    expect((await readdir(place.path("node", "layer-cache"))).join(" ")).toContain("layers");
  });

  test("an account of one namespace without some rights: the rest is done, what is missing is named", async () => {
    const file = await limitedUser(place, namespace, "limited", [
      { verbs: ["get", "list", "delete"], resources: ["secrets"] },
      { verbs: ["get", "list"], resources: ["persistentvolumeclaims"] },
    ]);
    const asAccount = (...args: string[]) =>
      inCluster(place, ["cluster", ...args, "--namespace", namespace.name], file);
    const status = await asAccount("status", "current", "--node-folder", nodeFolder(), "--json");
    expect(statesOf(status.stdout)).toMatchObject({ "claim workspace": "there", "secret regcred": "there" });
    const { parts } = JSON.parse(status.stdout) as PartsDocument;
    expect(parts).toContainEqual({
      kind: "volume",
      name: `volume kaniko-lab-${namespace.name}-workspace`,
      state: "unseen",
      detail: "not looked at: this account may not get persistentvolumes",
    });
    expect(status.status).toBe(0);

    // Volumes are for others to make; all else is there.
    const up = await asAccount("up", "current", "--node-folder", nodeFolder());
    expect(up.stdout).toMatch(
      /unseen +volume \S+-workspace +not looked at: this account may not get persistentvolumes/,
    );
    expect(up.stdout).toMatch(/there +claim workspace /);
    expect(up.stderr).toContain("is for another one; until a volume is there, its claim waits");
    expect(up.status).toBe(0);

    const down = await asAccount("down", "current", "--json");
    const after = (JSON.parse(down.stdout) as PartsDocument).parts;
    const claims = "this account may not delete persistentvolumeclaims";
    expect(after).toContainEqual({ kind: "secret", name: "secret regcred", state: "removed", detail: "" });
    expect(after).toContainEqual({ kind: "claim", name: "claim workspace", state: "denied", detail: claims });
    const unlisted = "not looked at: this account may not list configmaps";
    expect(after).toContainEqual({ kind: "config-map", name: "config maps", state: "unseen", detail: unlisted });
    expect(down.status).toBe(1);

    const nothing = await limitedUser(place, namespace, "nothing", []);
    for (const what of ["status", "down"]) {
      const words = ["cluster", what, "current", "--namespace", namespace.name];
      const { status, stderr } = await inCluster(place, words, nothing);
      expect([status, stderr]).toEqual([3, expect.stringContaining("not allowed in the cluster")]);
    }
  });

  test("down removes what up and secret made, and nothing else", async () => {
    const { status, stdout } = await cluster("down", "current", "--json");
    expect(status).toBe(0);
    const { parts } = JSON.parse(stdout) as PartsDocument;
    const inUse = parts.find(({ name }) => name === "claim kaniko-base-images");
    expect(inUse?.detail).toBe("gone once nothing uses it: kubectl delete pod kaniko-warmed");
    kubectl("delete", "pod", "kaniko-warmed", "-n", namespace.name);
    kubectl("wait", "--for=delete", "pvc/workspace", "pvc/kaniko-base-images", "-n", namespace.name, "--timeout=30s");
    expect(new Set(Object.values(statesOf(stdout)))).toEqual(new Set(["removed"]));
    const left = kubectl("get", "secret,pvc", "-n", namespace.name, "-o", "name");
    expect(left.trim().split("\n")).toEqual(["secret/theirs"]);
    expect(kubectl("get", "pv", "-o", "name")).not.toContain(namespace.name);
    expect((await cluster("down", "current")).stderr).toContain("nothing to do");
    const looked = await cluster("status", "current", "--node-folder", nodeFolder(), "--json");
    expect(statesOf(looked.stdout)).toMatchObject({ cluster: "there", "claim workspace": "missing" });
    expect(looked.status).toBe(1);
  });
});

function pushWarmer(place: Place): void {
  const tar = execFileSync("tar", ["-cP", "--transform", "s,.*/warmer,kaniko/warmer,", warmerFile], {
    cwd: place.root,
    maxBuffer: 1 << 28,
  });
  const changes = ['ENTRYPOINT ["/kaniko/warmer"]', "ENV PATH=/kaniko", "ENV DOCKER_CONFIG=/kaniko/.docker/"];
  const words = ["import", ...changes.flatMap(change => ["-c", change]), "-", warmerImage];
  execFileSync("docker", words, { input: tar, stdio: "pipe" });
  docker("push", "--quiet", warmerImage);
}

/** A manifest of k8s/ with this machine's images and folders. */
async function manifest(name: string, place: Place): Promise<string> {
  const text = await readFile(join(import.meta.dirname, "../../../k8s", name), "utf8");
  const shown = text
    .replaceAll("ghcr.io/osscontainertools/kaniko:latest", "127.0.0.1:5000/kaniko/executor:local")
    .replaceAll("busybox:1.37", "127.0.0.1:5000/base/busybox:1")
    .replaceAll("/kaniko-lab/workspace", place.path("context"))
    .replaceAll("/kaniko-lab/cache", place.path("node", "cache"));
  const [document] = parseAllDocuments(shown);
  const pod = document?.toJS() as { spec: { initContainers: { args: string[] }[] } };
  pod.spec.initContainers[0]?.args.push(`--build-arg=BASE=${podBase}`, `--insecure-registry=${podRegistry}`);
  return stringify(pod);
}
