import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing, Place, registry, registryHas, skipNote } from "./support.ts";

const debian = `${registry}/base/debian:bookworm`;
const reason = missing || ((await registryHas("base/debian", "bookworm")) ? "" : `no ${debian}`);

const dockerfile = `FROM ${debian} AS pack
COPY tree /tree
RUN dpkg-deb --build --root-owner-group /tree /one.deb \\
 && sed -i 's/1.9-1/1.10-1/' /tree/DEBIAN/control \\
 && dpkg-deb --build --root-owner-group /tree /two.deb

FROM ${debian}
COPY --from=pack /*.deb /srv/
RUN dpkg --install /srv/one.deb
RUN dpkg --install /srv/two.deb && touch /unrelated
RUN chmod 600 /var/lib/dpkg/status
COPY modules /srv/node_modules
COPY python /usr/lib/python3/dist-packages
RUN dpkg --purge lab-sample && rm -r /srv/node_modules/@lab
`;

const control = `Package: lab-sample
Version: 1.9-1
Architecture: all
Maintainer: Lab <lab@example.org>
Installed-Size: 7
Description: a sample
`;

interface ChangeDocument {
  readonly change: string;
  readonly kind: string;
  readonly name: string;
  readonly before: { readonly version: string } | null;
  readonly after: { readonly version: string; readonly sizeBytes: number | null } | null;
}

interface StepDocument {
  readonly step: number;
  readonly line: number;
  readonly base: boolean;
  readonly changes: readonly ChangeDocument[];
}

describe.skipIf(reason)(`packages of a real build of two stages${skipNote(reason)}`, () => {
  let place: Place;
  beforeAll(async () => {
    place = await Place.create({
      Dockerfile: dockerfile,
      "tree/DEBIAN/control": control,
      "tree/usr/share/lab-sample/text": "hello\n",
      "modules/@lab/scoped/package.json": '{"name":"@lab/scoped","version":"3.0.0"}',
      "modules/plain/package.json": '{"name":"plain","version":"0.1.0"}',
      "python/sample-2.5.dist-info/METADATA": "Metadata-Version: 2.1\nName: sample\nVersion: 2.5\n",
    });
    await place.build();
  });
  afterAll(() => place.remove());

  const told = (steps: readonly StepDocument[]) =>
    steps.flatMap(({ step, line, base, changes }) =>
      base
        ? []
        : changes.map(({ change, kind, name, before, after }) =>
            [step, line, change, kind, name, before?.version ?? "-", after?.version ?? "-"].join(" "),
          ),
    );

  test("what each step did, through all stages", async () => {
    const { steps } = await place.json("packages");
    expect(told(steps)).toEqual([
      "6 9 added dpkg lab-sample - 1.9-1",
      "7 10 upgraded dpkg lab-sample 1.9-1 1.10-1",
      "9 12 added npm @lab/scoped - 3.0.0",
      "9 12 added npm plain - 0.1.0",
      "10 13 added python sample - 2.5",
      "11 14 removed dpkg lab-sample 1.10-1 -",
      "11 14 removed npm @lab/scoped 3.0.0 -",
    ]);
    expect((steps as StepDocument[]).find(({ step }) => step === 6)?.changes[0]?.after?.sizeBytes).toBe(7 * 1024);
  });

  test("the base's packages are those that dpkg itself would list", async () => {
    const status = await place.text("cat", "latest", "/var/lib/dpkg/status", "--step", "4");
    const names = status
      .split("\n\n")
      .filter(paragraph => /^Status: \w+ \w+ installed$/m.test(paragraph))
      .map(paragraph => /^Package: (.*)$/m.exec(paragraph)?.[1]);
    const { steps } = await place.json("packages", "--step", "4");
    expect(names.length).toBeGreaterThan(50);
    expect((steps as StepDocument[])[0]?.changes.map(({ name }) => name).sort()).toEqual(names.sort());
  });

  test("one step, one manager, and the table", async () => {
    expect(told((await place.json("packages", "--step", "7")).steps)).toEqual([
      "7 10 upgraded dpkg lab-sample 1.9-1 1.10-1",
    ]);
    expect(told((await place.json("packages", "--kind", "python")).steps)).toEqual(["10 13 added python sample - 2.5"]);
    const table = await place.text("packages");
    expect(table).toContain("^  dpkg  lab-sample  0 B  1.9-1 → 1.10-1");
    expect(table).toMatch(/step 4 {2}FROM .*\n {2}\d+ added \(--base lists them\)/);
    for (const line of table.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect((await place.run(["packages", "--step", "99"])).status).toBe(2);
  });
});
