import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BuildDocument, busybox, hasProgram, missing, Place, sh, skipNote } from "./support.ts";

const reason =
  missing ||
  (process.getuid?.() === 0 ? "" : "not root: the image cannot be unpacked with its owners") ||
  (hasProgram("skopeo") ? "" : "no skopeo");

const dockerfile = `FROM ${busybox}
COPY data /data
RUN mkdir -p /srv/a/b && echo one > /srv/a/b/one && ln -s b/one /srv/a/link && ln /srv/a/b/one /srv/a/hard
RUN echo two >> /srv/a/b/one && chmod 4755 /data/tool && chown -R 12:34 /data/sub
RUN rm -r /data/sub && rm /srv/a/link && mkdir /srv/a/link && echo in > /srv/a/link/in
RUN rm -rf /srv/a/b && mkdir -p /srv/a/b && touch -d '2001-02-03 04:05:06' /srv/a/b/new && mkfifo /srv/fifo
RUN printf 'x' > "/srv/two words" && printf 'y' > /srv/ünïcode
`;

interface Entry {
  readonly path: string;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly mtime: string;
  readonly link: string | null;
  readonly contentDigest: string | null;
}

describe.skipIf(reason)(`what the commands tell, and what is really there${skipNote(reason)}`, () => {
  let place: Place;
  let build: BuildDocument;
  /** The image unpacked by skopeo's reading and the machine's tar. */
  let unpacked: string;

  beforeAll(async () => {
    place = await Place.create({
      Dockerfile: dockerfile,
      "data/tool": "#!/bin/sh\n",
      "data/sub/deep/file": "deep\n",
      "data/keep": "kept\n",
    });
    build = await place.build({}, "--destination", "127.0.0.1:5000/lab/truth:1");
    unpacked = mkdtempSync(join(tmpdir(), "kaniko-lab-unpacked-"));
    unpackImage(place.path("copy"), unpacked);
  });
  afterAll(async () => {
    rmSync(unpacked, { recursive: true, force: true });
    await place.remove();
  });

  /** As a runtime does it: layer by layer, whiteouts removed before what the layer brings. */
  function unpackImage(layout: string, into: string): void {
    sh("skopeo", "copy", "-q", "--src-tls-verify=false", "docker://127.0.0.1:5000/lab/truth:1", `oci:${layout}:it`);
    const blob = (digest: string) => join(layout, "blobs", digest.replace(":", "/"));
    const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8"));
    const manifest = JSON.parse(readFileSync(blob(index.manifests[0].digest), "utf8"));
    for (const { digest } of manifest.layers as { digest: string }[]) {
      const names = sh("tar", "-tzf", blob(digest), "--quoting-style=literal").split("\n");
      for (const name of names.filter(each => /(^|\/)\.wh\./.test(each)))
        rmSync(join(into, name.replace(/(^|\/)\.wh\./, "$1")), { recursive: true, force: true });
      sh("tar", "-xzpf", blob(digest), "-C", into, "--numeric-owner", "--same-owner", "--exclude=.wh.*");
    }
  }

  function* reallyThere(folder = "", skip: readonly string[] = []): Generator<string> {
    for (const name of readdirSync(join(unpacked, folder))) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (skip.includes(path)) continue;
      yield path;
      if (lstatSync(join(unpacked, path)).isDirectory()) yield* reallyThere(path);
    }
  }

  test("ls: every path of the unpacked image with type, mode, owner, size, time and link; nothing else", async () => {
    const { entries } = (await place.json("ls", "latest", "/", "--recursive")) as { entries: Entry[] };
    expect(entries.map(entry => entry.path).sort()).toEqual([...reallyThere()].sort());
    for (const entry of entries) {
      const real = lstatSync(join(unpacked, entry.path));
      const type = real.isDirectory() ? "dir" : real.isSymbolicLink() ? "symlink" : real.isFIFO() ? "fifo" : "file";
      const told = { ...entry, type: entry.type === "hardlink" ? "file" : entry.type, mode: entry.mode };
      expect(told, entry.path).toMatchObject({ type, uid: real.uid, gid: real.gid });
      if (type === "symlink") {
        expect(entry.link).toBe(readlinkSync(join(unpacked, entry.path)));
        continue;
      }
      expect(entry.mode, entry.path).toBe(real.mode & 0o7777);
      if (type !== "file") continue;
      const content = readFileSync(join(unpacked, entry.path));
      expect(entry.contentDigest, entry.path).toBe(`sha256:${createHash("sha256").update(content).digest("hex")}`);
      if (entry.type !== "hardlink") expect(entry.sizeBytes, entry.path).toBe(real.size);
      expect(Math.floor(Date.parse(entry.mtime) / 1000), entry.path).toBe(Math.floor(real.mtimeMs / 1000));
    }
  });

  test("layers and search: the names that tar -t lists", async () => {
    const { layers } = await place.json("layers");
    expect(layers.length).toBe(build.steps.length);
    for (const layer of layers as {
      file: string;
      entries: number;
      digest: string;
      tarBytes: number;
      index: number;
    }[]) {
      const names = sh("tar", "-tzf", layer.file, "--quoting-style=literal").split("\n").filter(Boolean);
      expect(layer.entries).toBe(names.length);
      expect(layer.tarBytes).toBe(Number(sh("sh", "-c", 'gzip -dc "$1" | wc -c', "sh", layer.file)));
    }
    const { matches } = await place.json("search", "--regex", ".", "latest");
    const found = (matches as { layer: number; path: string; kind: string }[]).map(
      match => `${match.layer} ${match.kind === "D" ? withWhiteout(match.path) : match.path}`,
    );
    const listed = (layers as { file: string; index: number }[]).flatMap(layer =>
      sh("tar", "-tzf", layer.file, "--quoting-style=literal")
        .split("\n")
        .filter(name => name !== "")
        .map(name => name.replace(/^\.?\/+/, "").replace(/\/$/, ""))
        .map(name => `${layer.index} ${name}`),
    );
    expect([...new Set(found)].sort()).toEqual([...new Set(listed)].sort());
  });

  function withWhiteout(path: string): string {
    return path.replace(/([^/]*)$/, ".wh.$1");
  }

  test("cat: the bytes of files, through hard links too; what is no file is said", async () => {
    for (const path of ["srv/two words", "srv/ünïcode", "data/keep", "bin/busybox", "srv/a/hard"])
      expect((await place.bytes("cat", "latest", `/${path}`)).equals(readFileSync(join(unpacked, path))), path).toBe(
        true,
      );
    expect(await place.text("cat", "latest", "/srv/a/b/one", "--step", "3")).toBe("one\n");
    expect(await place.text("cat", "latest", "/srv/a/b/one", "--step", "4")).toBe("one\ntwo\n");
    expect(await place.text("cat", "latest", "/srv/a/link", "--step", "4")).toBe("one\ntwo\n");
    for (const path of ["/srv/a", "/srv/fifo", "/srv/a/b/one"])
      expect((await place.run(["cat", "latest", path])).status, path).toBe(path === "/srv/a/b/one" ? 1 : 2);
  });

  test("diff: what a step really changed", async () => {
    const { changes, counts } = await place.json("diff", "latest", "--step", "4");
    const told = Object.fromEntries(
      (changes as { path: string; kind: string; causes: string[] }[]).map(({ path, kind, causes }) => [
        path,
        [kind, ...causes],
      ]),
    );
    expect(told).toMatchObject({
      "srv/a/b/one": ["M", "content", "time"],
      "data/tool": ["M", "mode"],
      "data/sub": ["M", "owner"],
      "data/sub/deep/file": ["M", "owner"],
    });
    expect(counts.deleted).toBe(0);
    const removed = await place.json("diff", "latest", "--step", "5");
    const kinds = new Map(
      (removed.changes as { path: string; kind: string }[]).map(change => [change.path, change.kind]),
    );
    expect(
      [...kinds]
        .filter(([, kind]) => kind === "D")
        .map(([path]) => path)
        .sort(),
    ).toEqual(["data/sub", "data/sub/deep", "data/sub/deep/file"]);
    expect(kinds.get("srv/a/link")).toBe("M");
    expect(kinds.get("srv/a/link/in")).toBe("A");

    // The sum of all steps is what lies between the base and the image.
    const all = await place.json("diff", "latest", "--from", "1", "--to", "7");
    const base = await place.json("ls", "latest", "/", "--recursive", "--step", "1");
    const before = new Set((base.entries as Entry[]).map(entry => entry.path));
    const added = (all.changes as { path: string; kind: string }[]).filter(change => change.kind === "A");
    expect(added.map(change => change.path).sort()).toEqual(
      [...reallyThere()].filter(path => !before.has(path)).sort(),
    );
  });

  test("history: each step that touched a path", async () => {
    const { history } = await place.json("history", "latest", "/srv/a/b/one");
    expect((history as { step: number; kind: string }[]).map(({ step, kind }) => [step, kind])).toEqual([
      [3, "A"],
      [4, "M"],
      [6, "D"],
    ]);
  });

  test("extract: the same tree as the unpacked image", async () => {
    const out = place.path("out");
    const { skipped, written } = await place.json("extract", "latest", "--all", "--owner", "--to", out);
    expect(skipped).toEqual(["srv/fifo"]);
    const kinds = [...reallyThere()].map(path => lstatSync(join(unpacked, path)));
    expect(written).toBe(kinds.filter(kind => kind.isFile() || kind.isSymbolicLink()).length);
    expect(() => sh("diff", "-r", "--no-dereference", "--exclude=fifo", out, unpacked)).not.toThrow();
    const list = (folder: string) =>
      sh("sh", "-c", `cd "$1" && find . -mindepth 1 ! -type p -printf '%p %y %m %U:%G %l %Ts\\n' | sort`, "sh", folder);
    expect(list(out)).toBe(list(unpacked));
    mkdirSync(place.path("some"));
    await place.text("extract", "latest", "/data", "--step", "3", "--to", place.path("some"));
    expect(readFileSync(place.path("some/data/sub/deep/file"), "utf8")).toBe("deep\n");
  });

  test("the pushed image tells the same, without an engine", async () => {
    const pushed = await place.json("ls", "docker://127.0.0.1:5000/lab/truth:1", "/", "--recursive");
    const own = await place.json("ls", "latest", "/", "--recursive");
    const plain = (entries: object[]) => entries.map(entry => ({ ...entry, layer: null }));
    expect(plain(pushed.entries)).toEqual(plain(own.entries));
    const { counts } = await place.json("diff", "latest", `oci:${place.path("copy")}`);
    expect(counts).toMatchObject({ added: 0, modified: 0, deleted: 0 });
  });
});
