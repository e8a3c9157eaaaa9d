import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { busybox, missing, Place, sh, skipNote } from "./support.ts";

const dockerfile = `FROM ${busybox} AS make
RUN mkdir /out && head -c 40000 /dev/urandom > /out/large && echo small > /out/small

FROM ${busybox}
COPY --from=make /out /srv/
RUN chmod -R 700 /srv
RUN mv /srv/large /srv/moved && echo other > /srv/small
RUN mkdir -p /var/cache/apk && head -c 3000 /dev/urandom > /var/cache/apk/x.apk && rm /bin/true
RUN head -c 500 /dev/urandom > /forgotten.pem
RUN rm /forgotten.pem
`;

interface Finding {
  readonly kind: string;
  readonly step: number;
  readonly line: number;
  readonly other: { readonly step: number } | null;
  readonly sizeBytes: number;
  readonly paths: readonly { readonly path: string; readonly same: string | null }[];
}

describe.skipIf(missing)(`waste of a real build of two stages${skipNote(missing)}`, () => {
  let place: Place;
  beforeAll(async () => {
    place = await Place.create({ Dockerfile: dockerfile });
    await place.build();
  });
  afterAll(() => place.remove());

  test("each finding with its step, its Dockerfile line and what took its place", async () => {
    const document = await place.json("waste");
    const told = (document.findings as Finding[]).map(({ kind, step, line, other, sizeBytes, paths }) =>
      [kind, step, line, other?.step ?? "-", sizeBytes, ...paths.map(({ path }) => path)].join(" "),
    );
    expect(told.sort()).toEqual([
      "apk 7 8 - 3000 var/cache/apk/x.apk",
      "deleted 8 9 9 500 forgotten.pem",
      "moved 4 5 6 40000 srv/large",
      "overwritten 4 5 6 6 srv/small",
      "rewritten 5 6 4 40006 srv/large srv/small",
    ]);
    expect(document.wastedBytes).toBe(83_512);
    expect(document.efficiency).toBeCloseTo(1 - 83_512 / document.storedBytes);
  });

  test("stored bytes are those of the files in the layers, as tar lists them", async () => {
    const { layers } = await place.json("layers");
    const { layers: judged } = await place.json("waste", "--base");
    for (const { digest, storedBytes } of judged as { digest: string; storedBytes: number }[]) {
      const file = (layers as { digest: string; file: string }[]).find(layer => layer.digest === digest)
        ?.file as string;
      const sizes = sh("tar", "-tvzf", file)
        .split("\n")
        .filter(line => line.startsWith("-"))
        .map(line => Number(line.split(/\s+/)[2]));
      expect(storedBytes, digest).toBe(sizes.reduce((sum, size) => sum + size, 0));
    }
  });

  test("rules: exit status 1 and the name of what is broken; accepted paths", async () => {
    expect((await place.run(["waste", "--max-waste", "100kB", "--max-step-size", "1MB"])).status).toBe(0);
    const broken = await place.run(["waste", "--max-waste", "5%", "--max-step-size", "20kB", "--deny", "*.pem"]);
    expect(broken.status).toBe(1);
    expect(broken.stderr).toContain("broken rule: max-waste 5%: 83.5 kB are wasted\n");
    expect(broken.stderr).toMatch(/broken rule: max-step-size 20kB: the layer of step 4 has 4\d/);
    expect(broken.stderr).toContain("broken rule: deny *.pem: /forgotten.pem (step 8)\n");
    const accepted = [
      "--allow",
      "srv/**",
      "--allow",
      "*.pem",
      "--ignore",
      "apk",
      "--deny",
      "*.pem",
      "--max-waste",
      "0",
    ];
    expect(await place.run(["waste", ...accepted])).toMatchObject({ status: 0 });
    expect((await place.run(["waste", "--max-waste", "much"])).status).toBe(2);
  });

  test("rules that come with the context", async () => {
    await place.write({ "kaniko-lab.yaml": "waste:\n  maxWaste: 5%\n  allow: [srv/*]\n  ignore: [apk]\n" });
    expect((await place.json("waste")).wastedBytes).toBe(500);
    const broken = await place.run(["waste", "--max-waste", "1"]);
    expect(broken).toMatchObject({ status: 1 });
    expect(broken.stderr).toContain("with the rules of");
    await place.write({ "kaniko-lab.yaml": "waste: { ignore: [nothing] }\n" });
    expect((await place.run(["waste"])).status).toBe(2);
    await place.write({ "kaniko-lab.yaml": "{}\n" });
  });

  test("the other stage, and the table", async () => {
    expect(await place.json("waste", "--stage", "make")).toMatchObject({ wastedBytes: 0, storedBytes: 40_006 });
    const table = await place.text("waste");
    expect(table).toContain("40 kB  step 4  moved later by step 6, 1 file");
    for (const line of table.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });
});
