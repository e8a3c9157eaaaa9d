/**
 * The log of a build that ran elsewhere, as far as it tells of cache keys. Comes in: lines of a CI job, in any of Kaniko's
 * formats, perhaps with a time in front, with other programs' lines between, cut off at either end. Goes out: a build that
 * can be compared with one that was kept. What the log does not tell stays unknown.
 */

import { basename } from "node:path";
import { completeSteps, noLayers } from "../build/complete-steps.ts";
import { applyEvent, type BuildProgress, noProgress } from "../build/progress.ts";
import { LabError } from "../error.ts";
import { isBulkyLine, LogInterpreter } from "../executor/log-events.ts";
import { type LogLine, parseLogLine } from "../executor/log-line.ts";
import type { BuildRecord, ExecutorIdentity, Step } from "../model/build.ts";
import type { KeptBuild } from "./build-view.ts";

export interface CiLog {
  readonly kept: KeptBuild;
  readonly facts: CiLogFacts;
}

export interface CiLogFacts {
  readonly lines: number;
  /** Builds in the log; the last one counts. */
  readonly builds: number;
  /** Steps whose key the log tells. */
  readonly keys: number;
  /** Of those, the ones whose parts it tells, too. */
  readonly parts: number;
  /** Keys to which the parts that were printed do not hash: the way in which this executor makes keys is not known here. */
  readonly unreadable: number;
}

/** CI systems put a time before every line; GitLab a mark of the stream, too, and of the sections that it folds. */
const section = /^(?:section_(?:start|end):\d+:[\w.[\]=,-]+\r)?\x1b\[0K/;
const prefix = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) (?:\d\d[OE][+ ]?)?/;

/** With these Kaniko begins; what another program logs in the same format before them says nothing. */
const firstMessage =
  /^(?:active feature flags: |Using dockerignore file|Retrieving image |Resolved base name |Building stage '|Getting source context from |Skip resolving path |Built cross stage deps|(?:Optimize|Build): (?:composite|cache) key for command )/;

const stageForm = /^Building stage '[^']*' \[idx: '(-?\d+)'/;

/** @throws LabError `damaged` when no line of Kaniko is in it */
export async function readCiLog(lines: AsyncIterable<string>, file: string): Promise<CiLog> {
  const reader = new CiLogReader(file);
  for await (const line of lines) reader.line(line);
  return reader.end();
}

class CiLogReader {
  readonly #file: string;
  #lines = 0;
  #builds = 0;
  #isKaniko = false;
  #current: LoggedBuild | null = null;
  #features: readonly string[] | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  line(raw: string): void {
    this.#lines += 1;
    const line = raw.replace(prefix, "").replace(section, "");
    if (isBulkyLine(line)) return;
    const logged = parseLogLine(line).filter(item => item.kind === "log");
    // What programs print, which can be by far the most, tells nothing of keys.
    if (logged.length === 0) return;
    if (!this.#isKaniko) {
      if (!logged.some(({ message }) => firstMessage.test(message))) return;
      this.#isKaniko = true;
    }
    for (const { message } of logged) this.#notice(message);
    this.#current?.line(line, logged);
  }

  #notice(message: string): void {
    const features = /^active feature flags: (.*)$/.exec(message)?.[1];
    if (features !== undefined) this.#features = features.split(/[\s,]+/).filter(name => name !== "");
    const stage = stageForm.exec(message)?.[1];
    if (stage === undefined) return;
    if (this.#current !== null && Number(stage) > this.#current.lastStage) this.#current.lastStage = Number(stage);
    else {
      this.#builds += 1;
      this.#current = new LoggedBuild(Number(stage));
    }
  }

  end(): CiLog {
    const build = this.#current;
    if (build === null) {
      throw new LabError("damaged", `no stage of a Kaniko build is in ${this.#file}`, {
        hint: "it must be the executor's output: in text, colour or JSON, best with --verbosity=debug, as keys are told only there",
      });
    }
    const steps = build.steps();
    const keyed = steps.filter(({ cache }) => cache.key !== null);
    return {
      kept: {
        record: build.record(basename(this.#file), steps, this.#features),
        dockerfile: null,
        listing: null,
        config: null,
        features: this.#features,
        isLog: true,
      },
      facts: {
        lines: this.#lines,
        builds: this.#builds,
        keys: keyed.length,
        parts: keyed.filter(({ cache }) => cache.parts !== null).length,
        unreadable: build.toldParts ? keyed.filter(({ cache }) => cache.parts === null).length : 0,
      },
    };
  }
}

class LoggedBuild {
  lastStage: number;
  /** The log has lines with parts. */
  toldParts = false;
  #progress: BuildProgress = applyEvent(noProgress, {
    type: "started",
    atMs: 0,
    id: "log",
    driver: "docker",
    why: "",
    steps: [],
  });
  readonly #interpreter = new LogInterpreter({
    steps: [],
    baseStages: [],
    stageOfLogIndex: index => index,
    logLevel: "error",
  });
  /** Keys that were looked up, by the command: all that a log without debug lines tells. */
  readonly #lookedUp = new Map<string, { readonly key: string; readonly isHit: boolean }>();
  #lastKey: string | null = null;
  #repository: string | null = null;
  #looksUpCopies = false;
  #family: ExecutorIdentity["family"] = "unknown";

  constructor(stage: number) {
    this.lastStage = stage;
  }

  line(line: string, logged: readonly LogLine[]): void {
    for (const event of this.#interpreter.line(line))
      this.#progress = applyEvent(this.#progress, { atMs: 0, ...event } as Parameters<typeof applyEvent>[1]);
    for (const { message } of logged) this.#notice(message);
  }

  #notice(message: string): void {
    if (/^(?:Optimize|Build): composite key /i.test(message)) this.toldParts = true;
    if (/^Mapping stage idx \d+ to cachekey /.test(message) || /^active feature flags: /.test(message))
      this.#family = "fork";
    else if (/^Mapping (?:stage idx \d+ to digest|digest) /.test(message)) this.#family = "upstream";
    const lookup = /^Checking for cached layer (.*):([0-9a-f]{64})\.\.\.$/.exec(message);
    if (lookup !== null) {
      this.#repository = lookup[1] as string;
      this.#lastKey = lookup[2] as string;
    }
    const answer = /^(Using caching version of cmd: |No cached layer found for cmd )(.*)$/s.exec(message);
    if (answer === null || this.#lastKey === null) return;
    const command = answer[2] as string;
    if (/^COPY\b/.test(command)) this.#looksUpCopies = true;
    this.#lookedUp.set(`${this.lastStage} ${command}`, {
      key: this.#lastKey,
      isHit: (answer[1] as string).startsWith("Using"),
    });
    this.#lastKey = null;
  }

  steps(): Step[] {
    const { steps, stages } = this.#progress;
    const known = stages.map(({ index, baseStage, base }) => ({
      index,
      baseStage,
      base: baseStage === null ? base : "",
    }));
    const byIndex = known.reduce<(typeof known)[number][]>((all, stage) => {
      all[stage.index] = stage;
      return all;
    }, []);
    const found = completeSteps(steps, byIndex, true, noLayers, 0).map(step => this.#withLookup(step));
    // With debug lines every instruction has a key: what has none, another program wrote.
    const own = this.toldParts
      ? found.filter(({ cache, instruction }) => cache.key !== null || instruction === "FROM")
      : found;
    return own.map((step, at) => ({ ...step, number: at + 1 }));
  }

  #withLookup(step: Step): Step {
    const found = this.#lookedUp.get(`${step.stage.index} ${step.text}`);
    if (found === undefined || step.cache.key !== null) return step;
    return { ...step, cache: { ...step.cache, key: found.key, result: found.isHit ? "hit" : "miss" } };
  }

  record(name: string, steps: readonly Step[], features: readonly string[] | null): BuildRecord {
    const isLookedUp = this.#repository !== null || this.toldParts;
    const copies = this.#looksUpCopies ? ["--cache-copy-layers"] : [];
    const repository = this.#repository === null ? [] : ["--cache-repo", this.#repository];
    return {
      schemaVersion: 1,
      id: "log",
      name,
      status: "succeeded",
      driver: "docker",
      executor: { source: "", version: "", family: features === null ? this.#family : "fork" },
      spec: {
        context: "",
        dockerfile: "Dockerfile",
        buildArgs: {},
        target: null,
        destinations: [],
        cache: isLookedUp ? "log" : "off",
        flags: [...repository, ...copies],
      },
      startedAt: new Date(0).toISOString(),
      durationMs: null,
      manifest: null,
      config: null,
      layers: [],
      steps,
      failure: null,
      warnings: [],
    };
  }
}
