import { chmod } from "node:fs/promises";
import { expect, test } from "vitest";
import { busybox, missing, Place, skipNote } from "../build/support.ts";

const dockerfile = `FROM ${busybox} AS deps
COPY app /app
RUN npm ci || echo no npm here
FROM ${busybox} AS stamp
COPY stamp /stamp
RUN ls /stamp
FROM ${busybox} AS modes
COPY modes /modes
FROM ${busybox}
ARG COMMIT
RUN echo one > /one
RUN echo $COMMIT > /commit
COPY --from=deps /app /app
COPY --from=stamp /stamp /stamp
COPY --from=modes /modes /modes
`;

test.skipIf(missing)(`advice is what was measured in past builds, or nothing${skipNote(missing)}`, async () => {
  const place = await Place.create({
    Dockerfile: dockerfile,
    "app/package.json": "{}\n",
    "app/main.js": "1\n",
    "stamp/now.txt": "1\n",
    "modes/run.sh": "#!/bin/sh\n",
  });
  try {
    await place.build({}, "--build-arg", "COMMIT=1");
    const none = await place.run(["advise"]);
    expect(none.status).toBe(0);
    expect(none.stdout).toBe("");
    expect(none.stderr).toContain("nothing to say");

    await place.write({ "app/main.js": "2\n", "stamp/now.txt": "2\n" });
    await place.build({}, "--build-arg", "COMMIT=2");
    await place.write({ "stamp/now.txt": "3\n", "spare.bin": "x".repeat(5000) });
    await chmod(place.path("context/modes/run.sh"), 0o755);
    await place.build({}, "--build-arg", "COMMIT=3");

    const { advice, builds } = await place.json("advise");
    expect(builds).toHaveLength(3);
    const found = advice.map(({ kind, text, names, builds: seen }: Advice) => [kind, text, names.join(), seen]);
    expect(found).toHaveLength(5);
    expect(found).toEqual(
      expect.arrayContaining([
        ["install-late", "RUN npm ci || echo no npm here", "app/main.js", 1],
        ["changing-files", "COPY stamp /stamp", "stamp/now.txt", 2],
        ["early-argument", "RUN echo one > /one", "COMMIT", 2],
        ["modes", "COPY modes /modes", "modes/run.sh", 1],
        ["unused-context", "", "spare.bin", 1],
      ]),
    );
    expect(advice.every(({ savedMs, savedBytes }: Advice) => savedMs > 0 || savedBytes > 0)).toBe(true);
    expect(advice.at(-1)).toMatchObject({ savedMs: 0, savedBytes: 5000 });

    // The very sum of what the steps took that ran for nothing.
    const steps = await Promise.all(["previous", "latest"].map(name => place.json("steps", name)));
    const lost = steps.map(
      document => document.steps.find(({ text }: Advice) => text === "RUN echo one > /one").durationMs,
    );
    const early = advice.find(({ kind }: Advice) => kind === "early-argument");
    expect(early.savedMs).toBe(lost[0] + lost[1]);

    const shown = await place.run(["advise"]);
    expect(shown.stdout.split("\n").filter(line => line.length > 80)).toEqual([]);
    // A changed list of what to install has to be installed.
    await place.write({ "app/package.json": '{"name":"a"}\n' });
    await place.build({}, "--build-arg", "COMMIT=3");
    const later = await place.json("advise");
    expect(later.advice.find(({ kind }: Advice) => kind === "install-late")).toMatchObject({ builds: 1 });
  } finally {
    await place.remove();
  }
});

interface Advice {
  readonly kind: string;
  readonly text: string;
  readonly names: readonly string[];
  readonly builds: number;
  readonly savedMs: number;
  readonly savedBytes: number;
}
