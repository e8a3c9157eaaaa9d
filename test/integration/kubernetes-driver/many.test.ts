import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answersWithLogin, lockedRegistry, skipNote } from "../build/support.ts";
import { apply, buildArgs, inCluster, kubectl, missing, Namespace, Place, podBase, podRegistry } from "./support.ts";

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
});
