import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { busybox, missing, Place, skipNote } from "./support.ts";

const dockerfile = `FROM ${busybox} AS builder
RUN mkdir /app && printf 'first line\\ntoken=one\\n' > /app/env && printf '\\000token=bin' > /app/tool
RUN printf 'token=two\\n' > /app/env
RUN rm /app/env && echo token=three > "/app/with space"
FROM ${busybox}
COPY --from=builder /app /srv
`;

interface Found {
  readonly path: string;
  readonly step: number;
  readonly lineNumber: number | null;
  readonly line: string | null;
  readonly fate: { readonly state: string; readonly step: number | null };
  readonly command: string;
}

describe.skipIf(missing)(`contents of a real build${skipNote(missing)}`, () => {
  let place: Place;
  beforeAll(async () => {
    place = await Place.create({ Dockerfile: dockerfile });
    await place.build({});
  });
  afterAll(() => place.remove());

  async function found(...words: string[]): Promise<Found[]> {
    return (await place.json("search", "--content", ...words)).matches;
  }

  test("every version is found, with what became of it", async () => {
    const matches = await found("token=");
    expect(matches.map(({ path, step, lineNumber, fate }) => [path, step, lineNumber, fate.state, fate.step])).toEqual([
      ["app/env", 2, 2, "overwritten", 3],
      ["app/tool", 2, null, "present", null],
      ["app/env", 3, 1, "deleted", 4],
      ["app/with space", 4, 1, "present", null],
      ["srv/tool", 6, null, "present", null],
      ["srv/with space", 6, 1, "present", null],
    ]);
  });

  test("the command of a hit prints that very version", async () => {
    const [one, , two, three] = await found("token=");
    expect(one?.command).toContain(`--cache-dir ${place.cache}`);
    const printed = async ({ command }: Found) => {
      const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, inQuotes, plain]) => inQuotes ?? plain ?? "");
      return place.text(...words.slice(1));
    };
    expect(await printed(one as Found)).toBe("first line\ntoken=one\n");
    expect(await printed(two as Found)).toBe("token=two\n");
    expect(await printed(three as Found)).toBe("token=three\n");
  });

  test("some files, some lines, and nothing", async () => {
    expect(
      (await found("-e", "TOKEN=(one|two)$", "-i", "latest", "--path", "/app/**")).map(({ line }) => line),
    ).toEqual(["token=one", "token=two"]);
    expect((await place.run(["search", "--content", "nowhere to be found"])).status).toBe(1);
    expect((await place.run(["search", "--content", "(", "-e"])).status).toBe(2);
  });
});
