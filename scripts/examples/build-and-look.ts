// Builds a context with Kaniko and tells of each step. node build-and-look.ts DIR [executor] [driver]
import { type BuildOptions, build, LabError } from "kaniko-lab";

const [context = ".", executor, driver = "auto"] = process.argv.slice(2);
try {
  const image = await build(context, {
    executor,
    driver: driver as BuildOptions["driver"],
    buildArgs: { BASE: process.env.BASE ?? "busybox:1" },
    onEvent: event => event.type === "output" && console.log(`  | ${event.text}`),
  });
  for (const { number, text, cache, durationMs } of image.steps)
    console.log(number, cache.result, `${durationMs} ms`, text);
  const last = await image.lastStep();
  console.log(`${last.files.nodeCount} paths, ${last.files.totalBytes} bytes`);
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(`${error.code}: ${error.message}`, error.hint ?? "");
  process.exitCode = error.exitStatus;
}
