import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { median } from "./process-time.ts";

/**
 * What a build in a cluster costs over one in Docker, by phases, and many contexts at a time. After `npm run build` (or as
 * `npm run bench -- phases …`):
 *
 *     node test/bench/many-contexts.ts phases --base HOST/NAME:TAG --executor HOST/NAME:TAG [--rounds 5] [-- options of build]
 *     node test/bench/many-contexts.ts many --driver kubernetes --counts 50 --jobs 1,2,4,8 --executor … [-- options of build]
 *     node test/bench/many-contexts.ts many --driver sandbox --counts 20,50,200 --jobs 4 --executor ./executor
 */

const program = fileURLToPath(new URL("../../dist/bin.cjs", import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    base: { type: "string" },
    executor: { type: "string", default: "ghcr.io/osscontainertools/kaniko:latest" },
    rounds: { type: "string", default: "5" },
    driver: { type: "string", default: "kubernetes" },
    counts: { type: "string", default: "50" },
    jobs: { type: "string", default: "1,2,4,8" },
  },
});
const [what, ...own] = positionals;
const common = ["--executor", values.executor, "--cache", "off"];

const place = mkdtempSync(path.join(tmpdir(), "klab-many-"));
try {
  if (what === "phases") phases();
  else if (what === "many") many();
  else throw new Error("phases or many?");
} finally {
  rmSync(place, { recursive: true, force: true });
}

function run(args: readonly string[]): { seconds: number; peakMb: number } {
  const report = path.join(place, "time");
  const start = performance.now();
  const argv = ["-f", "%M", "-o", report, process.execPath, program, ...args];
  const { status, stderr } = spawnSync("/usr/bin/time", argv, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
  const seconds = (performance.now() - start) / 1000;
  return { seconds, peakMb: Number(readFileSync(report, "utf8").trim().split("\n").at(-1)) / 1024 };
}

interface Event {
  readonly atMs: number;
  readonly type: string;
  readonly what?: string;
}

function eventsOf(cache: string): Event[] {
  const builds = path.join(cache, "builds");
  const [build] = readdirSync(builds);
  const text = readFileSync(path.join(builds, build as string, "events.ndjson"), "utf8");
  return text
    .trim()
    .split("\n")
    .map(line => JSON.parse(line) as Event);
}

/** The same small context in Docker and in a Pod, in turn. */
function phases(): void {
  const context = path.join(place, "context");
  mkdirSync(context);
  writeFileSync(path.join(context, "word"), "hello\n");
  writeFileSync(path.join(context, "Dockerfile"), `FROM ${values.base ?? "scratch"}\nCOPY word /word\n`);
  const times = new Map<string, number[]>();
  const note = (name: string, seconds: number) => times.set(name, [...(times.get(name) ?? []), seconds]);
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    for (const driver of ["docker", "kubernetes"]) {
      const cache = path.join(place, driver);
      rmSync(path.join(cache, "builds"), { recursive: true, force: true });
      const { seconds } = run(["build", context, "--driver", driver, "--cache-dir", cache, ...common, ...own]);
      // In the first round images are pulled, and executors asked for their version.
      if (round === 0) continue;
      note(`${driver}: whole process`, seconds);
      for (const [name, of] of phasesOf(eventsOf(cache), seconds)) note(`${driver}: ${name}`, of);
    }
  }
  for (const [name, of] of times) {
    const [least, most] = [Math.min(...of), Math.max(...of)].map(seconds => seconds.toFixed(2));
    console.log(`${name.padEnd(44)} ${median(of).toFixed(2)} s (${least}–${most})`);
  }
}

/** Consecutive, so that they add up to the process. */
function phasesOf(events: readonly Event[], seconds: number): [string, number][] {
  const first = (test: (event: Event) => boolean) => events.find(test)?.atMs ?? null;
  const preparing = (words: RegExp) => (event: Event) => event.type === "preparing" && words.test(event.what ?? "");
  const begun = events.find(preparing(/^asking the cluster/)) ?? events[0];
  const isOfRun = (event: Event) => !["started", "executor", "preparing"].includes(event.type);
  const isOfBuild = ({ type }: Event) => type === "step-finished";
  const lastMs = events.at(-1)?.atMs ?? 0;
  const marks: [string, number | null][] = [
    ["start of the program, looking", begun?.atMs ?? 0],
    ["rights, Pod made", first(preparing(/^on node|^waiting|^the cluster pulls/))],
    ["scheduled, sandbox, helper started", first(preparing(/^sending/))],
    ["context sent", events.findLast(preparing(/^waiting for the Pod to start/))?.atMs ?? null],
    ["executor started", first(isOfRun)],
    ["build, its end noticed", first(preparing(/^receiving/)) ?? events.findLast(isOfBuild)?.atMs ?? null],
    ["results fetched", first(({ type }) => type === "collecting")],
    ["record, index", lastMs],
  ];
  let before = 0;
  const result: [string, number][] = [];
  for (const [name, atMs] of marks) {
    if (atMs === null || atMs < before) continue;
    result.push([name, (atMs - before) / 1000]);
    before = atMs;
  }
  return [...result, ["Node's start and end", seconds - lastMs / 1000]];
}

function many(): void {
  for (const count of values.counts.split(",").map(Number)) {
    const top = path.join(place, `contexts-${count}`);
    for (let at = 0; at < count; at += 1) {
      const folder = path.join(top, `c${String(at).padStart(3, "0")}`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, "word"), `${at}\n`);
      writeFileSync(path.join(folder, "Dockerfile"), `FROM ${values.base ?? "scratch"}\nCOPY word /word\n`);
    }
    for (const jobs of values.jobs.split(",")) {
      const cache = path.join(place, "cache");
      const args = ["build", "--all", top, "--jobs", jobs, "--driver", values.driver, "--cache-dir", cache];
      const kind = values.driver === "kubernetes" ? ["--pod-kind", "job"] : [];
      const { seconds, peakMb } = run([...args, ...kind, ...common, ...own]);
      const each = `${(seconds / count).toFixed(2)} s each`;
      console.log(
        `${values.driver}: ${count} contexts, ${jobs} at a time: ${seconds.toFixed(0)} s, ${each}, peak ${peakMb.toFixed(0)} MB`,
      );
      rmSync(cache, { recursive: true, force: true });
    }
  }
}
