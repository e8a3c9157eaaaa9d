// Tests of an image, with vitest. Here of a recorded build; of your own: `await build("path/to/context")`.
import { fileURLToPath } from "node:url";
import { importRecording, openImage } from "kaniko-lab";
import "kaniko-lab/vitest";
import { beforeAll, expect, test } from "vitest";

let image: Awaited<ReturnType<typeof openImage>>;

beforeAll(async () => {
  const recording = fileURLToPath(import.meta.resolve("kaniko-lab/package.json")).replace(
    "package.json",
    "workspace/greeter.klab",
  );
  const place = { cacheDir: "image-test-cache" };
  const builds = await importRecording(recording, place);
  image = await openImage(builds.at(-1) ?? "latest", place);
});

test("sorting leaves the sorted words only", async () => {
  const step = await image.step("RUN sort");
  expect(step).toAddOnly(["/src/sorted.txt"]);
  expect(step).toDelete("/src/words.txt");
  expect(step).toBeSmallerThan("1kB");
});

test("what is copied from the first stage is all in one folder", async () => {
  expect(await image.step("COPY --from=words")).toAddOnly("/usr/share/greeter/");
});

test("the command is there, and can be run", async () => {
  const last = await image.lastStep();
  expect(last).toHaveFile("/usr/bin/greet", { type: "file", mode: 0o755 });
  expect(last).not.toHaveFile("/root/token");
});

test("the working folder came from the layer cache", async () => {
  expect(await image.step("WORKDIR")).toBeCached();
});
