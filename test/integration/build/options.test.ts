import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  answersWithLogin,
  type BuildDocument,
  buildArgs,
  busybox,
  filesNaming,
  hasProgram,
  lockedRegistry,
  manifestTypes,
  missing,
  Place,
  registry,
  type StepDocument,
  sh,
  sha256Of,
  skipNote,
} from "./support.ts";

let place: Place;
beforeEach(async () => {
  place = await Place.create();
});
afterEach(() => place.remove());

async function build(files: Readonly<Record<string, string>>, ...more: string[]): Promise<BuildDocument> {
  await place.write(files);
  return place.build({}, ...more);
}

function statusOf(steps: readonly StepDocument[]): Record<string, string> {
  return Object.fromEntries(steps.map(step => [step.text, step.status]));
}

function config(): { config: { Labels?: Record<string, string>; Env: string[] }; history: unknown[]; created: string } {
  return JSON.parse(readFileSync(place.path("cache/config.json"), "utf8"));
}

const locked = (await answersWithLogin(lockedRegistry)) ? "" : `no registry with a password at ${lockedRegistry}`;

describe.skipIf(missing)(`options of a build${skipNote(missing)}`, () => {
  test("target: what is behind it is skipped; squashed stages keep their steps", async () => {
    const Dockerfile = `FROM ${busybox} AS one\nRUN echo 1 > /one\nFROM one AS two\nRUN echo 2 > /two\nFROM two\nRUN echo 3 > /three\n`;
    const whole = await build({ Dockerfile });
    expect(statusOf(whole.steps)).toMatchObject({ "RUN echo 1 > /one": "executed", "RUN echo 3 > /three": "executed" });
    for (const step of whole.steps.filter(each => each.instruction === "RUN"))
      expect(step).toMatchObject({ layer: {}, added: 1 });
    expect(await place.text("cat", "latest", "/one")).toBe("1\n");
    expect(
      (await place.json("ls", "latest", "/", "--stage", "two")).entries.map((entry: { path: string }) => entry.path),
    ).toContain("two");

    const part = await build({}, "--target", "two");
    expect(statusOf(part.steps)).toMatchObject({
      "RUN echo 2 > /two": "cached",
      "RUN echo 3 > /three": "skipped",
      "FROM two": "skipped",
    });
    expect((await place.run(["cat", "latest", "/three"])).status).toBe(1);
    expect(await place.text("cat", "latest", "/two")).toBe("2\n");
  });

  test("a stage that nothing needs is skipped, and its base is not fetched", async () => {
    const { steps, build: record } = await build(
      { Dockerfile: `FROM ${registry}/no/such:1 AS unused\nRUN echo never\nFROM ${busybox}\nRUN echo 1 > /one\n` },
      "--",
      "--skip-unused-stages",
    );
    expect(statusOf(steps)).toMatchObject({ "RUN echo never": "skipped", "RUN echo 1 > /one": "executed" });
    expect(record.warnings).toEqual([]);
  });

  test("build arguments, from the line, the environment and the file; labels; flags behind --", async () => {
    await place.write({
      Dockerfile: `FROM ${busybox}\nARG A\nARG B\nARG C=default\nRUN echo "$A $B $C" > /args\n`,
      "kaniko-lab.yaml": "buildArgs: { A: file, B: file }\nlabels: { from: file }\nflags: [--label=flag=file]\n",
    });
    const args = [
      ...buildArgs(),
      "--build-arg",
      "A=line with words",
      "--label",
      "own=1",
      "--json",
      "--",
      "--label=last=2",
    ];
    const { status } = await place.run(args, { env: { B: "environment" } });
    expect(status).toBe(0);
    expect(await place.text("cat", "latest", "/args")).toBe("line with words file default\n");
    expect(config().config.Labels).toMatchObject({ from: "file", own: "1", flag: "file", last: "2" });
    await place.run([...buildArgs(), "--build-arg", "B"], { env: { B: "environment" } });
    expect(await place.text("cat", "latest", "/args")).toBe("file environment default\n");
  });

  test("cache off: nothing is looked up; each step that leaves a layer shows it", async () => {
    const { steps } = await build({ Dockerfile: `FROM ${busybox}\nENV A=1\nRUN echo 1 > /one\n` }, "--cache", "off");
    expect(steps.map(step => step.cache)).toMatchObject(steps.map(() => ({ key: null, result: "off" })));
    expect(steps.map(step => step.layer !== null)).toEqual([false, false, true]);
    expect(readdirSync(place.path("cache/layer-cache"))).toEqual([]);
  });

  const noSkopeo = hasProgram("skopeo") ? "" : "no skopeo";
  test.skipIf(noSkopeo)(`zstd, in files that say so${skipNote(noSkopeo)}`, async () => {
    // On a base of Docker's media types Kaniko stays with gzip.
    const base = `${registry}/lab/oci-base:1`;
    const plain = ["--src-tls-verify=false", "--dest-tls-verify=false", "--format=oci", "--quiet"];
    sh("skopeo", "copy", ...plain, `docker://${busybox}`, `docker://${base}`);
    const Dockerfile = `FROM ${base}\nRUN echo 1 > /one\n`;
    for (const cache of ["off", "on", "on"]) {
      const { steps } = await build({ Dockerfile }, "--compression", "zstd", "--cache", cache);
      const digest = steps[1]?.layer?.digest as string;
      const file = place.layerFiles().get(digest) as string;
      expect(file).toMatch(/\.tar\.zst$/);
      expect(sha256Of(file)).toBe(digest);
      expect(await place.text("cat", "latest", "/one")).toBe("1\n");
      const { layers } = await place.json("layers");
      expect(layers.at(-1)).toMatchObject({ digest, compression: "zstd", file });
    }
  });

  test("one snapshot for all steps: the layer is with the last", async () => {
    const { steps } = await build(
      { Dockerfile: `FROM ${busybox}\nRUN echo 1 > /one\nRUN echo 2 > /two\n` },
      "--single-snapshot",
      "--cache",
      "off",
    );
    expect(steps.map(step => step.layer !== null)).toEqual([false, false, true]);
    expect(steps.map(step => step.added)).toEqual([null, 0, 2]);
    expect(await place.text("cat", "latest", "/one")).toBe("1\n");
  });

  test("reproducible: two builds, one image", async () => {
    const first = await build(
      { Dockerfile: `FROM ${busybox}\nRUN echo 1 > /one\n` },
      "--reproducible",
      "--cache",
      "off",
    );
    const second = await build({}, "--reproducible", "--cache", "off");
    expect(second.build.manifest).toBe(first.build.manifest);
    expect(second.build.manifest).toMatch(/^sha256:/);
  });

  test("a Dockerfile outside the context, with its own ignore file", async () => {
    await place.write({ kept: "1", left: "2" });
    await writeFile(place.path("Other"), `FROM ${busybox}\nCOPY . /all\n`);
    await writeFile(place.path("Other.dockerignore"), "left\n");
    await place.build({}, "--dockerfile", place.path("Other"));
    const { entries } = await place.json("ls", "latest", "/all");
    expect(entries.map((entry: { path: string }) => entry.path)).toEqual(["all/kept"]);
    expect(
      readFileSync(join(place.cache, "builds", (await place.json("steps")).build.id, "Dockerfile"), "utf8"),
    ).toContain("COPY . /all");
  });

  test("the ignore file of the context; a Dockerfile of another name by kaniko-lab.yaml", async () => {
    await place.write({
      "build.Dockerfile": `FROM ${busybox}\nCOPY . /all\n`,
      "kaniko-lab.yaml": "dockerfile: build.Dockerfile\nname: named\n",
      ".dockerignore": "*\n!kept\n",
      kept: "1",
      left: "2",
    });
    await place.build();
    const { entries } = await place.json("ls", "named", "/all");
    expect(entries.map((entry: { path: string }) => entry.path)).toEqual(["all/kept"]);
  });

  test("here-documents and continued lines keep their lines", async () => {
    const { steps } = await build({
      Dockerfile: `FROM ${busybox}\nRUN <<EOF\necho one > /one\necho two > /two\nEOF\nCOPY <<EOF /three\nthird\nEOF\nRUN echo \\\n  # a comment\n  four > /four\n`,
    });
    expect(steps.map(({ line }) => line)).toEqual([1, 2, 6, 9]);
    expect(steps.map(step => step.status)).toEqual(["executed", "executed", "executed", "executed"]);
    expect(steps.slice(1).map(step => step.added)).toEqual([2, 1, 1]);
    expect(await place.text("cat", "latest", "/three")).toBe("third\n");
    expect(await place.text("cat", "latest", "/four")).toBe("four\n");
  });

  test("triggers of the base image (ONBUILD) are steps of their own", async () => {
    const base = `${registry}/lab/onbuild:1`;
    await build({ Dockerfile: `FROM ${busybox}\nONBUILD RUN echo triggered > /triggered\n` }, "--destination", base);
    const { steps } = await build({ Dockerfile: `FROM ${base}\nRUN echo own > /own\n` });
    const trigger = steps.find(step => step.text === "RUN echo triggered > /triggered");
    expect(trigger).toMatchObject({ line: null, status: "executed", layer: { digest: expect.any(String) }, added: 1 });
    expect(await place.text("cat", "latest", "/triggered")).toBe("triggered\n");
    expect(steps.at(-1)).toMatchObject({ text: "RUN echo own > /own", added: 1 });
  });

  test("a context as a tar file: steps come from the log", async () => {
    await place.write({ Dockerfile: `FROM ${busybox}\nCOPY file /file\nRUN echo 1 > /one\n`, file: "packed" });
    sh("tar", "-czf", place.path("context.tar.gz"), "-C", place.path("context"), ".");
    const args = ["build", `tar://${place.path("context.tar.gz")}`, ...buildArgs().slice(2)];
    const { steps } = JSON.parse(await place.text(...args, "--json")) as BuildDocument;
    expect(steps.filter(step => step.instruction !== "FROM")).toMatchObject([
      { text: "COPY file /file", status: "executed", layer: { digest: expect.any(String) } },
      { text: "RUN echo 1 > /one", status: "executed", layer: { digest: expect.any(String) } },
    ]);
    expect(await place.text("cat", "latest", "/file")).toBe("packed");
    expect(await place.text("cat", "latest", "/bin/busybox").then(text => text.length)).toBeGreaterThan(1000);
  });

  test("the layer cache in a registry: layers of earlier stages, too", async () => {
    const cache = `${registry}/cache/${Date.now().toString(36)}`;
    const Dockerfile = `FROM ${busybox} AS one\nRUN echo 1 > /one\nFROM ${busybox}\nCOPY --from=one /one /copied\n`;
    const first = await build({ Dockerfile }, "--cache", cache);
    expect(first.build.warnings).toEqual([]);
    expect(first.steps.map(step => step.cache.result).filter(result => result === "hit")).toEqual([]);
    for (const step of first.steps.filter(each => each.instruction !== "FROM"))
      expect(step).toMatchObject({ layer: {}, added: 1 });
    expect(await place.text("cat", "latest", "/one", "--stage", "one")).toBe("1\n");
    for (const [digest, file] of place.layerFiles()) expect(sha256Of(file)).toBe(digest);

    const second = await build({}, "--cache", cache);
    expect(second.steps.map(step => step.cache.result).filter(result => result === "hit")).toHaveLength(2);
    expect(second.steps.map(step => step.layer?.digest)).toEqual(first.steps.map(step => step.layer?.digest));
  });

  test.skipIf(locked)(`a base from and a push to a registry with a password${skipNote(locked)}`, async () => {
    const auth = Buffer.from("lab:lab").toString("base64");
    await writeFile(place.path("login.json"), JSON.stringify({ auths: { [lockedRegistry]: { auth } } }));
    const destination = `${lockedRegistry}/lab/pushed:1`;
    const { build: record, steps } = await build(
      { Dockerfile: `FROM ${lockedRegistry}/base/busybox:1\nRUN echo 1 > /one\n` },
      ...["--docker-config", place.path("login.json"), "--destination", destination],
    );
    expect(record.warnings).toEqual([]);
    expect(steps[0]?.baseLayers).toHaveLength(1);
    const manifest = await fetch(`http://${lockedRegistry}/v2/lab/pushed/manifests/1`, {
      headers: { authorization: `Basic ${auth}`, accept: manifestTypes },
    });
    expect(manifest.headers.get("docker-content-digest")).toBe(record.manifest);
    expect(await filesNaming(place.cache, auth)).toEqual([]);
  });
});
