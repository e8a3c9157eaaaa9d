import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  anyDriver,
  type BuildDocument,
  busybox,
  executorFile,
  missing,
  Place,
  registry,
  registryHas,
  skipNote,
} from "./support.ts";

// CI files as they are run elsewhere, and the same builds here.

const fixtures = join(import.meta.dirname, "../../fixtures/ci");

let place: Place;
beforeEach(async () => {
  place = await Place.create();
});
afterEach(() => place.remove());

/** A checkout with files and a CI file. */
async function checkout(ci: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    const file = place.path("checkout", name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  await mkdir(place.path("checkout/.git"), { recursive: true });
  await mkdir(place.path("checkout/ci"), { recursive: true });
  const file = place.path("checkout/ci/build.yaml");
  await copyFile(ci, file);
  return file;
}

const here = ["--driver", anyDriver, "--executor", executorFile("fork")];

interface RecordFile {
  readonly spec: {
    readonly flags: readonly string[];
    readonly context: string;
    readonly destinations: readonly string[];
    readonly origin: object;
  };
}

async function from(file: string, ...more: string[]): Promise<{ built: BuildDocument; record: RecordFile }> {
  const built = JSON.parse(await place.text("from", file, ...here, "--json", ...more)) as BuildDocument;
  const record = JSON.parse(
    await readFile(join(place.cache, "builds", built.build.id, "build.json"), "utf8"),
  ) as RecordFile;
  return { built, record };
}

const dockerfile = `ARG BASE=${busybox}\nFROM \${BASE}\nCOPY name.txt /\nRUN cp name.txt /copy.txt\n`;

describe.skipIf(missing)(`builds of CI files${skipNote(missing)}`, () => {
  test("the chain of an Argo template", async () => {
    const file = await checkout(join(fixtures, "argo-build-chain.yaml"), {
      "services/api/Dockerfile": dockerfile,
      "services/api/name.txt": "api\n",
    });
    const params = ["--param", "workload=shop", "--param", "service=api", "--param", "context-path=services/api"];
    const { built, record } = await from(file, ...params);
    expect(built.build.status).toBe("succeeded");
    expect(record.spec.context).toBe(place.path("checkout/services/api"));
    expect(record.spec.destinations).toEqual([]);
    expect(record.spec.origin).toMatchObject({ format: "argo", name: "build-chain", job: "build" });
    const flags = record.spec.flags.join(" ");
    for (const flag of [
      "--no-push",
      "--cache --cache-repo oci:/cache/layers",
      "--snapshot-mode time --use-new-run",
      "--registry-mirror harbor.example.com",
      "--compressed-caching=false --cache-run-layers",
    ])
      expect(flags).toContain(flag);
    expect(flags).not.toMatch(/tar-path|kaniko-cache|cache-copy-layers|destination/);
    expect(await place.text("cat", "latest", "/copy.txt")).toBe("api\n");
    // The cache is the one in the cache folder: a second run finds its layer there.
    const again = await from(file, ...params);
    expect(again.built.steps.find(step => step.instruction === "RUN")?.cache.result).toBe("hit");
  });

  test("CI's cache is read, and nothing is written to it", async () => {
    const service = `t${process.pid}`;
    const file = await checkout(join(fixtures, "argo-build-chain.yaml"), {
      Dockerfile: dockerfile,
      "name.txt": "x\n",
    });
    const params = ["--param", "workload=from", "--param", `service=${service}`, "--param", `registry=${registry}`];
    const { built, record } = await from(file, ...params, "--use-ci-cache");
    expect(built.build.status).toBe("succeeded");
    expect(record.spec.flags.join(" ")).toContain(`--cache-repo ${registry}/kaniko-cache/from-${service}`);
    const key = built.steps.find(step => step.instruction === "RUN")?.cache;
    expect(key?.result).toBe("miss");
    expect(await registryHas(`kaniko-cache/from-${service}`, key?.key ?? "")).toBe(false);
  });

  test("Knative's templates", async () => {
    const file = await checkout(join(fixtures, "knative-builds.yaml"), {
      Dockerfile: `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\nARG SYSTEM_PACKAGES_FILE=none\nCOPY \${SYSTEM_PACKAGES_FILE} /list\n`,
      "system-packages.txt": "curl\n",
    });
    const { built, record } = await from(file, "--job", "python-image");
    expect(built.build.status).toBe("succeeded");
    expect(await place.text("cat", "latest", "/list")).toBe("curl\n");
    expect(record.spec.destinations).toEqual([]);
    expect(record.spec.origin).toMatchObject({ format: "knative", kind: "Build", name: "python-image" });
    expect(record.spec.flags).not.toContain("--cache");
  });

  test("Tekton's TaskRun", async () => {
    const file = await checkout(join(fixtures, "tekton-builds.yaml"), {
      "images/Dockerfile": `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\nARG PACKAGES_FILE\nRUN echo $PACKAGES_FILE > /list\n`,
    });
    const { built } = await from(file, "--job", "python-image-");
    expect(built.build.status).toBe("succeeded");
    expect(await place.text("cat", "latest", "/list")).toBe("packages.txt\n");
  });

  test("every context of an Argo workflow, one after the other; pushed only when told", async () => {
    const image = `from-ci-${process.pid}`;
    const file = await checkout(join(fixtures, "argo-all-contexts.yaml"), {
      "Docker/api/Dockerfile": `FROM ${busybox}\nRUN echo api > /name\n`,
      "Docker/web/dockerfile": `FROM ${busybox}\nRUN echo web > /name\n`,
    });
    const params = ["--param", `project=${registry}/${image}`, "--param", "tag=1"];
    for (const name of ["api", "web"]) {
      await from(file, "--job", `image(${name})`, ...params);
      expect(await place.text("cat", "latest", "/name")).toBe(`${name}\n`);
      expect(await registryHas(`${image}/${name}`, "1")).toBe(false);
    }
    await from(file, "--job", "image(web)", ...params, "--push");
    expect(await registryHas(`${image}/web`, "1")).toBe(true);
  });

  test("the lab's Pod", async () => {
    const file = await checkout(join(import.meta.dirname, "../../../k8s/build-pod.yaml"), {
      "workspace/Dockerfile": `FROM ${busybox}\nRUN echo pod > /name\n`,
    });
    const { record } = await from(file);
    expect(record.spec.flags).toContain("--ignore-path=/product_uuid");
    expect(await place.text("cat", "latest", "/name")).toBe("pod\n");
  });
});
