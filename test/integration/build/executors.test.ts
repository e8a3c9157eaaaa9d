import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { busybox, executorFile, hasProgram, Place, registry, registryHas, sh, skipNote, whyNot } from "./support.ts";

let place: Place;
beforeEach(async () => {
  place = await Place.create();
});
afterEach(() => place.remove());

const noImage = (await registryHas("kaniko/executor", "local")) ? "" : `no ${registry}/kaniko/executor:local`;

describe("where the executor comes from", () => {
  const noDocker = whyNot("docker");
  const noSandbox = whyNot("sandbox");
  const noSkopeo = hasProgram("skopeo") ? "" : "no skopeo";

  for (const [driver, unable] of [
    ["docker", noDocker],
    ["sandbox", noSandbox],
  ] as const) {
    const reason = unable || noImage || noSkopeo;
    test.skipIf(reason)(`${driver}: an image, a layout, an archive, a binary${skipNote(reason)}`, async () => {
      const image = `${registry}/kaniko/executor:local`;
      const copy = (to: string) => sh("skopeo", "copy", "-q", "--src-tls-verify=false", `docker://${image}`, to);
      copy(`oci:${place.path("layout")}:it`);
      copy(`docker-archive:${place.path("image.tar")}:it`);
      await place.write({ Dockerfile: `FROM ${busybox}\nRUN echo 1 > /one\n` });
      const words = [
        image,
        `oci:${place.path("layout")}`,
        `docker-archive:${place.path("image.tar")}`,
        executorFile("fork"),
      ];
      for (const word of words) {
        const args = ["build", "context", "--driver", driver, "--executor", word, "--json"];
        const { build: record } = JSON.parse(await place.text(...args));
        expect(record).toMatchObject({ status: "succeeded", executor: { source: word, family: "fork" } });
        expect(record.executor.version).toMatch(/^v\d+\.\d+\.\d+/);
      }
    });
  }
});
