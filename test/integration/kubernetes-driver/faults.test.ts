import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ended, seen, skipNote } from "../build/support.ts";
import {
  ApiGate,
  buildArgs,
  changedConfig,
  claim,
  helperImage,
  inCluster,
  kubeconfig,
  kubectl,
  limitedUser,
  missing,
  Namespace,
  Place,
  serverOf,
  volume,
  whenItTells,
} from "./support.ts";

let place: Place;

beforeEach(async () => {
  place = await Place.create({ Dockerfile: "ARG BASE\nFROM $BASE\nCOPY . /src\nRUN echo made >/made\n" });
});
afterEach(() => place.remove());

const build = ["build", "context", "--driver", "kubernetes"];

test("without a kubeconfig", async () => {
  const { status, stderr } = await place.run(build, { env: { KUBECONFIG: place.path("none") } });
  expect(status).toBe(3);
  expect(stderr).toMatch(/there is no kubeconfig at .*\n.*KUBECONFIG/);
});

describe.skipIf(missing !== "")(`faults of a cluster${skipNote(missing)}`, () => {
  let namespace: Namespace;

  beforeAll(() => {
    namespace = new Namespace();
  });
  afterAll(() => namespace.remove());

  /** One clear error, and nothing left. */
  async function refused(args: readonly string[], config?: string): Promise<string> {
    const { status, stderr } = await inCluster(place, args, config);
    expect(status).toBe(3);
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    expect(stderr).toMatch(/^hint: /m);
    expect(namespace.leftovers()).toEqual([]);
    return stderr;
  }

  test("a context that is not there", async () => {
    expect(await refused([...build, "--kube-context", "elsewhere"])).toMatch(/no context elsewhere.*it has lab/);
  });

  test("a token that has expired", async () => {
    const config = await changedConfig(place, ({ users }) => {
      for (const one of users) one.user = { token: "expired" };
    });
    expect(await refused(buildArgs(namespace), config)).toMatch(/expired/);
  });

  const authority = join(dirname(kubeconfig), "pki");
  const noAuthority = existsSync(join(authority, "ca.key")) ? "" : `no ${authority}/ca.key`;
  test.skipIf(noAuthority)(`a certificate that has expired${skipNote(noAuthority)}`, async () => {
    const [key, request, certificate] = [place.path("key"), place.path("request"), place.path("certificate")];
    const subject = ["-subj", "/O=system:masters/CN=leaver"];
    const openssl = (...words: string[]) => execFileSync("openssl", words, { stdio: "pipe" });
    openssl("req", "-newkey", "rsa:2048", "-nodes", ...subject, "-keyout", key, "-out", request);
    const signer = [
      "-CA",
      join(authority, "ca.crt"),
      "-CAkey",
      join(authority, "ca.key"),
      "-CAserial",
      place.path("serial"),
    ];
    openssl("x509", "-req", "-in", request, ...signer, "-CAcreateserial", "-days", "-1", "-out", certificate);
    const config = await changedConfig(place, ({ users }) => {
      for (const one of users) one.user = { "client-certificate": certificate, "client-key": key };
    });
    expect(await refused(buildArgs(namespace), config)).toMatch(
      /does not know this user.*\n.*certificate.*has expired/,
    );
  });

  test("a token whose account is gone", async () => {
    const config = await limitedUser(place, namespace, "leaver", []);
    kubectl("delete", "serviceaccount", "leaver", "-n", namespace.name);
    expect(await refused(buildArgs(namespace), config)).toMatch(
      /does not know this user.*\n.*log in to the cluster again/,
    );
  });

  test("no right to create Pods, no right to exec: the verb is named", async () => {
    const log = { verbs: ["get"], resources: ["pods/log"] };
    const reader = await limitedUser(place, namespace, "reader", [
      { verbs: ["get", "list", "watch"], resources: ["pods"] },
      log,
    ]);
    expect(await refused(buildArgs(namespace), reader)).toMatch(
      /no right in the namespace .* to: create pods, delete pods/,
    );
    const all = { verbs: ["get", "list", "watch", "create", "delete"], resources: ["pods"] };
    const maker = await limitedUser(place, namespace, "maker", [all, log]);
    expect(await refused(buildArgs(namespace), maker)).toMatch(/to: get pods\/exec, create pods\/exec/);
  });

  test("a namespace that is not there", async () => {
    expect(await refused(buildArgs({ name: "nowhere" }))).toMatch(/no namespace nowhere/);
  });

  test("an image that is not there", async () => {
    const args = buildArgs(namespace).map(word => (word === helperImage ? "127.0.0.1:5000/base/none:1" : word));
    const stderr = await refused(args);
    expect(stderr).toMatch(/cannot pull 127.0.0.1:5000\/base\/none:1/);
  });

  test("no node takes the Pod", async () => {
    const stderr = await refused(buildArgs(namespace, "--node-selector", "planet=mars", "--pod-start", "3"));
    expect(stderr).toMatch(/did not start within 3 s.*no node takes the Pod/);
    expect(stderr).toMatch(/--node-selector/);
  });

  test("a namespace for restricted Pods only", async () => {
    const restricted = new Namespace({ "pod-security.kubernetes.io/enforce": "restricted" });
    try {
      const { status, stderr } = await inCluster(place, buildArgs(restricted));
      expect(status).toBe(3);
      expect(stderr).toMatch(/Kaniko must be root/);
      expect(restricted.leftovers()).toEqual([]);
    } finally {
      restricted.remove();
    }
  });

  test("a folder that the node does not have", async () => {
    const stderr = await refused(buildArgs(namespace, "--host-path", `${place.root}=/not/on/this/node`));
    expect(stderr).toMatch(/the node has no folder \/not\/on\/this\/node/);
  });

  test("a claim that is not there, and one that gets no volume", async () => {
    expect(await refused(buildArgs(namespace, "--claim", "none"))).toMatch(/there is no claim none/);
    claim(namespace, "waiting", "no-such-class");
    const stderr = await refused(buildArgs(namespace, "--claim", "waiting", "--pod-start", "3"));
    expect(stderr).toMatch(/gets no volume/);
  });

  test.skipIf(process.getuid?.() !== 0)("a volume that is full", async () => {
    const folder = place.path("small");
    await mkdir(folder);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
    try {
      volume(namespace, "small", folder);
      await writeFile(place.path("context", "large"), randomBytes(4 << 20));
      const stderr = await refused(buildArgs(namespace, "--claim", "small"));
      expect(stderr).toMatch(/no space left in the Pod: sending/);
      expect(readdirSync(join(folder, "runs"))).toEqual([]);
    } finally {
      execFileSync("umount", ["-l", folder]);
      kubectl("delete", "pv", `small-${namespace.name}`, "--wait=false");
    }
  });

  describe("in the middle", () => {
    const going = "ARG BASE\nFROM $BASE\nRUN echo going on; sleep 100\n";

    function deletePod(): void {
      kubectl(
        "delete",
        "pods",
        "-n",
        namespace.name,
        "-l",
        "app.kubernetes.io/managed-by=kaniko-lab",
        "--now",
        "--wait=false",
      );
    }

    test.each([
      ["is sent", "sending", "while sending", "COPY . /src"],
      ["builds", "going on", "while it built", "RUN echo going on; sleep 100"],
      ["is read", "receiving", "while receiving", "RUN head -c 200000000 /dev/urandom >/large"],
    ])("the Pod is deleted while the context %s", async (_, words, during, instruction) => {
      await place.write({ Dockerfile: `ARG BASE\nFROM $BASE\n${instruction}\n` });
      if (words === "sending") {
        // Takes longer than kubectl, however busy the machine.
        await writeFile(place.path("context", "large"), "");
        await truncate(place.path("context", "large"), 2 ** 31);
      }
      const { error, status } = await whenItTells(place, namespace, words, deletePod);
      expect(error).toMatchObject({ code: "engine-lost", message: expect.stringMatching(/Pod .*(gone|deleted)/) });
      expect(String(error)).toContain(during);
      expect(status).toBe("failed");
      expect(await place.halfWritten()).toEqual([]);
      expect(namespace.leftovers()).toEqual([]);
    });

    test.each([
      ["is sent", "sending", "RUN echo going on"],
      ["builds", "going on", "RUN echo going on; sleep 3; echo and on"],
      ["is read", "receiving", "RUN echo going on; head -c 100000000 /dev/urandom >/large"],
    ])(
      "the API server goes away while the context %s, and comes back: nothing is lost",
      async (_, words, instruction) => {
        await place.write({ Dockerfile: `ARG BASE\nFROM $BASE\nCOPY . /src\n${instruction}\n` });
        if (words === "sending") await writeFile(place.path("context", "large"), randomBytes(100 << 20));
        const gate = new ApiGate(serverOf());
        try {
          const server = await gate.address;
          const config = await changedConfig(place, ({ clusters }) => {
            for (const { cluster } of clusters) cluster.server = server;
          });
          const restart = async () => {
            gate.shut();
            await expect(fetch(server)).rejects.toThrow();
            gate.open();
          };
          const { error, status, output } = await whenItTells(place, namespace, words, restart, config);
          expect(error).toBeNull();
          expect(status).toBe("succeeded");
          expect(output.filter(line => line === "going on")).toHaveLength(1);
        } finally {
          gate.close();
        }
        expect(namespace.leftovers()).toEqual([]);
      },
    );

    test("Ctrl-C leaves nothing", async () => {
      await place.write({ Dockerfile: going });
      const child = place.start([...buildArgs(namespace), "--plain"], { env: { KUBECONFIG: kubeconfig } });
      const whole = ended(child);
      await seen(child, "going on");
      child.kill("SIGINT");
      expect((await whole).status).toBe(130);
      expect(namespace.leftovers()).toEqual([]);
    });

    test("what a killed program leaves, doctor finds and removes", async () => {
      await place.write({ Dockerfile: going });
      const child = place.start([...buildArgs(namespace), "--plain"], { env: { KUBECONFIG: kubeconfig } });
      const whole = ended(child);
      await seen(child, "going on");
      child.kill("SIGKILL");
      await whole;
      expect(namespace.leftovers()).toHaveLength(1);
      const doctor = (...args: string[]) => inCluster(place, ["doctor", "--namespace", namespace.name, ...args]);
      // Of another namespace it is left alone.
      expect((await inCluster(place, ["doctor", "--fix", "--namespace", "kube-public"])).stdout).not.toMatch(
        /removed pod/,
      );
      expect((await doctor()).stdout).toMatch(new RegExp(`pod ${namespace.name}/kaniko-lab-.*\n.*doctor --fix`));
      expect((await doctor("--fix")).stdout).toMatch(/removed pod/);
      expect(namespace.leftovers()).toEqual([]);
    });
  });
});
