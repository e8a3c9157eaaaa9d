import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ofFixture, own, textOf } from "../../unit/render/rendering.ts";
import { answersWithLogin, lockedRegistry, manifestTypes, registry, sh, skipNote } from "../build/support.ts";
import {
  apply,
  executorImage,
  helperImage,
  inCluster,
  kubeconfig,
  kubectl,
  Namespace,
  Place,
  podBase,
  podRegistry,
  volume,
} from "../kubernetes-driver/support.ts";
import { asking, cached, everything } from "../render/everything.ts";
import {
  atOnce,
  buildsOf,
  Controller,
  Definitions,
  digestOf,
  logOf,
  madeName,
  missingArgo,
  runHeader,
  type Workflow,
  workflow,
  workflowExecutorImage,
  writeLogin,
} from "./argo-support.ts";
import { freePort, programs } from "./support.ts";

// What `render --as argo` writes, run by Argo's own controller: prepared and started by the lines at the file's top.

const lockedForPods = podRegistry.replace(/:\d+$/, `:${lockedRegistry.split(":")[1]}`);
const noLocked = (await answersWithLogin(lockedForPods)) ? "" : `no registry with a password at ${lockedForPods}`;
const objectStore = join(programs, "versitygw");
const noStore = existsSync(objectStore) ? "" : "no versitygw in ~/.cache/kaniko-lab-test";

const chainFile = join(import.meta.dirname, "../../fixtures/ci/argo-build-chain.yaml");
const insecure = ["--insecure-registry", podRegistry, "--insecure-registry", lockedForPods];
const login = `Basic ${Buffer.from("lab:lab").toString("base64")}`;

// The controller asks an API server over an old etcd again and again, at longer and longer intervals, instead of watching.
describe.skipIf(missingArgo !== "")(`Argo's controller${skipNote(missingArgo)}`, { timeout: 300_000 }, () => {
  let definitions: Definitions;
  let argoExecutor: string;
  const namespaces: Namespace[] = [];
  beforeAll(async () => {
    definitions = new Definitions();
    argoExecutor = await workflowExecutorImage();
  }, 300_000);
  afterAll(() => definitions?.remove(namespaces));

  let place: Place;
  let namespace: Namespace;
  let controller: Controller | null = null;
  /** What the namespace does not take with it. */
  const undos: (() => void)[] = [];
  beforeEach(async () => {
    place = await Place.create();
    namespace = new Namespace();
    namespaces.push(namespace);
  });
  afterEach(async () => {
    await controller?.stop();
    controller = null;
    // Of a controller that is gone nobody would take its mark off them.
    spawnSync("kubectl", ["--kubeconfig", kubeconfig, "delete", "workflows", "--all", "-n", namespace.name]);
    namespace.remove();
    for (const undo of undos.splice(0)) undo();
    await place.remove();
  });

  async function text(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await inCluster(place, args);
    if (status !== 0) throw new Error(`kaniko-lab ${args.join(" ")} ended with ${status}: ${stderr}`);
    return stdout;
  }

  /** Written to `name`, and what stands in it. */
  async function rendered(name: string, ...args: string[]): Promise<string> {
    await text("render", ...args, "--as", "argo", "--executor", executorImage, ...insecure, "-o", name);
    return readFileSync(place.path(name), "utf8");
  }

  async function claimed(name: string): Promise<string> {
    const folder = place.path(name);
    await mkdir(folder);
    volume(namespace, name, folder);
    undos.push(() => kubectl("delete", "pv", `${name}-${namespace.name}`, "--wait=false"));
    return folder;
  }

  /** For a claim that the file makes. */
  function volumeFor(claimed: string): void {
    apply({
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: `${claimed}-${namespace.name}` },
      spec: {
        accessModes: ["ReadWriteOnce"],
        capacity: { storage: "10Gi" },
        hostPath: { path: place.path(claimed), type: "DirectoryOrCreate" },
        claimRef: { namespace: namespace.name, name: claimed },
        persistentVolumeReclaimPolicy: "Retain",
      },
    });
    undos.push(() => kubectl("delete", "pv", `${claimed}-${namespace.name}`, "--wait=false"));
  }

  async function sent(...args: string[]): Promise<string> {
    return text("send", "context", ...args, "--namespace", namespace.name, "--helper-image", helperImage);
  }

  /** As it is when it has ended. */
  async function end(name: string): Promise<Workflow> {
    await expect
      .poll(() => workflow(namespace, name).status?.phase ?? "Pending", {
        timeout: 240_000,
        interval: 1000,
        message: `${name} ends`,
      })
      .not.toMatch(/Pending|Running/);
    return workflow(namespace, name);
  }

  describe("its schema takes", () => {
    function expectAccepted(text: string): void {
      const words = ["create", "--dry-run=server", "--validate=strict", "-n", namespace.name, "-f", "-"];
      const shown = spawnSync("kubectl", ["--kubeconfig", kubeconfig, ...words], { encoding: "utf8", input: text });
      expect(shown.stderr).toBe("");
      expect(shown.stdout).toMatch(/^\w+\.argoproj\.io\/\S+ created \(server dry run\)$/m);
    }

    test("a template with everything, those of CI files, and that of k8s/", () => {
      expectAccepted(textOf(own(everything), "argo", asking));
      expectAccepted(textOf(own([...cached, "--no-push"]), "argo"));
      expectAccepted(textOf(ofFixture("knative-builds.yaml", { job: "hello-function" }), "argo"));
      expectAccepted(textOf(ofFixture("argo-build-chain.yaml", { template: "kaniko-build" }), "argo"));
      expectAccepted(readFileSync(join(import.meta.dirname, "../../../k8s/argo-build.yaml"), "utf8"));
    });

    test("contexts from wherever they come", async () => {
      await place.write({
        "base/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n",
        "tools/lint.Dockerfile": "FROM registry.example/team/base:1\nARG API_TOKEN\nRUN true\n",
        "tools/kaniko-lab.yaml": "buildArgs: { API_TOKEN: hunter2hunter2 }\n",
      });
      for (const from of ["pvc:files", "host", "git:github.com/me/app", "s3://bucket/all.tar.gz", "artifact"]) {
        const to = ["--destination", "registry.example/team/{name}:1", "--namespace", namespace.name];
        expectAccepted(await rendered("all.yaml", "context", "--all", "--context-from", from, ...to));
      }
    });
  });

  describe.skipIf(noLocked !== "")(`many contexts${skipNote(noLocked)}`, () => {
    test("after their bases, two at a time, the others going on when one fails", async () => {
      const team = `${lockedForPods}/argo-${process.pid}-${Date.now()}`;
      await place.write({
        "base/Dockerfile": `FROM ${podBase}\nRUN echo base > /base\n`,
        "api/dockerfile": `FROM ${team}/base:1\nRUN cat /base > /api\n`,
        "bad/Dockerfile": `FROM ${podBase}\nRUN echo sorry; exit 3\n`,
        // No other waits for this one: its failure is the Workflow's, not theirs.
        "lint/Dockerfile": `FROM ${podBase}\nCOPY nowhere /\n`,
        "tools/after.Dockerfile": `FROM ${team}/bad:1\nRUN true\n`,
        "web/Dockerfile": `FROM ${podBase}\nARG API_TOKEN\nRUN test "$API_TOKEN" = hunter2hunter2\nCOPY . /web\n`,
        "web/kaniko-lab.yaml": "buildArgs: { API_TOKEN: hunter2hunter2 }\n",
      });
      await writeLogin(place, lockedForPods);
      await claimed("files");
      const layers = await claimed("layers");
      await sent("--claim", "files", "--to", "images");
      const file = await rendered(
        "all.yaml",
        ...["context", "--all", "--jobs", "2", "--namespace", namespace.name, "--destination", `${team}/{name}:1`],
        ...["--context-from", "pvc:files", "--context-path", "images", "--cache-volume", "pvc:layers"],
        ...["--registry-secret", "harbor", "--pod-label", "team=red", "--pod-deadline", "600"],
        ...["--node-selector", "kubernetes.io/os=linux", "--toleration", "dedicated=builds:NoSchedule"],
        ...["--pod-request", "cpu=10m", "--pod-limit", "memory=1Gi"],
      );
      expect(file).toContain("send FOLDER --claim files --to images");
      runHeader(place, file, "kubectl create secret", { "API_TOKEN=…": "API_TOKEN=hunter2hunter2" });
      runHeader(place, file, "kubectl create role", {});
      const name = madeName(runHeader(place, file, "kubectl create -f", { FILE: "all.yaml" }));
      controller = new Controller(place, namespace, argoExecutor);
      const ended = await end(name);
      const builds = buildsOf(ended);
      const phases = Object.fromEntries([...builds].map(([build, { phase }]) => [build, phase]));
      expect(phases, logOf(place)).toEqual({
        ...{ base: "Succeeded", api: "Succeeded", web: "Succeeded" },
        ...{ bad: "Failed", lint: "Failed", "tools-after": "Omitted" },
      });
      expect(ended.status?.phase).toBe("Failed");
      expect(builds.get("bad")?.message).toContain("exit code 3");
      expect(builds.get("api")?.startedAt).toSatisfy((at: string) => at >= (builds.get("base")?.finishedAt ?? "z"));
      expect(atOnce(builds.values())).toBe(2);
      const repository = team.slice(lockedForPods.length + 1);
      for (const image of ["base", "api", "web", "bad", "lint", "tools-after"]) {
        const answer = await fetch(`http://${lockedForPods}/v2/${repository}/${image}/manifests/1`, {
          method: "HEAD",
          headers: { accept: manifestTypes, authorization: login },
        });
        expect(answer.status, image).toBe(phases[image] === "Succeeded" ? 200 : 404);
        expect(answer.headers.get("docker-content-digest") ?? undefined).toBe(digestOf(builds.get(image)));
      }
      expect(readdirSync(layers).filter(entry => entry.startsWith("layers:"))).not.toEqual([]);
      const pods = kubectl("get", "pods", "-n", namespace.name, "-l", "team=red", "-o", "json");
      const { items } = JSON.parse(pods) as { items: { spec: object }[] };
      expect(items).toHaveLength(5);
      for (const { spec } of items)
        expect(spec).toMatchObject({
          nodeSelector: { "kubernetes.io/os": "linux" },
          tolerations: expect.arrayContaining([expect.objectContaining({ key: "dedicated", value: "builds" })]),
          activeDeadlineSeconds: 600,
          topologySpreadConstraints: [expect.objectContaining({ topologyKey: "kubernetes.io/hostname" })],
          containers: expect.arrayContaining([
            expect.objectContaining({
              name: "main",
              resources: expect.objectContaining({ limits: { memory: "1Gi" } }),
            }),
          ]),
        });
      expect(file + JSON.stringify(ended) + pods).not.toContain("hunter2");
    });
  });

  test("one build, with the values of its kaniko-lab.yaml and with others", async () => {
    const destination = `${podRegistry}/argo-${process.pid}-${Date.now()}/one`;
    await place.write({
      Dockerfile: `FROM ${podBase}\nARG WORD\nRUN printf %s "$WORD" > /word\n`,
      "kaniko-lab.yaml": `buildArgs: { WORD: "$(HOME) $$ {x} 'é'" }\ndestinations: ["${destination}:1"]\n`,
    });
    await claimed("workspace");
    await sent("--claim", "workspace");
    const file = await rendered("one.yaml", "context", "--namespace", namespace.name);
    runHeader(place, file, "kubectl create role", {});
    kubectl("apply", "-f", place.path("one.yaml"));
    volumeFor("kaniko-cache");
    const asItIs = madeName(runHeader(place, file, "echo ", {}));
    const other = madeName(
      runHeader(place, file, "echo ", {
        '"kaniko-context"}}': `"kaniko-context"},${JSON.stringify({
          arguments: {
            parameters: [
              { name: "WORD", value: "other" },
              { name: "destination", value: `${destination}:2` },
            ],
          },
        }).slice(1)}`,
      }),
    );
    controller = new Controller(place, namespace, argoExecutor);
    for (const [name, tag, word] of [
      [asItIs, "1", "$(HOME) $$ {x} 'é'"],
      [other, "2", "other"],
    ] as const) {
      const ended = await end(name);
      expect(ended.status, logOf(place)).toMatchObject({ phase: "Succeeded" });
      const image = destination.replace(podRegistry, `docker://${registry}`);
      expect(await place.text("cat", `${image}:${tag}`, "/word")).toBe(word);
    }
  });

  describe.skipIf(noStore !== "")(`with an object store${skipNote(noStore)}`, () => {
    /** @returns its port. */
    async function serveBucket(bucket: string): Promise<number> {
      const port = await freePort();
      await mkdir(place.path("buckets", bucket), { recursive: true });
      const store = spawn(objectStore, ["--port", `:${port}`, "posix", place.path("buckets")], {
        stdio: "ignore",
        env: { ...process.env, ROOT_ACCESS_KEY: "lab", ROOT_SECRET_KEY: "lablablab" },
      });
      undos.push(() => void store.kill());
      const answers = () =>
        fetch(`http://127.0.0.1:${port}/`).then(
          ({ status }) => status > 0,
          () => false,
        );
      await expect.poll(answers, { timeout: 30_000 }).toBe(true);
      const literals = ["--from-literal=key=lab", "--from-literal=secret=lablablab"];
      kubectl("create", "secret", "generic", "store", "-n", namespace.name, ...literals);
      return port;
    }

    test("a chain's template: the repository comes as an artifact, the image goes as one", async () => {
      const port = await serveBucket("artifacts");
      const workload = `argo-${process.pid}-${Date.now()}`;
      await place.write({
        "services/api/Dockerfile": "FROM base/busybox:1\nRUN echo api > /api\nCOPY main /main\n",
        "services/api/main": "main\n",
      });
      const file = await rendered(
        "chain.yaml",
        ...[chainFile, "--template", "kaniko-build", "--name", workload],
        ...["--param", `registry=${podRegistry}`, "--param", `registry-mirror=${podRegistry}`],
      );
      runHeader(place, file, "tar -C", { ABOVE: ".", FOLDER: "context", FILE: "buckets/artifacts/workload" });
      const here = { NAMESPACE: namespace.name, "kubectl create": `kubectl create -n ${namespace.name}` };
      runHeader(place, file, "kubectl create role", here);
      kubectl("apply", "-f", place.path("chain.yaml"));
      undos.push(() => kubectl("delete", "clusterworkflowtemplate", `kaniko-${workload}`));
      const name = madeName(
        runHeader(place, file, "echo ", {
          ...here,
          '"workload","value":"…"': `"workload","value":"${workload}"`,
          '"service","value":"…"': '"service","value":"api"},{"name":"context","value":"services/api"',
          KEY: "workload.tgz",
        }),
      );
      const s3 = {
        ...{ endpoint: podRegistry.replace(/\d+$/, String(port)), insecure: true, bucket: "artifacts" },
        ...{ accessKeySecret: { name: "store", key: "key" }, secretKeySecret: { name: "store", key: "secret" } },
      };
      controller = new Controller(place, namespace, argoExecutor, { artifactRepository: { s3 } });
      const ended = await end(name);
      expect(ended.status, logOf(place)).toMatchObject({ phase: "Succeeded" });
      const [build] = buildsOf(ended).values();
      expect(digestOf(build)).toMatch(/^sha256:[0-9a-f]{64}$/);
      const stored = readdirSync(place.path("buckets"), { recursive: true, encoding: "utf8" });
      const image = stored.find(path => path.endsWith("/image.tgz"));
      // Argo packs every artifact once more.
      sh("tar", "-xzf", place.path("buckets", String(image)), "-C", place.root);
      expect(await place.text("cat", place.path("image.tar"), "/main")).toBe("main\n");
      const cached = await fetch(`http://${registry}/v2/kaniko-cache/${workload}-api/tags/list`);
      expect(((await cached.json()) as { tags: string[] }).tags.length).toBeGreaterThan(0);
    });
  });
});
