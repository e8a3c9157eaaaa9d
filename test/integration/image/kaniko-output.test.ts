import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OpenImageOptions, openImage } from "../../../lib/image/open-image.ts";
import { checkLayers } from "./check-layers.ts";
import { executorImage, noEngine, noExecutor, noRegistry, notRoot, plainImage, unless } from "./needs.ts";

const needs = unless(noEngine, noRegistry, noExecutor, notRoot);
describe.skipIf(needs.skip)(`what a real Kaniko writes${needs.why}`, () => {
  let folder: string;
  let options: OpenImageOptions;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "kaniko-output-"));
    options = { scratch: path.join(folder, "scratch"), blobFile: digest => path.join(folder, "store", digest) };
    await mkdir(path.join(folder, "context"));
    await mkdir(path.join(folder, "out"));
    await writeFile(
      path.join(folder, "context/Dockerfile"),
      `FROM ${plainImage}\nRUN echo a > /a\nENV X=1\nRUN rm /a\n`,
    );
    build("gzip", "--tar-path=/out/gzip.tar", "--destination=app:1");
    build("zstd");
  });
  afterAll(async () => await rm(folder, { recursive: true, force: true }));

  /** The host's network, because the registry is on its loopback address. */
  function build(compression: string, ...flags: readonly string[]): void {
    const mounts = ["-v", `${folder}/context:/workspace:ro`, "-v", `${folder}/out:/out`];
    const outputs = [`--oci-layout-path=/out/${compression}`, "--cache", `--cache-repo=oci:/out/${compression}-layers`];
    execFileSync(
      "docker",
      [
        ...["run", "--rm", "--network=host", ...mounts, executorImage],
        ...["--context=dir:///workspace", "--no-push", "--insecure-pull", `--compression=${compression}`],
        ...[...outputs, ...flags],
      ],
      { stdio: "pipe" },
    );
  }

  const steps = ["RUN echo a > /a", "ENV X=1", "RUN rm /a"];

  test.each(["gzip", "zstd"])("the layout, with %s", async compression => {
    const image = await openImage(path.join(folder, "out", compression), options);
    await checkLayers(image);
    expect(image.config?.history.map(({ createdBy }) => createdBy)).toEqual(expect.arrayContaining(steps));
    expect(image.layers).toHaveLength(4);
  });

  test("the archive of --tar-path has the same layers", async () => {
    const archive = await openImage(path.join(folder, "out/gzip.tar"), options);
    await checkLayers(archive);
    const layout = await openImage(path.join(folder, "out/gzip"), options);
    expect(archive.configDigest).toBe(layout.configDigest);
    expect(archive.layers.map(({ diffId }) => diffId)).toEqual(layout.layers.map(({ diffId }) => diffId));
  });

  test.each(["gzip", "zstd"])("entries of the layer cache, with %s", async compression => {
    const entries = (await readdir(path.join(folder, "out"))).filter(name => name.startsWith(`${compression}-layers:`));
    expect(entries.length).toBeGreaterThan(0);
    for (const entry of entries) {
      const image = await openImage(`oci:${path.join(folder, "out", entry)}`, options);
      expect(image.layers).toHaveLength(1);
      await checkLayers(image);
    }
  });
});
