import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { askCredentialHelper } from "../../../lib/registry/credential-helper.ts";
import { dockerConfigCredentials } from "../../../lib/registry/docker-config.ts";

let home: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "docker-config-"));
  env = { HOME: home, PATH: `${home}/bin:/usr/bin:/bin` };
});
afterEach(async () => await rm(home, { recursive: true, force: true }));

const pair = (text: string) => ({ auth: Buffer.from(text).toString("base64") });

async function writeConfig(content: unknown, name = ".docker/config.json"): Promise<string> {
  const file = path.join(home, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

async function writeHelper(name: string, script: string): Promise<void> {
  await mkdir(path.join(home, "bin"), { recursive: true });
  const file = path.join(home, "bin", `docker-credential-${name}`);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

describe("auths", () => {
  test.each(["https://index.docker.io/v1/", "docker.io", "index.docker.io", "https://registry-1.docker.io/v2/"])(
    "%s is Docker Hub",
    async key => {
      const file = await writeConfig({ auths: { [key]: pair("me:pass:word") } });
      const found = await dockerConfigCredentials({ env }).find("docker.io", "library/busybox");
      expect(found).toEqual({ kind: "basic", username: "me", password: "pass:word", from: file });
    },
  );

  test("of Podman's keys with paths the most specific wins", async () => {
    await writeConfig(
      { auths: { "h.io": pair("host:1"), "h.io/team": pair("team:1"), "h.io/team/app": pair("app:1") } },
      ".config/containers/auth.json",
    );
    const credentials = dockerConfigCredentials({ env });
    expect(await credentials.find("h.io", "team/app")).toMatchObject({ username: "app" });
    expect(await credentials.find("h.io", "team/other")).toMatchObject({ username: "team" });
    expect(await credentials.find("h.io", "teams/app")).toMatchObject({ username: "host" });
    expect(await credentials.find("other.io", "team/app")).toBeNull();
  });

  test("tokens, and user and password in clear", async () => {
    await writeConfig({
      auths: {
        "a.io": { ...pair("x:"), identitytoken: "id" },
        "b.io": { registrytoken: "reg" },
        "c.io": { username: "u", password: "p" },
        "d.io": {},
      },
    });
    const credentials = dockerConfigCredentials({ env });
    expect(await credentials.find("a.io", "x")).toMatchObject({ kind: "identity-token", token: "id" });
    expect(await credentials.find("b.io", "x")).toMatchObject({ kind: "registry-token", token: "reg" });
    expect(await credentials.find("c.io", "x")).toMatchObject({ kind: "basic", username: "u", password: "p" });
    expect(await credentials.find("d.io", "x")).toBeNull();
  });
});

describe("places", () => {
  test("DOCKER_AUTH_CONFIG comes before DOCKER_CONFIG, that before Podman's", async () => {
    const own = await writeConfig({ auths: { "h.io": pair("docker:1"), "b.io": pair("docker:1") } }, "own/config.json");
    await writeConfig({ auths: { "h.io": pair("podman:1"), "p.io": pair("podman:1") } }, "run/containers/auth.json");
    const credentials = dockerConfigCredentials({
      env: {
        ...env,
        DOCKER_CONFIG: path.dirname(own),
        XDG_RUNTIME_DIR: path.join(home, "run"),
        DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { "h.io": pair("environment:1") } }),
      },
    });
    expect(await credentials.find("h.io", "x")).toMatchObject({ username: "environment", from: "DOCKER_AUTH_CONFIG" });
    expect(await credentials.find("b.io", "x")).toMatchObject({ username: "docker" });
    expect(await credentials.find("p.io", "x")).toMatchObject({ username: "podman" });
    expect(await credentials.places()).toContain(own);
  });

  test("an explicit file is the only place, and must be there", async () => {
    await writeConfig({ auths: { "h.io": pair("me:1") } });
    const other = await writeConfig({}, "other.json");
    expect(await dockerConfigCredentials({ env, file: other }).find("h.io", "x")).toBeNull();
    const missing = dockerConfigCredentials({ env, file: path.join(home, "missing.json") });
    await expect(missing.find("h.io", "x")).rejects.toMatchObject({
      code: "config-invalid",
      message: expect.stringMatching(/missing\.json/),
    });
  });

  test("without any file nobody is known", async () => {
    expect(await dockerConfigCredentials({ env }).find("h.io", "x")).toBeNull();
  });

  test.each([`{"auths":{"h.io":{"auth":"c2VjcmV0`, `{"auths":{"h.io":"c2VjcmV0"}}`, `["c2VjcmV0"]`])(
    "a damaged file is named, its content is not: %s",
    async content => {
      const file = await writeConfig(content);
      const error: Error = await dockerConfigCredentials({ env })
        .find("h.io", "x")
        .then(
          () => expect.fail("read a damaged file"),
          (thrown: Error) => thrown,
        );
      expect(error).toMatchObject({ code: "config-invalid" });
      expect(error.cause).toBeUndefined();
      expect(error.message).toContain(file);
      expect(error.message).not.toContain("c2VjcmV0");
    },
  );
});

describe("credential helpers", () => {
  test("the helper of a registry wins over the store, and is asked on its input", async () => {
    await writeHelper("mine", `read server; echo "{\\"Username\\":\\"me@$server\\",\\"Secret\\":\\"s\\"}"`);
    await writeHelper("store", `read server; echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"$server\\"}"`);
    const file = await writeConfig({ credHelpers: { "h.io": "mine" }, credsStore: "store" });
    const credentials = dockerConfigCredentials({ env });
    const from = `docker-credential-mine (named in ${file})`;
    expect(await credentials.find("h.io", "x")).toEqual({ kind: "basic", username: "me@h.io", password: "s", from });
    expect(await credentials.find("docker.io", "x")).toMatchObject({
      kind: "identity-token",
      token: "https://index.docker.io/v1/",
    });
  });

  test("a helper that knows nothing, or fails, leaves it to auths; failures are told without its output", async () => {
    await writeHelper("empty", `echo "credentials not found in native keychain"; exit 1`);
    await writeHelper("broken", `echo topsecret; exit 7`);
    await writeConfig({
      credHelpers: { "a.io": "empty", "b.io": "broken", "c.io": "absent" },
      auths: { "a.io": pair("me:1") },
    });
    const credentials = dockerConfigCredentials({ env });
    expect(await credentials.find("a.io", "x")).toMatchObject({ username: "me" });
    expect(await credentials.find("b.io", "x")).toBeNull();
    expect(await credentials.find("c.io", "x")).toBeNull();
    const places = await credentials.places();
    expect(places).toMatch(/docker-credential-broken .*status 7/);
    expect(places).toMatch(/docker-credential-absent .*cannot be started/);
    expect(places).not.toMatch(/topsecret|credential-empty/);
  });

  test("a helper that never ends is ended, with what it started", async () => {
    await writeHelper("hanging", "sleep 600");
    expect(await askCredentialHelper("hanging", "h.io", { env, timeoutMs: 50 })).toMatchObject({ kind: "failed" });
  });

  test("a helper's name is no path", async () => {
    expect(await askCredentialHelper("../../bin/sh", "h.io", { env })).toMatchObject({ kind: "failed" });
  });
});
