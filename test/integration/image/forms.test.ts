import { execFileSync } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OpenImageOptions, openImage } from "../../../lib/image/open-image.ts";
import { RegistryClient } from "../../../lib/registry/client.ts";
import { dockerConfigCredentials } from "../../../lib/registry/docker-config.ts";
import { checkLayers } from "./check-layers.ts";
import {
  guardedAuths,
  guardedImage,
  noEngine,
  noGuardedRegistry,
  noRegistry,
  noSkopeo,
  plainImage,
  unless,
} from "./needs.ts";

/** One image in every form that tools make, each opened and its layers read: all must tell the same. */

let folder: string;
let options: OpenImageOptions;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "forms-"));
  options = { scratch: path.join(folder, "scratch"), blobFile: digest => path.join(folder, "store", digest) };
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

const inFolder = (name: string) => path.join(folder, name);

function skopeoCopy(to: string, ...flags: readonly string[]): void {
  execFileSync("skopeo", ["copy", "-q", "--src-tls-verify=false", ...flags, `docker://${plainImage}`, to], {
    stdio: "pipe",
  });
}

const registry = unless(noRegistry);
describe.skipIf(registry.skip)(`a plain registry${registry.why}`, () => {
  test("an image with all its layers", async () => {
    const image = await openImage(`docker://${plainImage}`, options);
    expect(image.manifestDigest).toMatch(/^sha256:/);
    await checkLayers(image);
  });

  test("by digest, manifest and config only", async () => {
    const { manifestDigest, configDigest } = await openImage(`docker://${plainImage}`, { ...options, layers: "none" });
    const elsewhere: OpenImageOptions = {
      ...options,
      blobFile: digest => path.join(folder, "none", digest),
      layers: "none",
    };
    const image = await openImage(`docker://${plainImage.replace(/:1$/, "")}@${manifestDigest}`, elsewhere);
    expect(image).toMatchObject({ manifestDigest, configDigest, layers: [{ blob: null }] });
  });

  test("what it does not have", async () => {
    await expect(openImage(`docker://${plainImage}-none`, options)).rejects.toMatchObject({
      code: "image-not-found",
      exitStatus: 3,
    });
  });

  test("as the mirror of Docker Hub", async () => {
    const [host = ""] = plainImage.split("/");
    const client = new RegistryClient({ registryMap: { "docker.io": [host] } });
    await checkLayers(await openImage("docker://base/busybox:1", { ...options, client }));
  });
});

const guarded = unless(noGuardedRegistry);
describe.skipIf(guarded.skip)(`a registry with a password${guarded.why}`, () => {
  const open = async (config: object) => {
    const file = inFolder("config.json");
    await writeFile(file, JSON.stringify(config));
    const client = new RegistryClient({ credentials: dockerConfigCredentials({ file }) });
    return await openImage(`docker://${guardedImage}`, { ...options, client });
  };

  test("lets in who is known", async () => await checkLayers(await open(guardedAuths)));

  test("refuses who is not, and the error names host and file but no password", async () => {
    const wrong = {
      auths: { [guardedImage.split("/")[0] ?? ""]: { auth: Buffer.from("lab:wrongsecret").toString("base64") } },
    };
    for (const config of [{}, wrong]) {
      const error = await open(config).then(
        () => expect.fail("was let in"),
        (thrown: Error) => thrown,
      );
      expect(error).toMatchObject({ code: "registry-denied", exitStatus: 3 });
      expect(error.message).toContain(inFolder("config.json"));
      expect(error.message).toContain("127.0.0.1:5001");
      expect(JSON.stringify([error.message, error.stack, error])).not.toContain("wrongsecret");
    }
  });
});

const copies = unless(noRegistry, noSkopeo);
describe.skipIf(copies.skip)(`copies that skopeo makes${copies.why}`, () => {
  test.each([
    ["oci:", [], "oci"],
    ["oci:", ["--dest-compress", "--dest-compress-format", "zstd"], "oci-zstd"],
    ["docker-archive:", [], "docker-archive.tar"],
    ["oci-archive:", [], "oci-archive.tar"],
  ])("%s %j", async (transport, flags, name) => {
    skopeoCopy(`${transport}${inFolder(name)}:app:1`, ...flags);
    for (const target of [`${transport}${inFolder(name)}:app:1`, `${transport}${inFolder(name)}`, inFolder(name)]) {
      const image = await openImage(target, options);
      expect(image.name).toBe(target);
      await checkLayers(image);
    }
    await expect(openImage(`${transport}${inFolder(name)}:app:2`, options)).rejects.toMatchObject({
      code: "image-not-found",
    });
  });

  test("manifests of Docker and of OCI name the same layers", async () => {
    const docker = `docker://${plainImage.split("/")[0]}/lab/forms:schema2`;
    skopeoCopy(`dir:${inFolder("schema2")}`, "--format", "v2s2");
    execFileSync("skopeo", ["copy", "-q", "--dest-tls-verify=false", `dir:${inFolder("schema2")}`, docker]);
    skopeoCopy(`oci:${inFolder("as-oci")}`, "--format", "oci");
    const [schema2, oci] = [await openImage(docker, options), await openImage(inFolder("as-oci"), options)];
    expect(schema2.layers[0]?.mediaType).toMatch(/^application\/vnd\.docker\./);
    expect(oci.layers[0]?.mediaType).toMatch(/^application\/vnd\.oci\./);
    expect(schema2.layers.map(({ diffId }) => diffId)).toEqual(oci.layers.map(({ diffId }) => diffId));
    await checkLayers(schema2);
    await checkLayers(oci);
  });

  test("two images in one layout", async () => {
    // Not by copying twice into one layout: skopeo would use the layer that is there again.
    skopeoCopy(`oci:${inFolder("two")}:a`);
    skopeoCopy(`oci:${inFolder("second")}:b`, "--dest-compress", "--dest-compress-format", "zstd");
    await cp(inFolder("second/blobs"), inFolder("two/blobs"), { recursive: true });
    const indexes = await Promise.all(["two", "second"].map(name => readFile(inFolder(`${name}/index.json`), "utf8")));
    const manifests = indexes.flatMap(index => (JSON.parse(index) as { manifests: object[] }).manifests);
    await writeFile(inFolder("two/index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
    await expect(openImage(inFolder("two"), options)).rejects.toMatchObject({
      code: "unknown-target",
      hint: expect.stringContaining("a, b"),
    });
    const [a, b] = [
      await openImage(`oci:${inFolder("two")}:a`, options),
      await openImage(`oci:${inFolder("two")}:b`, options),
    ];
    expect(a.layers[0]?.digest).not.toBe(b.layers[0]?.digest);
    expect(a.layers[0]?.diffId).toBe(b.layers[0]?.diffId);
  });

  test("an archive compressed by hand", async () => {
    skopeoCopy(`docker-archive:${inFolder("plain.tar")}:app:1`);
    await writeFile(inFolder("plain.tar.gz"), gzipSync(await readFile(inFolder("plain.tar"))));
    await checkLayers(await openImage(inFolder("plain.tar.gz"), options));
  });

  test("a single layer out of a layout", async () => {
    skopeoCopy(`oci:${inFolder("single")}`);
    const [layer] = (await openImage(inFolder("single"), options)).layers;
    const image = await openImage(layer?.blob?.file ?? "", options);
    expect(image).toMatchObject({ config: null, layers: [{ sizeBytes: layer?.sizeBytes }] });
  });
});

const engine = unless(noRegistry, noEngine);
describe.skipIf(engine.skip)(`the Docker engine${engine.why}`, () => {
  beforeAll(() => void execFileSync("docker", ["pull", "-q", plainImage], { stdio: "pipe" }));

  test("an image by name and by id, saved once", async () => {
    const image = await openImage(`docker-daemon:${plainImage}`, options);
    await checkLayers(image);
    const id = execFileSync("docker", ["image", "inspect", "-f", "{{.Id}}", plainImage], { encoding: "utf8" }).trim();
    const seen: number[] = [];
    const again = await openImage(`docker-daemon:${id}`, {
      ...options,
      onProgress: ({ doneBytes }) => seen.push(doneBytes),
    });
    expect(again.layers).toEqual(image.layers);
    expect(seen).toEqual([]);
  });

  test("docker save, of one image and of two tags", async () => {
    execFileSync("docker", ["tag", plainImage, "kaniko-lab-test:a"]);
    try {
      execFileSync("docker", ["save", "-o", inFolder("saved.tar"), plainImage, "kaniko-lab-test:a"]);
      await checkLayers(await openImage(inFolder("saved.tar"), options));
      await checkLayers(await openImage(`docker-archive:${inFolder("saved.tar")}:kaniko-lab-test:a`, options));
    } finally {
      execFileSync("docker", ["rmi", "kaniko-lab-test:a"], { stdio: "ignore" });
    }
  });

  test("what it does not have", async () => {
    await expect(openImage("docker-daemon:kaniko-lab-test/none:1", options)).rejects.toMatchObject({
      code: "image-not-found",
      message: expect.stringContaining("kaniko-lab-test/none:1"),
    });
  });

  test("cancelling leaves nothing", async () => {
    const scratch = inFolder("cancelled");
    const controller = new AbortController();
    const cancelled = { ...options, scratch, signal: controller.signal, onProgress: () => controller.abort() };
    await expect(openImage(`docker-daemon:${plainImage}`, cancelled)).rejects.toMatchObject({ code: "cancelled" });
    expect(await readdir(scratch)).toEqual([]);
  });
});
