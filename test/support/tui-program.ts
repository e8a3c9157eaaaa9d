/**
 * A program that shows the terminal UI, as the command line does: run in a real terminal by the tests.
 * Arguments: the cache folder, and `live` for a build that runs until it is cancelled.
 */

import { openCommandLine } from "../../cli/palette.ts";
import { runTui } from "../../cli/tui/main.tsx";
import type { LiveSource } from "../../cli/tui/options.ts";
import { LabError } from "../../lib/error.ts";
import type { BuildEvent } from "../../lib/executor/events.ts";
import { openLab } from "../../lib/lab/open-lab.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import { CacheFolder } from "../../lib/store/cache-folder.ts";

const cache = new CacheFolder(process.argv[2] as string);

function endlessBuild(): LiveSource {
  const cancelled = Promise.withResolvers<void>();
  async function* events(): AsyncGenerator<BuildEvent, void, void> {
    const step = {
      number: 1,
      stage: { index: 0, name: "" },
      line: 1,
      endLine: 1,
      instruction: "RUN",
      text: "RUN sleep inf",
    };
    yield { atMs: 0, type: "started", id: "20260101-000000-abcd", driver: "sandbox", why: "", steps: [step] };
    yield { atMs: 1, type: "step-started", step: 1 };
    // A timer stands for the process that a real build would wait for.
    const running = setInterval(() => undefined, 1000);
    await cancelled.promise;
    clearInterval(running);
    process.stderr.write("CLEANED UP\n");
    yield { atMs: 2, type: "finished", status: "cancelled", manifest: null, failure: null };
  }
  return { events: events(), cancel: cancelled.resolve };
}

// The command line listens to signals too; that must not keep the screen from being restored.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);

async function run(): Promise<void> {
  process.stdout.write("BEFORE\n");
  const lab = openLab({ cache });
  await runTui({
    lab,
    builds: new BuildStore(cache),
    cache,
    commandLine: openCommandLine({ cache, lab, extraWords: [] }),
    target: null,
    ...(process.argv[3] === "live" ? { live: endlessBuild() } : {}),
  });
}

run().then(
  () => process.stdout.write("AFTER\n"),
  error => process.stdout.write(`AFTER ${error instanceof LabError ? error.code : String(error)}\n`),
);
