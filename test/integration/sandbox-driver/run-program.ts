/**
 * The driver as a process of its own, so that a test can run it as another user, abort it or kill it.
 * In: the request as JSON in the first argument; a line `abort` on stdin, or its end. Out: one JSON document per output, the error last.
 */

import { createInterface } from "node:readline";
import { LabError } from "../../../lib/error.ts";
import type { ExecutorOutput, RunRequest } from "../../../lib/executor/port.ts";
import { createSandboxDriver } from "../../../lib/executor/sandbox/sandbox-driver.ts";

const request = JSON.parse(process.argv[2] as string) as RunRequest & { readonly ask?: "identify" | "probe" };
const controller = new AbortController();
const commands = createInterface({ input: process.stdin });
commands.on("line", line => {
  if (line === "abort") controller.abort();
});
// Whoever started this has gone.
commands.on("close", () => controller.abort());

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

try {
  const driver = createSandboxDriver();
  if (request.ask === "probe") print(await driver.probe());
  else if (request.ask === "identify") {
    print(await driver.identify({ ...request, signal: controller.signal, onPreparing: print }));
  } else {
    for await (const output of driver.run(request, controller.signal)) print(output satisfies ExecutorOutput);
  }
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  print({ type: "error", code: error.code, message: error.message, hint: error.hint });
} finally {
  commands.close();
  process.stdin.destroy();
}
