/** `watch` with real files, a real executor and its real layer cache. */

import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { afterEach, describe, expect, test } from "vitest";
import { program } from "../../support/built-program.ts";
import { buildArgs, busybox, Place, processesNaming, sh, skipNote, whyNot } from "../build/support.ts";
import { invalidatedBy, startWatching, type Watching, watchingOf } from "./support.ts";

const why = whyNot("sandbox");
const dockerfile = `FROM ${busybox}
COPY first.txt /first.txt
RUN cat /first.txt > /made
COPY src /src
RUN cat /src/* > /all
`;
const files = { Dockerfile: dockerfile, "first.txt": "one\n", "src/a.txt": "a\n", "src/b.txt": "b\n" };

let place: Place;
let watching: Watching | null = null;

async function start(given: Readonly<Record<string, string>>, ...more: string[]): Promise<Watching> {
  place = await Place.create(given);
  watching = startWatching(place, ...more);
  return watching;
}

/** A signal, and then nothing is left. */
async function stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  watching?.child.kill(signal);
  expect((await watching?.ended)?.status).toBe(130);
  expect(await place.halfWritten()).toEqual([]);
}

afterEach(async () => {
  watching?.child.kill("SIGKILL");
  await watching?.ended;
  watching = null;
  await place?.remove();
});

describe.skipIf(why)(`a watched context${skipNote(why)}`, () => {
  test("each change is predicted, built when it counts, and the prediction was right", async () => {
    const { type, changed } = await start(files);
    expect((await type("watching")).folder).toBe(place.path("context"));
    expect(await type("predicted")).toMatchObject({ next: "build", changes: [] });
    expect(await type("build-ended")).toMatchObject({ status: "succeeded", error: null });

    await place.write({ "src/a.txt": "another\n" });
    const predicted = await changed("src/a.txt");
    expect(predicted).toMatchObject({ needsBuild: true, next: "build" });
    expect(predicted.changes).toEqual([{ path: "src/a.txt", kind: "changed", meaning: "context" }]);
    expect(invalidatedBy(predicted)).toEqual([
      [4, ["src/a.txt"]],
      [5, 4],
    ]);
    const results = predicted.prediction.steps.map(({ result }: { result: string }) => result);
    expect(results).toEqual(["off", "hit", "hit", "miss", "skipped"]);
    const ended = await type("build-ended");
    expect(ended).toMatchObject({ status: "succeeded", prediction: { keys: 4, exact: 4, wrong: [], differences: [] } });

    // The same content again, and a file that no step takes: predicted, and nothing is built.
    await place.write({ "src/a.txt": "another\n", "notes.md": "no step takes it\n" });
    const same = await changed("src/a.txt", "notes.md");
    expect(same).toMatchObject({ needsBuild: false, next: "nothing", invalidated: [] });
    expect(same.unused).toEqual(["notes.md"]);

    // As editors save: another file in the place of the old one.
    await writeFile(place.path("context", ".first.txt.tmp"), "two\n");
    await rename(place.path("context", ".first.txt.tmp"), place.path("context", "first.txt"));
    const saved = await changed("first.txt");
    expect(invalidatedBy(saved).slice(0, 2)).toEqual([
      [2, ["first.txt"]],
      [3, 2],
    ]);
    expect((await type("build-ended")).status).toBe("succeeded");
    await stop();
  });

  test("a broken, a missing and a mended Dockerfile, an inserted line, a context that goes and comes back", async () => {
    const { type, changed } = await start(files, "--wait");
    expect(await type("predicted")).toMatchObject({ next: "ask" });
    await place.write({ Dockerfile: `${dockerfile}RUNN oops\n` });
    expect((await type("broken")).error).toMatchObject({ code: "dockerfile-syntax" });
    await rm(place.path("context/Dockerfile"));
    expect((await type("broken")).error).toMatchObject({ code: "dockerfile-not-found" });
    await place.write({ Dockerfile: dockerfile.replace("COPY src", "RUN echo new\nCOPY src") });
    const mended = await changed("Dockerfile");
    expect(mended.prediction.steps).toHaveLength(6);
    await rename(place.path("context"), place.path("elsewhere"));
    expect((await type("broken")).error).toMatchObject({ code: "context-not-found" });
    await rename(place.path("elsewhere"), place.path("context"));
    expect(await type("predicted")).toMatchObject({ next: "ask" });
    await stop("SIGINT");
  });

  test("an edited Dockerfile: the inserted step is its doing, those behind only follow", async () => {
    const { type } = await start(files);
    await type("build-ended");
    await place.write({ Dockerfile: dockerfile.replace("COPY src", "RUN echo new\nCOPY src") });
    const predicted = await type("predicted");
    expect(invalidatedBy(predicted)).toEqual([
      [4, ["Dockerfile"]],
      [5, 4],
      [6, 4],
    ]);
    expect(await type("build-ended")).toMatchObject({ status: "succeeded", prediction: { wrong: [] } });
    await stop();
  });

  test("ignored files are not noticed, until the rules change; links count as links", async () => {
    const { type, changed } = await start(
      { ...files, ".dockerignore": "src/b.txt\n", "kaniko-lab.yaml": "name: one\n" },
      "--wait",
    );
    await type("predicted");
    await place.write({ "src/b.txt": "ignored\n" });
    await symlink("/etc", place.path("context/src/link"));
    const linked = await changed("src/link");
    expect(linked.changes).toEqual([{ path: "src/link", kind: "added", meaning: "context" }]);
    await place.write({ ".dockerignore": "" });
    await changed(".dockerignore");
    await place.write({ "src/b.txt": "counts\n" });
    await changed("src/b.txt");
    await place.write({ "kaniko-lab.yaml": "nam: two\n" });
    expect((await type("broken")).error).toMatchObject({ code: "config-invalid" });
    await place.write({ "kaniko-lab.yaml": "name: two\n" });
    expect(await type("predicted")).toMatchObject({ needsBuild: true });
    await stop();
  });

  test("the cache folder in the context starts no build of its own, and a change during a build is built after it", async () => {
    const slow = `FROM ${busybox}\nCOPY . /all\nRUN while [ ! -e /workspace/go ]; do sleep 0.1; done\n`;
    place = await Place.create({ Dockerfile: slow, ".dockerignore": "cache\ngo\n", "a.txt": "a\n" });
    const [, ...args] = buildArgs({ driver: "sandbox" });
    watching = watchingOf(place.start(["watch", ...args, "--json", "--cache-dir", place.path("context/cache")]));
    const { type, next, all } = watching;
    const runs = (line: { type: string; event?: { type: string; step?: number } }) =>
      line.type === "build" && line.event?.type === "step-started" && line.event.step === 3;
    await next(runs);
    await place.write({ "a.txt": "changed while it is built\n" });
    expect(await type("predicted")).toMatchObject({ next: "after-build", needsBuild: true });
    await place.write({ go: "" });
    expect(await type("build-ended")).toMatchObject({ status: "succeeded", changedMeanwhile: ["a.txt"] });
    expect(await type("predicted")).toMatchObject({ next: "build" });
    expect(await type("build-ended")).toMatchObject({ status: "succeeded", changedMeanwhile: [] });
    // What the builds wrote would have been told by now, before this.
    await place.write({ "a.txt": "once more\n" });
    const last = await type("predicted");
    expect(last.changes.map(({ path }: { path: string }) => path)).toEqual(["a.txt"]);
    expect(all.filter(line => line.type === "warning")).toEqual([]);
    await type("build-ended");
  });

  test("a signal during a build ends it, and all of it", async () => {
    const { next } = await start({ Dockerfile: `FROM ${busybox}\nRUN sleep 1234567\n` });
    await next(line => line.type === "build" && line.event.type === "step-started" && line.event.step === 2);
    await stop();
    expect(processesNaming(place.root)).toEqual([]);
    const { builds } = await place.json("builds");
    expect(builds[0].status).toBe("cancelled");
  });

  test("restart cancels a build that a change has made useless", async () => {
    const { type, next } = await start(
      { Dockerfile: `FROM ${busybox}\nCOPY a /a\nRUN sleep 1234567\n`, a: "1\n" },
      "--restart",
    );
    await next(line => line.type === "build" && line.event.type === "step-started" && line.event.step === 3);
    await place.write({ Dockerfile: `FROM ${busybox}\nCOPY a /a\nRUN true\n` });
    expect((await type("build-ended")).status).toBe("cancelled");
    expect((await type("build-ended")).status).toBe("succeeded");
    await stop();
  });

  test("a step whose sources are thousands of files, all touched at once, is one change", async () => {
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`src/d${at % 50}/f${at}`, `${at}\n`]));
    const { type, changed } = await start({ ...many, Dockerfile: `FROM ${busybox}\nCOPY src /src\n` }, "--wait");
    await type("predicted");
    await mkdir(place.path("context/new"));
    await Promise.all(Object.keys(many).map(name => writeFile(place.path("context", name), "other\n")));
    const told = await changed(...Object.keys(many));
    expect(told.next).toBe("ask");
    expect(invalidatedBy(told)).toEqual([]);
    await stop();
  });
});

const noLimits = canLimit() ? "" : " (skipped: no user namespaces with limits of their own)";

function canLimit(): boolean {
  try {
    sh("unshare", "-Ur", "sh", "-c", "echo 4 > /proc/sys/user/max_inotify_watches");
    return true;
  } catch {
    return false;
  }
}

test.skipIf(noLimits !== "" || why !== "")(`a kernel that lets nothing more be watched${noLimits}`, async () => {
  place = await Place.create({ ...files, "x/y/z/a": "", "x/w/a": "", "x/v/a": "", "q/a": "" });
  const [, ...args] = buildArgs({ driver: "sandbox" });
  const words = [process.execPath, program, "watch", ...args, "--cache-dir", place.cache];
  words[words.indexOf("context")] = place.path("context");
  const script = 'echo 4 > /proc/sys/user/max_inotify_watches; "$@"; test $? = 3 && echo "status 3"';
  const told = sh("unshare", "-Ur", "sh", "-c", `(${script}) 2>&1`, "sh", ...words);
  expect(told).toContain("max_user_watches");
  expect(told).toContain("status 3");
});
