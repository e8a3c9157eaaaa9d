import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NeedleFinder } from "../../../lib/analysis/secrets/needle-finder.ts";
import { isConfirmed, secretNameOf } from "../../../lib/analysis/secrets/secret-names.ts";
import { secretPatterns } from "../../../lib/analysis/secrets/secret-patterns.ts";
import { SecretScanner, secretsInText } from "../../../lib/analysis/secrets/secret-scanner.ts";

/** Made up here, in parts, so that no scanner of repositories takes this file for a leak. */
const random = (length: number, letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789") =>
  Array.from({ length }, (_, at) => letters[(at * 31 + 7) % letters.length]).join("");
const upper = (length: number) => random(length, "ABCDEFGHJKLMNPQRSTUVWXYZ234567");
const hex = (length: number) => random(length, "0123456789abcdef");
const join = (...parts: readonly string[]) => parts.join("");

const samples: readonly (readonly [rule: string, secret: string])[] = [
  ["secret-private-key", join("-----BEGIN RSA PRIVATE ", "KEY-----\n", random(64), "\n")],
  ["secret-private-key", join("-----BEGIN OPENSSH PRIVATE ", "KEY-----\\n", random(64), "\\n")],
  ["secret-private-key", join("-----BEGIN PRIVATE ", "KEY-----\r\n", random(64))],
  [
    "secret-private-key",
    join(
      "-----BEGIN RSA PRIVATE ",
      "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,",
      hex(32),
      "\n\n",
      random(64),
    ),
  ],
  ["secret-private-key", join("-----BEGIN PGP PRIVATE ", "KEY BLOCK-----\n\n", random(64))],
  ["secret-aws", join("AKI", "A", upper(16))],
  ["secret-aws", join("aws_secret_", "access_key = ", random(40))],
  ["secret-aws", join("AWS_SECRET_", "ACCESS_KEY=", random(40))],
  ["secret-github", join("gh", "p_", random(36))],
  ["secret-github", join("github_", "pat_", random(22), "_", random(59))],
  ["secret-gitlab", join("glpa", "t-", random(20))],
  ["secret-slack", join("xox", "b-123456789012-", random(24))],
  ["secret-slack", join("https://hooks.slack.com/", "services/T", upper(8), "/B", upper(8), "/", random(24))],
  ["secret-google", join("AIz", "a", random(35))],
  ["secret-npm", join("npm", "_", random(36))],
  ["secret-npm", join("//registry.example/:_auth", "Token=", random(36))],
  ["secret-pypi", join("pypi-", "AgE", random(60))],
  ["secret-stripe", join("sk_", "live_", random(24))],
  ["secret-ai", join("sk-ant-", "api03-", random(90))],
  ["secret-digitalocean", join("dop_", "v1_", hex(64))],
  ["secret-jwt", join("eyJ", "hbGciOiJIUzI1NiJ9.eyJ", random(80), ".", random(43))],
];

const found = (text: string) => secretsInText(text).map(({ pattern }) => pattern.rule);

describe("forms of secrets", () => {
  test("there is a sample of each", () => {
    const needles = secretPatterns.flatMap(pattern => pattern.needles);
    expect(new Set(samples.map(([rule]) => rule))).toEqual(new Set(secretPatterns.map(({ rule }) => rule)));
    expect(needles.filter(needle => needle.length < 4)).toEqual([]);
    for (const { form } of secretPatterns) expect(form.sticky).toBe(true);
  });

  test.each(samples)("%s in text, its place told, never itself", (rule, secret) => {
    const matches = secretsInText(`first line\nvalue="${secret}"\n`);
    expect(matches.map(({ pattern }) => pattern.rule)).toEqual([rule]);
    const [match] = matches;
    const part = secret.slice(-16).trim();
    expect(match?.masked).not.toContain(part);
    expect(JSON.stringify(match)).not.toContain(part);
    expect(secret).toContain(secret.slice((match?.offset ?? 0) - `first line\nvalue="`.length).slice(0, 8));
  });

  test.each([
    ["what documentation has", join("AKI", "A", "IOSFODNN7EXAMPLE")],
    ["one letter again and again", join("gh", "p_", "x".repeat(36))],
    ["the middle of a word", join("x", "AKI", "A", upper(16))],
    ["longer than such a key", join("AKI", "A", upper(17))],
    ["too short", join("gh", "p_", random(35))],
    ["a public key", join("-----BEGIN PUBLIC ", "KEY-----\n", random(64))],
    ["the words alone, as in a library", join("-----BEGIN RSA PRIVATE ", "KEY-----\0-----END RSA PRIVATE KEY-----")],
    ["a variable", join("//registry.example/:_auth", "Token=$", "{NPM_TOKEN}")],
  ])("not %s", (_, text) => {
    expect(found(text)).toEqual([]);
  });
});

describe("contents in chunks", () => {
  const text = `${"-".repeat(5000)}\n${samples.map(([, secret]) => secret).join("\n\n")}\n${"x".repeat(5000)}`;
  const bytes = Buffer.from(text, "latin1");

  test("are searched the same however they are cut", () => {
    const whole = secretsInText(text).map(({ offset }) => offset);
    expect(whole.length).toBe(20);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 30 }), sizes => {
        const scanner = new SecretScanner();
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] as number;
          // The memory of a chunk may be used again.
          const chunk = Buffer.from(bytes.subarray(at, at + size));
          scanner.push(chunk);
          chunk.fill(0);
          at += size;
        }
        expect(scanner.end().map(({ offset }) => offset)).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  test("byte by byte, and one content after the other", () => {
    const scanner = new SecretScanner();
    const secret = samples[8]?.[1] as string;
    for (const byte of Buffer.from(`.${secret}.`)) scanner.push(Uint8Array.of(byte));
    expect(scanner.end().map(({ offset }) => offset)).toEqual([1]);
    expect(scanner.end()).toEqual([]);
    scanner.push(Buffer.from(secret.slice(0, 20)));
    expect(scanner.end()).toEqual([]);
    scanner.push(Buffer.from(secret.slice(20)));
    expect(scanner.end()).toEqual([]);
  });

  test("a content full of starts that are none ends the search", () => {
    const scanner = new SecretScanner();
    const chunk = Buffer.from("AKIA".repeat(100_000));
    for (let turn = 0; turn < 20; turn += 1) scanner.push(chunk);
    expect(scanner.gaveUp).toBe(false);
    scanner.push(chunk);
    scanner.push(chunk);
    scanner.end();
    expect(scanner.gaveUp).toBe(true);
  });
});

test("needles are found as a plain search finds them", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 3, maxLength: 6 });
  fc.assert(
    fc.property(
      fc.uniqueArray(letters, { minLength: 1, maxLength: 5 }),
      fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 80 }),
      (needles, text) => {
        const hits: string[] = [];
        new NeedleFinder(needles).find(Buffer.from(text), 0, text.length, (needle, at) => hits.push(`${at} ${needle}`));
        const expected: string[] = [];
        for (let at = 0; at < text.length; at += 1)
          for (const [number, needle] of needles.entries())
            if (text.startsWith(needle, at)) expected.push(`${at} ${number}`);
        expect(hits.sort()).toEqual(expected.sort());
      },
    ),
  );
});

describe("names of secrets", () => {
  const isSecret = (path: string, head = "") => {
    const name = secretNameOf(Buffer.from(path));
    return name !== null && isConfirmed(name, head);
  };

  test.each([
    "root/.ssh/id_rsa",
    "root/.ssh/id_ed25519",
    "home/me/.aws/credentials",
    "root/.docker/.dockercfg",
    "root/.git-credentials",
    "root/.kube/config",
    "app/store.p12",
    "root/token",
    "home/me/.config/tool/token",
    "ID_RSA",
  ])("%s", path => {
    expect(isSecret(path)).toBe(true);
  });

  test.each([
    ["root/.npmrc", "registry=https://registry.example", "//registry.example/:_authToken=x"],
    ["root/.netrc", "machine a", "machine a login b password c"],
    ["root/.docker/config.json", "{}", '{"auths":{"a":{"auth":"eA=="}}}'],
    ["app/.env", "PORT=80\nSECRET_FILE=\n", "PORT=80\nDB_PASSWORD=hunter2\n"],
    ["app/server.pem", "-----BEGIN CERTIFICATE-----", "-----BEGIN PRIVATE KEY-----"],
    ["app/kubeconfig", "apiVersion: v1", "users:\n- user: {token: x}"],
  ])("%s only with what makes it one", (path, harmless, secret) => {
    expect(isSecret(path, harmless)).toBe(false);
    expect(isSecret(path, secret)).toBe(true);
  });

  test.each([
    "root/.ssh/id_rsa.pub",
    "app/config.json",
    "app/credentials",
    "app/environment",
    "app/key",
    "app/pem",
    "app/token",
  ])("not %s", path => {
    expect(secretNameOf(Buffer.from(path))).toBeNull();
  });
});
