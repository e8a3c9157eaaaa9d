import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { busybox, missing, Place, sh, skipNote } from "./support.ts";

/** Written in parts: it must not look like a leak where this file lies. */
const token = `gh${"p_"}${"q9W8e7R6t5Y4u3I2o1P0a9S8d7F6g5H4j3K2"}`;
const key = `-----BEGIN RSA PRIVATE ${"KEY"}-----\n${"MIIEowIBAAKCAQEAx7dEfGhIjKlMnOp".repeat(4)}\n`;

const dockerfile = `FROM ${busybox} AS make
RUN echo ${token} > /only-here

FROM ${busybox}
COPY secrets /root/
COPY --from=make /etc/passwd /from-make
RUN rm /root/.ssh/id_rsa
RUN cp /bin/busybox /bin/as-root && chmod 4755 /bin/as-root && mkdir /open && chmod 777 /open
RUN echo "a=${token}" > /etc/settings && chown 4321:4321 /etc/settings && touch -d '2099-01-01 00:00:00' /late
ENV SERVICE_PASSWORD=hunter2hunter2
LABEL note=${token}
`;

interface Finding {
  readonly rule: string;
  readonly severity: string;
  readonly step: number | null;
  readonly line: number | null;
  readonly path: string | null;
  readonly digest: string | null;
  readonly tarOffset: number | null;
  readonly detail: string;
  readonly gone: { readonly step: number; readonly line: number; readonly how: string } | null;
}

describe.skipIf(missing)(`lint of a real build of two stages${skipNote(missing)}`, () => {
  let place: Place;
  beforeAll(async () => {
    place = await Place.create({ Dockerfile: dockerfile, "secrets/.ssh/id_rsa": key, "secrets/.netrc": "machine a" });
    await place.build();
  });
  afterAll(() => place.remove());

  const lint = async (...more: string[]) => {
    const { stdout, status } = await place.run(["lint", "--json", ...more]);
    return { document: JSON.parse(stdout), status };
  };

  test("each finding with step, Dockerfile line, and what hid it; the other stage and the base are left alone", async () => {
    const { document, status } = await lint();
    const told = (document.findings as Finding[]).map(({ rule, step, line, path, gone }) =>
      [rule, step, line, path ?? "-", gone === null ? "" : `${gone.how} by ${gone.step}`].join(" ").trim(),
    );
    expect(told.sort()).toEqual([
      "future-time 8 9 late",
      "secret-file 4 5 root/.ssh/id_rsa deleted by 6",
      "secret-github 10 11 -",
      "secret-github 8 9 -",
      "secret-github 8 9 etc/settings",
      "secret-private-key 4 5 root/.ssh/id_rsa deleted by 6",
      "secret-variable 9 10 -",
      "setuid 7 8 bin/as-root",
      "unknown-owner 8 9 etc/settings",
      "unknown-owner 8 9 etc/settings",
      "world-writable-folder 7 8 open",
    ]);
    expect(status).toBe(1);
  });

  test("the secrets themselves are nowhere in what is said", async () => {
    const runs = [await place.run(["lint"]), await place.run(["lint", "--json"])];
    for (const { stdout, stderr } of runs)
      for (const secret of [token.slice(8), "MIIEowIB", "hunter2"]) expect(stdout + stderr).not.toContain(secret);
    for (const line of (runs[0]?.stdout ?? "").split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("the offset is where tar has the header", async () => {
    const { document } = await lint("--rule", "secret-private-key");
    const [{ digest, tarOffset }] = document.findings as [Finding];
    const { layers } = await place.json("layers");
    const file = (layers as { digest: string; file: string }[]).find(layer => layer.digest === digest)?.file as string;
    const header = sh(
      "sh",
      "-c",
      'gzip -dc "$1" | tail -c "+$2" | head -c 100',
      "sh",
      file,
      String((tarOffset ?? 0) + 1),
    );
    expect(header.replace(/\0.*/s, "")).toBe("root/.ssh/id_rsa");
  });

  test("rules, severities, and the base on request", async () => {
    const skip = ["secret-file", "secret-github", "secret-private-key", "secret-variable"].flatMap(id => [
      "--skip",
      id,
    ]);
    expect((await lint(...skip)).status).toBe(0);
    expect((await lint(...skip, "--fail-on", "warning")).status).toBe(1);
    expect((await lint("--fail-on", "never")).status).toBe(0);
    expect((await lint("--rule", "device-node", "--fail-on", "note")).status).toBe(0);
    const names = await lint("--no-contents", "--rule", "secret-file");
    expect(names.document.counts.error).toBe(0);
    const { document } = await lint("--stage", "make", "--rule", "secret-github");
    expect((document.findings as Finding[]).map(({ step, path }) => `${step} ${path}`)).toEqual([
      "2 only-here",
      "2 null",
    ]);
    expect((await place.run(["lint", "--rule", "no-such"])).status).toBe(2);
  });
});
