/**
 * The keys of some eighty Dockerfiles, predicted and then built with the real executors: every key that is called known
 * is the executor's. With KANIKO_LAB_WRITE_FIXTURES=1 what the executors did is kept for the unit tests.
 */

import { once } from "node:events";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type BuildSpec, defaultSpec } from "../../../lib/build/build-spec.ts";
import { runBuild } from "../../../lib/build/run-build.ts";
import { createSandboxDriver } from "../../../lib/executor/sandbox/sandbox-driver.ts";
import type { BuildRecord } from "../../../lib/model/build.ts";
import { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { type CaseFamily, dockerfileOf, type KeyCase, keyCases } from "../../fixtures/keys/cases.ts";
import { keysContext } from "../../fixtures/keys/context.ts";
import { type Base, type BaseName, pushBases } from "../../support/keys-bases.ts";
import { executorFile, Place, skipNote, whyNot, whyNotAgain } from "./support.ts";

// What upstream computed for the same cases is kept in fixtures, which a unit test compares.
const why = { fork: whyNot("sandbox", "fork"), upstream: whyNotAgain("sandbox", "upstream") };
const parallel = 3;

let place: Place;
let bases: Record<BaseName, Base>;
let server: Server;
let port: string;

beforeAll(async () => {
  if (why.fork !== "" && why.upstream !== "") return;
  place = await Place.create();
  await writeContext(place.path("context"));
  bases = await pushBases();
  server = createServer((_request, response) => response.end("from the network\n")).listen(0, "127.0.0.1");
  await once(server, "listening");
  port = String((server.address() as AddressInfo).port);
});

afterAll(async () => {
  server?.close();
  await place?.remove();
});

async function writeContext(folder: string): Promise<void> {
  for (const [path, file] of Object.entries(keysContext)) {
    const to = join(folder, path);
    if (file.type === "symlink") await symlink(file.target, to);
    else if (file.type === "dir") await mkdir(to);
    else await writeFile(to, file.content);
    if (file.type !== "symlink") await chmod(to, file.mode);
  }
}

interface Built {
  readonly of: KeyCase;
  readonly records: readonly BuildRecord[];
}

async function buildAll(family: CaseFamily): Promise<Built[]> {
  const cases = keyCases.filter(({ families }) => families === undefined || families.includes(family));
  const built: Built[] = [];
  const lane = async (left: KeyCase[]) => {
    for (let of = left.shift(); of !== undefined; of = left.shift()) {
      for (const [name, value] of Object.entries(of.env ?? {})) vi.stubEnv(name, value);
      built.push({ of, records: await buildCase(of, family, `${family}-${keyCases.indexOf(of)}`) });
      vi.unstubAllEnvs();
    }
  };
  const plain = cases.filter(({ env }) => env === undefined);
  await Promise.all(Array.from({ length: parallel }, () => lane(plain)));
  // The environment is that of the whole process: one after the other.
  await lane(cases.filter(({ env }) => env !== undefined));
  return built.sort((a, b) => keyCases.indexOf(a.of) - keyCases.indexOf(b.of));
}

async function buildCase(of: KeyCase, family: CaseFamily, id: string): Promise<BuildRecord[]> {
  const dockerfile = place.path(`${id}.Dockerfile`);
  await writeFile(dockerfile, dockerfileOf(of, id));
  if (of.ignoreFile !== undefined) await writeFile(`${dockerfile}.dockerignore`, of.ignoreFile);
  const source = executorFile(family);
  const spec: BuildSpec = {
    ...defaultSpec,
    context: place.path("context"),
    dockerfile,
    buildArgs: { BASE: bases[of.base ?? "busybox"].reference, PORT: port, ...of.buildArgs },
    extraFlags: of.flags ?? [],
    ...of.spec,
  };
  const records: BuildRecord[] = [];
  for (let times = of.builds ?? 1; times > 0; times -= 1) {
    const build = runBuild({
      spec,
      source: { kind: "binary", file: source },
      sourceName: source,
      driver: createSandboxDriver(),
      why: "",
      cache: new CacheFolder(place.cache),
      workingFolder: place.root,
      signal: new AbortController().signal,
    });
    let next = await build.next();
    while (!next.done) next = await build.next();
    const { status, failure } = next.value;
    if (status !== "succeeded") throw new Error(`${of.name} (${family}) ${status}: ${failure?.message}`);
    records.push(next.value);
  }
  return records;
}

/** What the unit tests need of the builds: see test/unit/cache-key/predict-keys.test.ts. */
async function writeOutcomes(family: CaseFamily, built: readonly Built[]): Promise<void> {
  const cases = built.map(({ of, records }) => ({
    name: of.name,
    port,
    builds: records.map(({ executor, driver, spec, steps }) => ({
      executor: { family: executor.family, version: executor.version },
      driver,
      flags: spec.flags.filter(flag => /^--(?:cache|custom-platform)/.test(flag)),
      steps: steps.map(({ number, stage, line, instruction, text, cache, layer }) => ({
        number,
        stage: { index: stage.index, name: stage.name },
        line,
        instruction,
        text,
        cache,
        layer: layer && { digest: layer.digest },
      })),
    })),
  }));
  const lines = cases.map(of => JSON.stringify(of)).join(",\n");
  const text = `{"bases":${JSON.stringify(bases)},\n"cases":[\n${lines}\n]}\n`;
  await writeFile(join(import.meta.dirname, `../../fixtures/keys/${family}.json`), text);
}

describe.each(["fork", "upstream"] as const)("%s", family => {
  test.skipIf(why[family])(
    `every key that is called known is the executor's${skipNote(why[family])}`,
    { timeout: 600_000 },
    async () => {
      const built = await buildAll(family);
      const wrong = built.flatMap(({ of, records }) =>
        records.flatMap(({ prediction, steps }, at) => {
          const numbers = [...(prediction?.wrong ?? []), ...(prediction?.results.wrong ?? [])];
          const texts = numbers.map(number => `${number} ${steps.find(step => step.number === number)?.text}`);
          const isMissing = prediction === undefined || prediction.unknown !== null;
          return texts.length > 0 || isMissing
            ? [{ name: of.name, build: at + 1, texts, why: prediction?.unknown }]
            : [];
        }),
      );
      expect(wrong).toEqual([]);
      if (process.env.KANIKO_LAB_WRITE_FIXTURES === "1") await writeOutcomes(family, built);
      const last = built.map(({ of, records }) => ({ of, prediction: records.at(-1)?.prediction }));
      const unknown = last.flatMap(({ of, prediction }) => {
        const count = (prediction?.keys ?? 0) - (prediction?.known ?? 0);
        // An image's files are known as soon as another case has brought its layers.
        return count <= (of.unknown?.[family]?.length ?? 0) ? [] : [`${of.name}: ${count}`];
      });
      expect(unknown).toEqual([]);
    },
  );
});
