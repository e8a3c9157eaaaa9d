/**
 * Matchers for vitest, for tests of images. Import it once, in a test or in a set-up file:
 *
 * ```ts
 * import { build } from "kaniko-lab";
 * import "kaniko-lab/vitest";
 * import { expect, test } from "vitest";
 *
 * test("curl is all that comes", async () => {
 *   const image = await build("docker/tools");
 *   expect(await image.step("RUN install")).toAddOnly(["/usr/bin/curl"]);
 * });
 * ```
 *
 * Paths are written from the root of the image. `"/usr/lib/"` stands for the folder and all below it; `*`, `**`, `?`,
 * `{a,b}` and `[a-z]` are globs. A folder that only leads to a path that is written need not be written itself.
 */

import { expect } from "vitest";
import { type LabMatchers, matchers } from "./matchers.ts";

export { type FileFacts, type LabMatchers, matchers } from "./matchers.ts";

expect.extend({ ...matchers });

declare module "vitest" {
  // The parameters are vitest's own: declarations of one interface must agree.
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends LabMatchers<R> {}
}
