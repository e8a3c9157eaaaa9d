import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { readListing } from "../../../lib/recording/listing.ts";
import { applyLayers } from "../../../lib/snapshot/apply-layers.ts";
import { extractNodes } from "../../../lib/snapshot/extract-nodes.ts";
import { file, tar } from "../layer/make-tar.ts";
import { indexed, temporaryFolder } from "../layer/temporary.ts";

const moreThanAnyDisk = 2 ** 50;

async function* listing(...documents: object[]): AsyncGenerator<string> {
  for (const document of documents) yield JSON.stringify(document);
}

test("files that cannot fit are refused before the first is written", async () => {
  const { blob, index } = await indexed(tar(file("small", "x"), file("large", "x")));
  const { digest, diffId, compression, sizeBytes, tarBytes } = index;
  const looks = { type: "file", mode: 0o644, uid: 0, gid: 0, time: "0" };
  const claimed = await readListing(
    listing(
      { digest, diffId, compression, sizeBytes, tarBytes },
      { ...looks, path: "small", size: 1 },
      { ...looks, path: "large", size: moreThanAnyDisk },
    ),
    "listing",
  );
  const to = path.join(await temporaryFolder(), "out");
  const extraction = extractNodes(applyLayers([claimed]), [{ blob }], {
    paths: [],
    to,
    preserveOwner: false,
  });
  await expect(extraction).rejects.toMatchObject({
    code: "disk-full",
    message: expect.stringContaining(String(moreThanAnyDisk + 1)),
    hint: expect.stringContaining("free some space"),
  });
  expect(readdirSync(to)).toEqual([]);
});
