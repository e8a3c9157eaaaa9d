import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openImage } from "../../../../lib/image/open-image.ts";
import { indexLayers } from "../../../../lib/layer/index-layer.ts";
import type { BlobLocation } from "../../../../lib/model/layer-index.ts";
import type { Snapshot } from "../../../../lib/model/snapshot.ts";
import { applyLayers } from "../../../../lib/snapshot/apply-layers.ts";
import { anyDriver, busybox, type Family, Place, registryHas, whyNotAgain } from "../../build/support.ts";
import { noRegistry, noSkopeo, unless } from "../needs.ts";
import { compareTrees } from "./compare-trees.ts";
import { noUmoci } from "./engines.ts";
import { treeOfSnapshot, treeOnDisk } from "./tree-lines.ts";

/** Real images, copied by skopeo and unpacked by umoci, and our snapshot of the same copy. */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kaniko-lab-real-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function snapshotOf(layout: string): Promise<Snapshot> {
  const { layers } = await openImage(`oci:${layout}`, { scratch: join(folder, "scratch"), blobFile: () => "" });
  const indexing = layers.map(({ blob, digest, diffId }, at) => ({
    blob: blob as BlobLocation,
    options: {
      indexFile: `${layout}-${at}.index`,
      expectedDigest: digest ?? undefined,
      expectedDiffId: diffId ?? undefined,
    },
  }));
  return applyLayers(await indexLayers(indexing));
}

async function expectSame(image: string, name: string): Promise<Snapshot> {
  const layout = join(folder, name);
  execFileSync("skopeo", ["copy", "-q", "--src-tls-verify=false", `docker://${image}`, `oci:${layout}:it`]);
  const startedMs = Date.now();
  execFileSync("umoci", ["raw", "unpack", "--image", `${layout}:it`, `${layout}-root`], { stdio: "pipe" });
  const snapshot = await snapshotOf(layout);
  compareTrees(treeOfSnapshot(snapshot), treeOnDisk(`${layout}-root`), startedMs);
  return snapshot;
}

const tools = unless(noRegistry, noSkopeo, noUmoci);
const debian = unless((await registryHas("base/debian", "bookworm")) ? null : "no base/debian:bookworm");

describe.skipIf(tools.skip)(`bases${tools.why}`, () => {
  test("busybox", async () => {
    expect((await expectSame(busybox, "busybox")).nodeCount).toBeGreaterThan(100);
  });

  test.skipIf(debian.skip)(`Debian${debian.why}`, async () => {
    const snapshot = await expectSame(busybox.replace("busybox:1", "debian:bookworm"), "debian");
    expect(snapshot.nodeCount).toBeGreaterThan(3000);
  });
});

const dockerfile = `FROM ${busybox} AS first
RUN mkdir -p /out/deep && echo made > /out/deep/file && ln /out/deep/file /out/hard && chmod 4711 /out/hard

FROM ${busybox}
COPY --from=first /out /copied
RUN mkdir -p /srv/a /srv/b && echo one > /srv/a/one && ln -s one /srv/a/link && ln /srv/a/one /srv/b/hard
RUN echo two >> /srv/a/one && mkfifo /srv/fifo && printf x > "/srv/two words" && chown 70000:3 /srv/b
RUN rm -r /srv/a && mkdir /srv/a && echo new > /srv/a/new && touch -d '1960-02-03 04:05:06' /srv/a/new
RUN rm /srv/fifo && mkdir /srv/fifo && rm -r /srv/b && echo file > /srv/b
WORKDIR /work/deep
`;

describe.each<Family>(["fork", "upstream"])("what the %s executor builds", family => {
  const reason = whyNotAgain(anyDriver, family) || null;
  const needs = unless(noRegistry, noSkopeo, noUmoci, reason);

  test.skipIf(needs.skip)(`two stages, links, removed and replaced paths${needs.why}`, async () => {
    const place = await Place.create({ Dockerfile: dockerfile });
    try {
      const image = `${busybox.split("/")[0]}/lab/differential:${family}`;
      await place.build({ family }, "--destination", image);
      const snapshot = await expectSame(image, family);
      expect(snapshot.node("srv/b")?.type).toBe("file");
    } finally {
      await place.remove();
    }
  });
});
