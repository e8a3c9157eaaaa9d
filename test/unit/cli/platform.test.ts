import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { file, tar } from "../layer/make-tar.ts";
import { ImageLayout } from "./image-layout.ts";
import { Place } from "./program.ts";

let place: Place;
beforeEach(async () => {
  place = await Place.create();
});
afterEach(() => place.remove());

const platforms = [
  { os: "linux", architecture: "amd64" },
  { os: "linux", architecture: "arm64" },
  { os: "linux", architecture: "arm", variant: "v7" },
];

function nameOf(platform: object): string {
  return Object.values(platform).join("/");
}

/** One image for each platform, with a file that is called as the platform. */
function writeLayout(): void {
  const layout = new ImageLayout(place.path("image"));
  const images = platforms.map(platform => {
    const layer = tar(file(nameOf(platform), "x"));
    return layout.image([{ stored: gzipSync(layer), tar: layer }], platform);
  });
  layout.finish(layout.index(images));
}

test("--platform chooses the image of an index, in every command that opens one", async () => {
  writeLayout();
  for (const platform of platforms.map(nameOf)) {
    const { entries } = await place.json("ls", "oci:image", "-R", "--platform", platform);
    expect((entries as { path: string }[]).map(entry => entry.path)).toContain(platform);
    expect(await place.run(["cat", "oci:image", `/${platform}`, "--platform", platform])).toMatchObject({
      stdout: "x",
    });
  }
  for (const name of ["layers", "steps", "tree"])
    expect((await place.run([name, "oci:image", "--platform", "linux/arm64"])).status).toBe(0);
  expect((await place.json("search", "arm64", "oci:image", "--platform", "linux/arm64")).count).toBe(1);
  expect((await place.json("history", "oci:image", "/linux/arm64", "--platform", "linux/arm64")).history).toHaveLength(
    1,
  );
  expect((await place.json("diff", "oci:image", "--step", "1", "--platform", "linux/arm/v7")).counts.added).toBe(3);
  const extract = ["extract", "oci:image", "--all", "--to", place.path("out"), "--platform", "linux/arm64"];
  expect((await place.run(extract)).status).toBe(0);
});

test("a platform that is not there, and what is none", async () => {
  writeLayout();
  expect(await place.run(["ls", "oci:image", "--platform", "linux/s390x"])).toMatchObject({
    status: 3,
    stderr: expect.stringContaining("choose with --platform one of: linux/amd64, linux/arm64, linux/arm/v7"),
  });
  expect(await place.run(["ls", "oci:image", "--platform", "arm64"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("linux/arm/v7"),
  });
});
