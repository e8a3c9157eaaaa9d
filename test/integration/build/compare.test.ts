import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { busybox, missing, Place, sh, skipNote } from "./support.ts";

const before = `FROM ${busybox} AS words
COPY words.txt /words.txt
RUN sort /words.txt > /sorted.txt

FROM ${busybox}
COPY --from=words /sorted.txt /sorted.txt
COPY greet.sh /usr/bin/greet
RUN rm /bin/wget
ENV API_TOKEN=first-value-of-it LANG=C
CMD ["greet"]
`;

const after = before
  .replace("AS words", "AS lines")
  .replace("--from=words", "--from=lines")
  .replace("RUN rm /bin/wget", "RUN mkdir /extra && echo more > /extra/file\nRUN rm /bin/wget /bin/vi")
  .replace("first-value-of-it", "second-value-of-it")
  .replace('CMD ["greet"]', 'LABEL title=greeter\nUSER 1000\nEXPOSE 80\nCMD ["greet", "you"]');

describe.skipIf(missing)(`two builds beside each other${skipNote(missing)}`, () => {
  let place: Place;
  beforeAll(async () => {
    place = await Place.create({ Dockerfile: before, "words.txt": "b\na\n", "greet.sh": "#!/bin/sh\n" });
    await place.build({}, "--name", "first");
    await place.build({}, "--name", "again");
    await place.write({ Dockerfile: after, "words.txt": "c\na\n" });
    await place.build({}, "--name", "edited");
  });
  afterAll(() => place.remove());

  test("an edited Dockerfile: each step beside its own, with files, config and totals", async () => {
    const document = await place.json("compare", "again", "edited");
    const shown = document.steps.map(({ status, one, other }: { status: string; one: Named; other: Named }) =>
      [status, one?.number ?? "-", other?.number ?? "-", (other ?? one)?.instruction].join(" "),
    );
    expect(shown).toEqual([
      "edited 1 1 FROM",
      "files 2 2 COPY",
      "files 3 3 RUN",
      "same 4 4 FROM",
      "edited 5 5 COPY",
      "times 6 6 COPY",
      "added - 7 RUN",
      "edited 7 8 RUN",
      "edited 8 9 ENV",
      "added - 10 LABEL",
      "added - 11 USER",
      "added - 12 EXPOSE",
      "edited 9 13 CMD",
    ]);
    const rm = document.steps.find((step: { other: Named }) => step.other?.number === 8);
    expect(rm.files).toMatchObject({ added: 0, modified: 0, deleted: 1 });
    expect(document.files).toMatchObject({ added: 2, modified: 1, deleted: 1 });
    expect(document.config).toEqual([
      { field: "env", name: "API_TOKEN", kind: "M", before: "***", after: "***", masked: true },
      { field: "user", name: "", kind: "A", before: null, after: "1000", masked: false },
      { field: "cmd", name: "", kind: "M", before: '["greet"]', after: '["greet","you"]', masked: false },
      { field: "label", name: "title", kind: "A", before: null, after: "greeter", masked: false },
      { field: "port", name: "80/tcp", kind: "A", before: null, after: "", masked: false },
    ]);
    const { layers } = await place.json("layers", "edited");
    const known = new Map(
      layers.map((layer: { digest: string; sizeBytes: number }) => [layer.digest, layer.sizeBytes]),
    );
    const manifest = JSON.parse(sh("cat", place.path("cache", "builds", document.other.build, "manifest.json")));
    const stored = manifest.layers.map((layer: { digest: string }) => known.get(layer.digest));
    expect(document.other.sizeBytes).toBe(stored.reduce((sum: number, size: number) => sum + size, 0));
  });

  test("unpacked sizes are those of the files on a disk", async () => {
    const document = await place.json("compare", "again", "edited");
    await place.text("extract", "edited", "--all", "--to", place.path("out"));
    // Hard links count once, links and folders nothing.
    const sizes = sh("find", place.path("out"), "-type", "f", "-printf", "%i %s\n").trim().split("\n");
    const bytes = [...new Set(sizes)].reduce((sum, line) => sum + Number(line.split(" ")[1]), 0);
    expect(document.other.unpackedBytes).toBe(bytes);
  });

  test("what was built again from the same files does not differ; exit status and one step tell", async () => {
    const same = await place.run(["compare", "first", "again", "--exit-code"]);
    expect(same).toMatchObject({ status: 0 });
    expect(same.stderr).toMatch(/^9 the same/);
    expect(await place.run(["compare", "first", "edited", "--exit-code"])).toMatchObject({ status: 1 });
    const step = await place.run(["compare", "first", "edited", "--step", "2"]);
    expect(step.stdout).toMatch(/^M \/words\.txt {2}content 0 B/m);
    expect((await place.run(["compare", "first", "edited", "--step", "7"])).stderr).toContain("no step like step 7");
    expect((await place.run(["compare", "first", "edited", "--step", "99"])).status).toBe(2);
  });

  test("by default the build before and the latest one; tables fit, no secret is in the config's part", async () => {
    const shown = await place.run(["compare", "--changed"]);
    expect(shown.status).toBe(0);
    expect(shown.stdout).toContain("again → edited\n");
    expect(shown.stdout.split("\n").filter(line => [...line].length > 80)).toEqual([]);
    const config = await place.text("compare", "--config");
    expect(config).toContain("M env API_TOKEN  *** (another value)\n");
    expect(config).not.toContain("value-of-it");
  });

  test("an image of a registry is compared by its history", async () => {
    const document = await place.json("compare", `docker://${busybox}`, "edited");
    expect(document.steps.every(({ other }: { other: Named }) => other === null || other.stage.index === 1)).toBe(true);
    expect(document.files.added).toBeGreaterThan(0);
  });
});

interface Named {
  readonly number: number;
  readonly instruction: string;
  readonly stage: { readonly index: number };
}
