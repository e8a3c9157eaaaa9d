import { lchownSync, readdirSync, readFileSync } from "node:fs";
import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { skipNote, whyNot } from "../build/support.ts";
import {
  buildArgs,
  built,
  inCluster,
  kubectl,
  missing,
  Namespace,
  Place,
  podBase,
  podRegistry,
  volume,
} from "./support.ts";

const dockerfile = `ARG BASE
FROM $BASE AS first
COPY . /src
RUN cp -a /src /copy
FROM $BASE
COPY --from=first /copy /copy
COPY tool.sh /usr/bin/tool
RUN echo done > /done
`;

/** Modes, owners, links and names that a tar can lose. */
async function fillContext(place: Place): Promise<void> {
  await place.write({
    Dockerfile: dockerfile,
    "tool.sh": "#!/bin/sh\n",
    "deep/er/ünïcode.txt": "x",
    "ignored.log": "noise",
  });
  await place.write({ ".dockerignore": "*.log\n", [`long/${"n".repeat(120)}/${"m".repeat(120)}.txt`]: "y" });
  await chmod(place.path("context", "tool.sh"), 0o4755);
  await mkdir(place.path("context", "shared"), { mode: 0o700 });
  await chmod(place.path("context", "shared"), 0o1777);
  await symlink("tool.sh", place.path("context", "link"));
  if (process.getuid?.() !== 0) return;
  lchownSync(place.path("context", "link"), 1234, 5678);
  lchownSync(place.path("context", "tool.sh"), 70_000, 80_000);
  await writeFile(place.path("context", "far.txt"), "z");
  lchownSync(place.path("context", "far.txt"), 1_000_660_000, 3);
}

describe.skipIf(missing !== "")(`builds in a cluster${skipNote(missing)}`, () => {
  let namespace: Namespace;
  let place: Place;

  beforeAll(() => {
    namespace = new Namespace({ "pod-security.kubernetes.io/enforce": "baseline" });
  });
  afterAll(() => namespace.remove());
  beforeEach(async () => {
    place = await Place.create();
    await fillContext(place);
  });
  afterEach(() => place.remove());

  test.skipIf(whyNot("sandbox") !== "")(
    "keys are those of a local build, as predicted, and the layers arrive",
    async () => {
      const there = await built(place, buildArgs(namespace));
      expect(there.build.status).toBe("succeeded");
      const { prediction } = (await place.record(there.build.id)) as { prediction?: unknown };
      expect(prediction).toMatchObject({ unknown: null, wrong: [], results: { wrong: [] } });
      for (const { layer } of there.steps) if (layer) expect([...place.layerFiles().keys()]).toContain(layer.digest);
      const here = await Place.create();
      try {
        await fillContext(here);
        const local = await here.build(
          { driver: "sandbox" },
          "--build-arg",
          `BASE=${podBase}`,
          "--insecure-registry",
          podRegistry,
        );
        expect(there.steps.map(({ cache }) => cache.key)).toEqual(local.steps.map(({ cache }) => cache.key));
      } finally {
        await here.remove();
      }
      expect(namespace.leftovers()).toEqual([]);
    },
  );

  test("the layer cache goes from Pod to Pod", async () => {
    await built(place, buildArgs(namespace));
    const again = await built(place, buildArgs(namespace));
    const results = again.steps.map(({ cache }) => cache.result);
    expect(results).toContain("hit");
    expect(results).not.toContain("miss");
  });

  test.each([
    ["standard input", ["--context-transport", "stdin"]],
    ["a Job", ["--pod-kind", "job"]],
    ["the registry", ["--result-transport", "registry", "--destination", `${podRegistry}/kaniko-lab-test/pushed:1`]],
  ])("by %s it comes to the same", async (way, options) => {
    // What Kaniko unpacks itself has links that are root's.
    if (way === "standard input" && process.getuid?.() === 0) lchownSync(place.path("context", "link"), 0, 0);
    const { build, steps } = await built(place, buildArgs(namespace, ...options));
    expect(build.status).toBe("succeeded");
    for (const { layer } of steps) if (layer) expect([...place.layerFiles().keys()]).toContain(layer.digest);
    const exec = await built(place, buildArgs(namespace));
    expect(exec.steps.map(({ cache }) => cache.result)).not.toContain("miss");
    expect(namespace.leftovers()).toEqual([]);
  });

  test("variables of the build are in a Secret, not in the Pod", async () => {
    await place.write({ Dockerfile: 'ARG BASE\nFROM $BASE\nARG API_TOKEN\nRUN test "$API_TOKEN" = abcdefgh1234\n' });
    const { build } = await built(place, buildArgs(namespace, "--build-arg", "API_TOKEN=abcdefgh1234"));
    expect(build.status).toBe("succeeded");
    expect(namespace.leftovers()).toEqual([]);
  });

  test("a RUN that fails ends with 4 and its own message", async () => {
    await place.write({ Dockerfile: "ARG BASE\nFROM $BASE\nRUN echo sorry; exit 7\n" });
    const { status, stdout } = await inCluster(place, [...buildArgs(namespace), "--json"]);
    expect(status).toBe(4);
    expect(JSON.parse(stdout).build.failure).toMatchObject({ exitCode: 7 });
    expect(namespace.leftovers()).toEqual([]);
  });

  test("two builds of one name at once do not meet", async () => {
    const both = await Promise.all([0, 1].map(() => built(place, buildArgs(namespace, "--name", "twin"))));
    expect(both.map(({ build }) => build.status)).toEqual(["succeeded", "succeeded"]);
    expect(readdirSync(place.path("cache", "builds"))).toHaveLength(2);
    expect(namespace.leftovers()).toEqual([]);
  });

  test("memory that runs out is said", async () => {
    await place.write({ Dockerfile: "ARG BASE\nFROM $BASE\nRUN tail /dev/zero\n" });
    const { status, stdout } = await inCluster(place, [
      ...buildArgs(namespace, "--pod-limit", "memory=64Mi"),
      "--json",
    ]);
    expect(status).toBe(4);
    expect(JSON.parse(stdout).build.failure.message).toMatch(/memory|killed/);
  });

  test("a folder of the node is not allowed at the level baseline, and that is said", async () => {
    const options = ["--host-path", `${place.path()}=${place.path()}`];
    const { status, stderr } = await inCluster(place, buildArgs(namespace, ...options));
    expect(status).toBe(3);
    expect(stderr).toMatch(/does not allow this Pod/);
    expect(stderr).toMatch(/--context-transport exec/);
  });
});

describe.skipIf(missing !== "")(`folders and claims${skipNote(missing)}`, () => {
  let namespace: Namespace;
  let place: Place;

  beforeAll(() => {
    namespace = new Namespace();
  });
  afterAll(() => namespace.remove());
  beforeEach(async () => {
    place = await Place.create();
    await fillContext(place);
  });
  afterEach(() => place.remove());

  test("the node's folders serve for both ways", async () => {
    const options = ["--host-path", `${place.root}=${place.root}`, "--result-transport", "host-path"];
    const { build } = await built(place, buildArgs(namespace, ...options));
    expect(build.status).toBe("succeeded");
    expect(kubectl("get", "events", "-n", namespace.name)).not.toMatch(/base\/busybox.*files/);
  });

  test("a claim keeps the layer cache, and gives back what this machine has lost of it", async () => {
    await mkdir(place.path("volume"));
    volume(namespace, "kept", place.path("volume"));
    try {
      await built(place, buildArgs(namespace, "--claim", "kept"));
      await rm(place.path("cache", "layer-cache"), { recursive: true });
      const again = await built(place, buildArgs(namespace, "--claim", "kept"));
      expect(again.steps.map(({ cache }) => cache.result)).not.toContain("miss");
      expect(again.steps.filter(({ status, layer }) => status === "cached" && layer === null)).toEqual([]);
      // What the claim has is not known beforehand: nothing is predicted, so nothing was predicted wrong.
      const record = JSON.parse(readFileSync(place.path("cache", "builds", again.build.id, "build.json"), "utf8"));
      expect(record.prediction).toMatchObject({ unknown: "the layer cache is in the claim kept", wrong: [] });
      expect(readdirSync(place.path("volume", "runs"))).toEqual([]);
    } finally {
      kubectl("delete", "pv", `kept-${namespace.name}`, "--wait=false");
    }
  });
});
