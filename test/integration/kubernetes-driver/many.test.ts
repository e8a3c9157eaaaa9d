import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answersWithLogin, type Ended, ended, lockedRegistry, skipNote } from "../build/support.ts";
import {
  apply,
  buildArgs,
  inCluster,
  kubeconfig,
  kubectl,
  missing,
  Namespace,
  Place,
  podBase,
  podRegistry,
} from "./support.ts";

// Many contexts at once in a real cluster.

let namespace: Namespace;
let place: Place;
beforeEach(async () => {
  place = await Place.create();
  namespace = new Namespace();
});
afterEach(async () => {
  namespace.remove();
  await place.remove();
});

interface BatchDocument {
  readonly contexts: readonly {
    readonly name: string;
    readonly status: string;
    readonly failure: string | null;
    readonly build: string | null;
  }[];
}

/** Every context of the place, as Jobs. */
async function buildAll(
  kind: string,
  ...more: string[]
): Promise<{ status: number | null; stderr: string; document: BatchDocument }> {
  const args = [...buildArgs(namespace), "--all", "--pod-kind", kind, "--json", ...more];
  const { status, stdout, stderr } = await inCluster(place, args);
  return { status, stderr, document: JSON.parse(stdout) as BatchDocument };
}

const statusesOf = ({ contexts }: BatchDocument) =>
  Object.fromEntries(contexts.map(({ name, status }) => [name, status]));

const lockedForPods = podRegistry.replace(/:\d+$/, `:${lockedRegistry.split(":")[1]}`);
const noLocked =
  missing || ((await answersWithLogin(lockedForPods)) ? "" : `no registry with a password at ${lockedForPods}`);

/** What people call kaniko.json. */
async function credentials(password: string): Promise<string> {
  const file = place.path("kaniko.json");
  const auth = Buffer.from(`lab:${password}`).toString("base64");
  await writeFile(file, JSON.stringify({ auths: { [lockedForPods]: { auth } } }));
  return file;
}

const login = { authorization: `Basic ${Buffer.from("lab:lab").toString("base64")}` };

describe.skipIf(noLocked !== "")(`every context as a Job${skipNote(noLocked)}`, () => {
  test("with one credentials file, after their bases, the others going on when one fails", async () => {
    const own = `fleet-${process.pid}-${Date.now()}`;
    await place.write({
      "base/Dockerfile": `FROM ${podBase}\nRUN echo base > /base\n`,
      "api/dockerfile": `FROM ${lockedForPods}/${own}/base:1\nRUN cat /base > /api\n`,
      "bad/Dockerfile": `FROM ${podBase}\nRUN echo sorry; exit 3\n`,
      "tools/after.Dockerfile": `FROM ${lockedForPods}/${own}/bad:1\nRUN true\n`,
    });
    const { status, document } = await buildAll(
      "job",
      ...["--jobs", "2", "--docker-config", await credentials("lab"), "--insecure-registry", lockedForPods],
      ...["--destination", `${lockedForPods}/${own}/{name}:1`, "--junit", place.path("out.xml")],
    );
    expect(status).toBe(4);
    expect(statusesOf(document)).toEqual({
      api: "succeeded",
      bad: "failed",
      base: "succeeded",
      "tools-after": "skipped",
    });
    expect(document.contexts.find(({ name }) => name === "bad")?.failure).toMatch(/step 2: .*exit status 3/);
    for (const [name, code] of [
      ["base", 200],
      ["api", 200],
      ["bad", 404],
    ] as const) {
      const url = `http://${lockedForPods}/v2/${own}/${name}/manifests/1`;
      expect((await fetch(url, { method: "HEAD", headers: login })).status).toBe(code);
    }
    expect(await place.text("cat", "api", "/api")).toBe("base\n");
    expect(readFileSync(place.path("out.xml"), "utf8").match(/<testcase/g)).toHaveLength(4);
    expect(namespace.leftovers()).toEqual([]);
    expect(await place.halfWritten()).toEqual([]);
  });

  test("with a wrong password each context says so, and nothing is left", async () => {
    await place.write({ "one/Dockerfile": `FROM ${podBase}\n`, "two/Dockerfile": `FROM ${podBase}\n` });
    const { status, document } = await buildAll(
      "job",
      ...["--docker-config", await credentials("wrong"), "--insecure-registry", lockedForPods],
      ...["--destination", `${lockedForPods}/fleet/{name}:1`],
    );
    expect(status).toBe(4);
    for (const { failure } of document.contexts) expect(failure).toMatch(/401|UNAUTHORIZED|authenticat/i);
    expect(namespace.leftovers()).toEqual([]);
  });
});

describe.skipIf(missing !== "")(`in the middle of many${skipNote(missing)}`, () => {
  const going = `FROM ${podBase}\nRUN sleep 1000\n`;

  /** Starts it, and waits until the executor of its first build runs. */
  async function startAll(): Promise<{ child: ReturnType<Place["start"]>; end: Promise<Ended> }> {
    const args = [...buildArgs(namespace), "--all", "--pod-kind", "job", "--jobs", "1", "--cache", "off"];
    // Pods of Jobs only: another one asks for the executor's version before.
    const watching = ["get", "pods", "-n", namespace.name, "-l", "job-name", "--watch"];
    const watch = spawn("kubectl", ["--kubeconfig", kubeconfig, ...watching]);
    try {
      const runs = new Promise<void>((resolve, reject) => {
        let text = "";
        watch.on("close", () => reject(new Error(`no Pod of a Job came to run: ${text}`)));
        watch.stdout.on("data", (chunk: Buffer) => {
          text += String(chunk);
          if (/ 2\/2 /.test(text)) resolve();
        });
      });
      const child = place.start(args, { env: { KUBECONFIG: kubeconfig } });
      const end = ended(child);
      await runs;
      return { child, end };
    } finally {
      watch.kill();
    }
  }

  test("a Pod that somebody deletes costs its own context, not the others", async () => {
    await place.write({ "a/Dockerfile": going, "b/Dockerfile": `FROM ${podBase}\nRUN echo b\n` });
    const { end } = await startAll();
    kubectl("delete", "pods", "--all", "-n", namespace.name, "--now", "--wait=false");
    const { status, stdout, stderr } = await end;
    expect(status).toBe(4);
    expect(stdout).toMatch(/^a +failed.*\nb +succeeded/m);
    expect(stderr).toMatch(/error: a: .*Pod .*(gone|deleted).*while it built/);
    expect(namespace.leftovers()).toEqual([]);
    expect(await place.halfWritten()).toEqual([]);
  });

  test("Ctrl-C removes the Jobs that run, and makes no more", async () => {
    await place.write({ "a/Dockerfile": going, "b/Dockerfile": going });
    const { child, end } = await startAll();
    child.kill("SIGINT");
    const { status, stdout } = await end;
    expect(status).toBe(130);
    expect(stdout).toMatch(/^a +cancelled.*\nb +cancelled/m);
    expect(namespace.leftovers()).toEqual([]);
    expect(await place.halfWritten()).toEqual([]);
  });
});

describe.skipIf(missing !== "")(`a namespace with limits${skipNote(missing)}`, () => {
  function quota(hard: Readonly<Record<string, string>>): void {
    apply({
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "builds", namespace: namespace.name },
      spec: { hard },
    });
    // The controller has to have counted before it is enforced.
    kubectl("wait", "resourcequota/builds", "-n", namespace.name, "--for=jsonpath={.status.hard}", "--timeout=30s");
  }

  test.each(["job", "pod"])("a quota for two Pods: four contexts wait for one another, each a %s", async kind => {
    quota({ pods: "2" });
    const files = ["a", "b", "c", "d"].map(
      name => [`${name}/Dockerfile`, `FROM ${podBase}\nRUN echo ${name}\n`] as const,
    );
    await place.write(Object.fromEntries(files));
    const { status, document } = await buildAll(kind, "--jobs", "4", "--cache", "off");
    expect(new Set(Object.values(statusesOf(document)))).toEqual(new Set(["succeeded"]));
    expect(status).toBe(0);
    expect(namespace.leftovers()).toEqual([]);
  });

  test.each(["job", "pod"])("a %s that asks for more than the quota ever has ends at once", async kind => {
    quota({ "requests.memory": "64Mi" });
    await place.write({ Dockerfile: `FROM ${podBase}\n` });
    const { status, stderr } = await inCluster(
      place,
      buildArgs(namespace, "--pod-kind", kind, "--pod-request", "memory=1Gi"),
    );
    expect(status).toBe(3);
    expect(stderr).toMatch(/exceeded quota: builds.*\nhint: the namespace limits.*--pod-request/);
    expect(namespace.leftovers()).toEqual([]);
  });

  test("a quota that wants to know what a Pod asks for, and a LimitRange that says it", async () => {
    quota({ "requests.memory": "2Gi", "limits.memory": "4Gi" });
    await place.write({ Dockerfile: `FROM ${podBase}\nRUN true\n` });
    const unsaid = await inCluster(place, buildArgs(namespace, "--cache", "off"));
    expect(unsaid).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/must specify.*\nhint: .*--pod-(limit|request)/),
    });
    const said = ["--pod-request", "memory=256Mi", "--pod-limit", "memory=1Gi", "--cache", "off"];
    expect((await inCluster(place, buildArgs(namespace, ...said))).status).toBe(0);
    const limits = [{ type: "Container", default: { memory: "512Mi" }, defaultRequest: { memory: "128Mi" } }];
    const metadata = { name: "usual", namespace: namespace.name };
    apply({ apiVersion: "v1", kind: "LimitRange", metadata, spec: { limits } });
    const { status } = await inCluster(place, buildArgs(namespace, "--cache", "off"));
    expect(status).toBe(0);
    expect(namespace.leftovers()).toEqual([]);
  });
});
