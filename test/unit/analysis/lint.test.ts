import { describe, expect, test } from "vitest";
import { checkConfig } from "../../../lib/analysis/lint/config-checks.ts";
import { checkContents } from "../../../lib/analysis/lint/content-checks.ts";
import { Findings, maximumOfRule } from "../../../lib/analysis/lint/finding.ts";
import { lintLayers } from "../../../lib/analysis/lint/lint-layers.ts";
import { lintRule, lintRules } from "../../../lib/analysis/lint/lint-rules.ts";
import { parseImageConfig } from "../../../lib/image/config.ts";
import { step } from "../build/sample-steps.ts";
import { dir, file, hardlink, header, pax, symlink, tar } from "../layer/make-tar.ts";
import { scanContents } from "../layer/scan-tar.ts";
import { indexed } from "../layer/temporary.ts";

const options = { nowSeconds: 1_700_000_000, users: new Set([0, 33]), groups: new Set([0, 33]) };

function lint(layers: readonly (readonly Uint8Array[])[], isJudged = (_: number) => true): string[] {
  const columns = layers.map(members => ({ columns: scanContents(tar(...members)) }));
  return lintLayers(columns, isJudged, [], options).findings.map(({ rule, layer, path, detail, gone }) =>
    [rule, layer, `/${path}`, detail, gone === null ? "" : `${gone.how} by ${gone.layer}`]
      .filter(part => part !== "")
      .join(" "),
  );
}

const only = (rule: string, layers: readonly (readonly Uint8Array[])[]) =>
  lint(layers).filter(line => line.startsWith(`${rule} `));

describe("entries", () => {
  test("a clean layer has no findings", () => {
    const members = [
      dir("etc/"),
      file("etc/a", "x"),
      symlink("etc/b", "a"),
      hardlink("etc/c", "etc/a"),
      dir("tmp/", { mode: 0o1777 }),
    ];
    expect(lint([members, [dir("etc/"), file("etc/.wh.a")]])).toEqual([]);
  });

  test("paths that are there twice, each but the first with the place of that", () => {
    expect(lint([[file("a", "one"), dir("d/"), file("a", "two"), dir("d/"), file("./a", "three")]])).toEqual([
      "duplicate-entry 0 /a also at byte 0 of the tar",
      "duplicate-entry 0 /a also at byte 0 of the tar",
      "duplicate-entry 0 /d also at byte 1024 of the tar",
    ]);
  });

  test("folders that no layer has, once each", () => {
    expect(lint([[file("a/b", ""), file("a/c", ""), dir("x/"), file("x/y", "")]])).toEqual([
      "missing-parent 0 /a/b no layer has the folder /a",
    ]);
    expect(lint([[dir("a/")], [file("a/b", "")]])).toEqual([]);
  });

  test("whiteouts of nothing, in nothing, beside what they name; names that are ignored", () => {
    const below = [dir("d/"), file("d/a", ""), dir("empty/"), symlink("link", "d")];
    expect(
      lint([
        below,
        [
          file("d/.wh.a"),
          file("d/.wh.b"),
          file("link/.wh.a"),
          file("empty/.wh..wh..opq"),
          file(".wh..wh.plnk"),
          dir("new/"),
          file(".wh.new"),
        ],
      ]),
    ).toEqual([
      "whiteout-of-nothing 1 /d/b",
      "opaque-in-empty 1 /empty",
      "ignored-name 1 /.wh..wh.plnk",
      "whiteout-of-nothing 1 /new",
      "whiteout-and-entry 1 /new",
    ]);
  });

  test("names that leave the root", () => {
    expect(only("unsafe-name", [[file("/etc-a", ""), file("../b", ""), dir("/"), dir("./"), file("..c", "")]])).toEqual(
      ["unsafe-name 0 /etc-a absolute, or with ..", "unsafe-name 0 /b absolute, or with .."],
    );
  });

  test("devices", () => {
    const device = (name: string, major: number, minor: number) => header({ name, type: "3", major, minor });
    expect(lint([[device("null", 1, 3), device("gone", 0, 0)]])).toEqual([
      "device-node 0 /null 1:3",
      "device-node 0 /gone 0:0, which is overlayfs's whiteout, none of an image",
    ]);
  });

  test("set-uid, capabilities, world-writable: where a layer adds them", () => {
    const first = [
      file("su", "x", { mode: 0o4755 }),
      pax({ "SCHILY.xattr.security.capability": "\x01\0\0\x02" }),
      file("ping", "x"),
      file("open", "x", { mode: 0o666 }),
      dir("folder/", { mode: 0o777 }),
      dir("tmp/", { mode: 0o1777 }),
      symlink("link", "su"),
    ];
    expect(lint([first])).toEqual([
      "setuid 0 /su set-uid, mode 4755",
      "file-capability 0 /ping",
      "world-writable-file 0 /open mode 0666",
      "world-writable-folder 0 /folder mode 0777",
    ]);
    expect(lint([first, first], position => position === 1)).toEqual([]);
    const second = [
      file("su", "other", { mode: 0o4755 }),
      file("open", "x", { mode: 0o2666 }),
      dir("folder/", { mode: 0o777 }),
      dir("tmp/", { mode: 0o777 }),
    ];
    expect(lint([first, second], position => position === 1)).toEqual([
      "setuid 1 /su set-uid, mode 4755",
      "setuid 1 /open set-gid, mode 2666",
      "world-writable-folder 1 /tmp mode 0777",
    ]);
  });

  test("times in the future and unknown owners", () => {
    expect(
      lint([
        [
          file("a", "", { mtime: 1_700_100_000, uid: 33 }),
          file("b", "", { mtime: 1_700_050_000, uid: 1000, gid: 33 }),
          file("c", "", { uid: 1000, gid: 44 }),
        ],
      ]),
    ).toEqual([
      "future-time 0 /a 2023-11-16T02:00",
      "unknown-owner 0 /b user 1000, and of 1 more",
      "unknown-owner 0 /c group 44",
    ]);
  });

  test("what a later layer hides is told with the layer that did", () => {
    const bad = (name: string) => file(name, name, { mode: 0o666 });
    const layers = [
      [bad("a"), bad("b"), bad("c"), dir("d/"), bad("d/e")],
      [file("b", "new")],
      [file(".wh.a"), file(".wh.d")],
    ];
    expect(lint(layers)).toEqual([
      "world-writable-file 0 /a mode 0666 deleted by 2",
      "world-writable-file 0 /b mode 0666 replaced by 1",
      "world-writable-file 0 /c mode 0666",
      "world-writable-file 0 /d/e mode 0666 deleted by 2",
    ]);
  });

  test("findings have the place of their header", () => {
    const columns = scanContents(tar(file("first", "x"), pax({ mtime: "1" }), file("open", "x", { mode: 0o666 })));
    const { findings } = lintLayers([{ columns }], () => true, [], options);
    // The first file takes two blocks, the extended header two more.
    expect(findings).toMatchObject([{ rule: "world-writable-file", tarOffset: 2048, entry: 1 }]);
  });

  test("a layer with very many is bounded", () => {
    const many = Array.from({ length: maximumOfRule + 5 }, (_, at) => file(`f${at}`, "", { mode: 0o666 }));
    const { findings, dropped } = lintLayers([{ columns: scanContents(tar(...many)) }], () => true, [], options);
    expect([findings.length, dropped]).toEqual([maximumOfRule, 5]);
  });
});

const key = `-----BEGIN PRIVATE ${"KEY"}-----\n${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ".repeat(3)}\n`;

describe("contents", () => {
  test("secrets by content and by name, with the hidden copy", async () => {
    const { blob, index } = await indexed(
      tar(
        file("app/a.txt", `x\n${key}`),
        file("root/.netrc", "machine a password b"),
        file("id_rsa", ""),
        file("b", "x".repeat(3000)),
      ),
    );
    const { list } = await checkContents({ position: 0, columns: index, blob });
    expect(list).toMatchObject([
      { rule: "secret-private-key", path: "app/a.txt", tarOffset: 0 },
      { rule: "secret-file", path: "root/.netrc", detail: "passwords of hosts" },
    ]);
    expect(list[0]?.detail).toContain("a private key at byte 2: -----BEGIN***");
    expect(JSON.stringify(list)).not.toContain("MIIE");
    const found = new Findings();
    for (const finding of list) found.add(finding);
    const deleting = { columns: scanContents(tar(file("app/.wh.a.txt"))) };
    const { findings } = lintLayers([{ columns: index }, deleting], () => true, [found], options);
    expect(findings.find(({ path }) => path === "app/a.txt")?.gone).toEqual({ layer: 1, how: "deleted" });
  });

  test("a layer of which only the listing is here: names alone, and it is said", async () => {
    const columns = scanContents(tar(file("root/.netrc", "x"), file("a", key)));
    const { list } = await checkContents({ position: 0, columns, blob: null });
    expect(list.map(({ rule, path }) => `${rule} ${path}`)).toEqual(["not-searched null", "secret-file root/.netrc"]);
  });
});

describe("config", () => {
  const configOf = (more: object) =>
    parseImageConfig(JSON.stringify({ rootfs: { diff_ids: [] }, ...more }), "config.json");
  const token = `gh${"p_"}${"aB3dE5gH7jK9mN1pQ3rS5tU7vW9xY1zA3bC5"}`;

  test("variables, labels, commands and history of an image", () => {
    const config = configOf({
      config: {
        Env: ["PATH=/bin", "API_TOKEN=abc", "KEY_FILE=/x", "SECRET_FILE=/run/secrets/x"],
        Labels: { a: token },
        Cmd: ["run", token],
      },
      history: [{ created_by: `|2 USER=me DB_PASSWORD=abc /bin/sh -c true` }, { created_by: `RUN curl -H ${token}` }],
    });
    const findings = checkConfig(config, [step(1, "RUN true"), step(2, "RUN curl")], false);
    expect(findings.map(({ rule, step: number, detail }) => `${rule} ${number} ${detail.split(":")[0]}`)).toEqual([
      "secret-variable 1 entry 1 of the history",
      "secret-github 2 entry 2 of the history",
      "secret-variable null a variable of the config",
      "secret-github null the label a",
      "secret-github null the command",
    ]);
    expect(JSON.stringify(findings)).not.toContain(token.slice(8));
    expect(JSON.stringify(findings)).not.toContain("abc");
  });

  test("instructions of a build know their step; a variable is told once", () => {
    const steps = [
      step(1, "FROM x"),
      step(2, "ARG API_KEY"),
      step(3, "ARG DB_PASSWORD=x1y2"),
      step(4, "ENV API_TOKEN=abcd OTHER=x"),
      step(5, "ENV AUTH $API_KEY"),
    ];
    const config = configOf({ config: { Env: ["API_TOKEN=abcd", "OTHER=x", "BASE_SECRET=y"] } });
    expect(checkConfig(config, steps, true).map(({ step: number, detail }) => `${number} ${detail}`)).toEqual([
      "3 the instruction: DB_PASSWORD",
      "4 the instruction: API_TOKEN",
      "null a variable of the config: BASE_SECRET",
    ]);
  });
});

test.each([
  ["ENV API_TOKEN abc", ["API_TOKEN"]],
  ["ENV USER token=abc", []],
  ["ENV A=1 API_TOKEN='abc' DB_PASSWORD=x", ["API_TOKEN", "DB_PASSWORD"]],
  ["ENV API_TOKEN=$API_TOKEN SECRET_FILE=/run/x AUTHOR=me", []],
  ["ARG API_TOKEN", []],
  ["|1 API_TOKEN=abc /bin/sh -c get token=now", ["API_TOKEN"]],
  ["RUN get token now", []],
])("%s sets secrets %j", (text, names) => {
  const findings = checkConfig(null, [step(1, text)], true);
  expect(findings.map(({ detail }) => detail.replace("the instruction: ", ""))).toEqual(names);
});

test("every rule has an id of its own, a reason and a way to mend", () => {
  expect(new Set(lintRules.map(({ id }) => id)).size).toBe(lintRules.length);
  for (const { id, why, hint } of lintRules) {
    expect(lintRule(id).id).toBe(id);
    expect([why, hint].every(text => text.length > 10 && !text.endsWith("."))).toBe(true);
  }
});
