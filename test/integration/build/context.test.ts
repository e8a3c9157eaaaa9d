import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { busybox, type Family, Place, sh, skipNote, whyNot, whyNotAgain } from "./support.ts";

const dockerfile = `FROM ${busybox} AS one
ARG DIR=src
ENV TARGET=/opt
WORKDIR /work
COPY \${DIR}/*.txt ./texts/
COPY $DIR $TARGET/all
COPY etc/conf /tmp
RUN ln -s /opt /linked
COPY etc/conf /linked/conf2
ADD archive.tgz /unpacked/
FROM ${busybox} AS notneeded
COPY big /big
FROM one
COPY script.sh node_modules /stuff/
COPY --chmod=755 script.sh script
COPY . /everything
RUN rm -r /everything
`;

const files = {
  Dockerfile: dockerfile,
  ".dockerignore": "node_modules\n!node_modules/keep\nbig\n",
  "src/a.txt": "a",
  "src/b.md": "b",
  "src/deep/c ü.txt": "c",
  "etc/conf": "conf",
  "big/blob": "x".repeat(5000),
  "node_modules/x/y/z": "z",
  "node_modules/keep": "kept",
  "script.sh": "#!/bin/sh\n",
};

for (const family of ["fork", "upstream"] as const) {
  const reason = whyNotAgain("sandbox", family);
  describe.skipIf(reason)(`the context of a build, ${family}${skipNote(reason)}`, () => testContext(family));
}

function testContext(family: Family): void {
  let place: Place;
  beforeAll(async () => {
    place = await Place.create(files);
    sh("tar", "-C", place.path("context", "etc"), "-czf", place.path("context", "archive.tgz"), "conf");
    await symlink("a.txt", place.path("context", "src", "link"));
    await place.build({ driver: "sandbox", family });
  });
  afterAll(() => place.remove());

  test("each file is found at the path it became, with its very content", async () => {
    const { uses, uncertain, unused } = await place.json("context");
    expect(uncertain).toEqual([]);
    expect(unused.files).toBe(0);
    const shown = uses.map((use: Use) => `${use.step} ${use.path} ${use.imagePath} ${use.state}`);
    expect(shown.filter((line: string) => !line.includes("everything"))).toEqual([
      "5 src/a.txt work/texts/a.txt same",
      "6 src/a.txt opt/all/a.txt same",
      "6 src/b.md opt/all/b.md same",
      "6 src/deep/c ü.txt opt/all/deep/c ü.txt same",
      "6 src/link opt/all/link same",
      "7 etc/conf tmp/conf same",
      "9 etc/conf opt/conf2 same",
      "10 archive.tgz unpacked unpacked",
      "14 script.sh stuff/script.sh same",
      "14 node_modules/keep stuff/keep same",
      "15 script.sh work/script same",
    ]);
    for (const { path, contentDigest, state } of uses as Use[]) {
      if (contentDigest === null) continue;
      const content = readFileSync(place.path("context", path));
      expect(contentDigest).toBe(`sha256:${createHash("sha256").update(content).digest("hex")}`);
      expect(state === "same" || state === "unpacked", path).toBe(true);
    }
  });

  test("a COPY of the whole brings exactly what is listed", async () => {
    const { uses } = await place.json("context", "latest", "--step", "16");
    const copied = await place.json("ls", "latest", "/everything", "--recursive", "--step", "16");
    const found = copied.entries.filter(({ type }: { type: string }) => type !== "dir");
    expect(found.map(({ path }: { path: string }) => path).sort()).toEqual(
      uses.map(({ imagePath }: Use) => imagePath).sort(),
    );
    expect(uses.every(({ state }: Use) => state === "same")).toBe(true);
  });
}

const missing = whyNot("sandbox");
describe.skipIf(missing)(`a context with too much in it${skipNote(missing)}`, () => {
  test("what no step took is named, also in another cache folder; a secret has no digest", async () => {
    const place = await Place.create({
      Dockerfile: `FROM ${busybox}\nCOPY used /used\nRUN --mount=type=bind,source=mounted,target=/m cat /m > /seen\n`,
      used: "used",
      mounted: "mounted",
      npmrc: "token=abcdefgh",
      "notes/a": "aa",
      "notes/b/c": "ccc",
    });
    try {
      await place.build({ driver: "sandbox" }, "--secret", `id=npm,src=${place.path("context", "npmrc")}`);
      const { unused, uses } = await place.json("context");
      expect(unused).toMatchObject({
        files: 3,
        sizeBytes: 19,
        places: [
          { path: "npmrc", isFolder: false },
          { path: "notes", isFolder: true, files: 2, sizeBytes: 5 },
        ],
      });
      expect(unused.entries.at(-1)).toMatchObject({ path: "npmrc", contentDigest: null });
      expect(uses.map((use: Use) => `${use.step} ${use.state}`)).toEqual(["2 same", "3 mounted"]);
      const shown = await place.run(["context", "--unused"]);
      expect(shown.stdout).toContain("      5 B  notes/  2 files\n");
      expect(shown.stderr).toContain("never used: 3 files, 19 B\nhint: name them in .dockerignore\n");

      await place.text("export", "latest", "--to", place.path("one.klab"));
      const there = ["--cache-dir", place.path("other")];
      await place.text("import", place.path("one.klab"), ...there);
      expect(await place.json("context", "latest", ...there)).toEqual(await place.json("context"));
    } finally {
      await place.remove();
    }
  });
});

interface Use {
  readonly step: number;
  readonly path: string;
  readonly imagePath: string | null;
  readonly contentDigest: string | null;
  readonly state: string;
}
